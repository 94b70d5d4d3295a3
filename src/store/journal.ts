import type { World } from '../world/world.ts';
import type { Value } from './database.ts';
import type { Disk } from './disk.ts';
import { recordWriter } from './journal-record.ts';
import { LAYOUT_RECORD, packed } from './layout.ts';
import type { FeedNews, FeedOrder } from './messages.ts';
import { createRetries } from './retries.ts';
import { createSegments, type Segment } from './segments.ts';
import { type Slot, segmentNumber, segmentPath, takeSlots } from './slots.ts';
import { createSyncs } from './syncs.ts';

/** Where a journal is, and how safe and how large. */
export interface JournalOptions {
  readonly directory: string;
  /** When appended records are made to survive the loss of power: this many milliseconds after the first of them at the latest (50 unless told), before `append` returns, or never by us. */
  readonly fsync?: number | 'always' | 'off';
  /** Most bytes in all segments; 4 GB unless told. What would go beyond is as if the disk were full. */
  readonly bytesMax?: number;
  /** A segment this long is ended, in bytes; 16 MB unless told. */
  readonly segmentBytes?: number;
  /** Longest time a record waits for company before the database is told of it, in milliseconds. */
  readonly flushMs: number;
}

/** What a journal tells, and what it sends to the thread. */
export interface JournalEvents {
  readonly send: (order: FeedOrder) => void;
  /** Nothing is appended until `returning`. */
  failing(message: string): void;
  /** The disk takes records again, perhaps: what waited may be appended. `recovered` follows if all of it could be. */
  returning(): void;
  recovered(): void;
}

/** Records on disk before they are in the database. */
export interface Journal {
  /** Appends the rows, all or none, before it returns; false: the disk does not take them. */
  append(rows: readonly (readonly Value[])[]): boolean;
  /** Takes over what was left behind by processes that are gone. */
  begin(): void;
  hear(news: FeedNews): void;
  /** Has everything appended taken to the database, company or not. */
  tell(): void;
  /** Tells a new thread what the old one did not do. */
  restarted(): void;
  /** Ends the segment being written, so that it is removed as soon as the database has it. */
  end(): void;
  /** Lets others take over what is left. */
  close(): void;
  /** Records appended that are not in the database; those left by others are not counted before they are read. */
  readonly waiting: number;
  /** Bytes ever appended or taken over, and how many of them are done with; both only grow. */
  readonly appendedBytes: number;
  readonly fedBytes: number;
}

/** One that is older is ended as soon as the database has it. */
const AGE_MS = 60_000;
/** The database is told at once when this many records wait. */
const COMPANY_MAX = 1_000;

const LAYOUT_BYTES = ((writer) => {
  writer.add(LAYOUT_RECORD);
  return writer.take();
})(recordWriter());

export function createJournal(
  { directory, fsync = 50, bytesMax = 4 * 1024 ** 3, segmentBytes = 16 * 1024 ** 2, flushMs }: JournalOptions,
  { send, failing, returning, recovered }: JournalEvents,
  disk: Disk,
  world: World,
): Journal {
  const records = recordWriter();
  const syncs = createSyncs(fsync, world, (error) => fail(`cannot be made safe: ${error.message}`));
  const retries = createRetries(world);
  const segments = createSegments();
  let slots: readonly Slot[] = [];
  let current: Segment | undefined;
  let lastNumber = 0;
  let untold = 0;
  let down = false;
  let closed = false;
  let callOffTelling: (() => void) | undefined;

  function append(rows: readonly (readonly Value[])[]): boolean {
    if (down || closed) return false;
    for (const row of rows) records.add(packed(row));
    const bytes = records.take();
    try {
      if (segments.appendedBytes - segments.fedBytes + bytes.length > bytesMax) throw new Error(`it holds ${bytesMax} bytes, all it may`);
      if (current && current.bytes >= segmentBytes) endCurrent();
      if (!current) beginSegment();
      write(bytes);
    } catch (error) {
      fail(`cannot be written: ${(error as Error).message}`);
      return false;
    }
    current!.records += rows.length;
    untold += rows.length;
    if (untold >= COMPANY_MAX) tell();
    else callOffTelling ??= world.after(flushMs, tell);
    return true;
  }

  /** All of it or, as far as any reader can tell, nothing. */
  function write(bytes: Uint8Array): void {
    const segment = current!;
    const handle = segment.handle!;
    try {
      for (let rest = bytes; rest.length > 0; ) {
        const taken = handle.append(rest);
        if (taken === 0) throw new Error('the disk takes nothing');
        rest = rest.subarray(taken);
      }
    } catch (error) {
      // Where even cutting off what was taken of it fails, nothing reads beyond what is known to be whole.
      ignore(() => handle.truncate(segment.bytes));
      throw error;
    }
    segments.grow(segment, bytes.length);
    syncs.wrote(handle);
  }

  function beginSegment(): void {
    if (slots.length === 0) take();
    const slot = slots[0]!;
    lastNumber += 1;
    const file = segmentPath(slot, lastNumber);
    current = segments.add({ file, slot, bornMs: world.elapsed(), bytes: 0, over: false, handle: disk.open(file) });
    write(LAYOUT_BYTES);
  }

  function take(): void {
    slots = takeSlots(disk, directory);
    lastNumber = segmentNumber(slots[0]!.segments.at(-1)?.file ?? '');
    for (const slot of slots) {
      for (const { file, bytes } of slot.segments) tellOf(segments.add({ file, slot, bornMs: world.elapsed(), bytes, over: true }));
    }
    releaseEmpty();
  }

  function endCurrent(): void {
    const ended = current;
    current = undefined;
    if (!ended?.handle) return;
    ended.over = true;
    syncs.ended(ended.handle);
    delete ended.handle;
    tellOf(ended);
  }

  function tell(): void {
    callOffTelling?.();
    callOffTelling = undefined;
    untold = 0;
    if (current && current.sentBytes < current.bytes) tellOf(current);
  }

  function tellOf(segment: Segment): void {
    const { file, bytes, over } = segment;
    segment.sentBytes = bytes;
    send({ type: 'feed', segment: file, from: segment.fedBytes, to: bytes, over, nowMs: world.now() });
  }

  function fail(reason: string): void {
    if (down || closed) return;
    ignore(endCurrent);
    failing(`the journal "${directory}" ${reason}`);
    stayDown();
  }

  function stayDown(): void {
    down = true;
    retries.again(retry);
  }

  function retry(): void {
    try {
      if (!current) beginSegment();
    } catch {
      ignore(endCurrent);
      return stayDown();
    }
    down = false;
    returning();
    if (!down) recovered();
  }

  /** Slots of others, once nothing of them is left. The first one is ours. */
  function releaseEmpty(): void {
    slots = slots.filter((slot, index) => {
      const stays = index === 0 || !segments.isEmpty(slot);
      if (!stays) slot.release();
      return stays;
    });
  }

  return {
    append,
    tell,
    begin() {
      try {
        take();
      } catch (error) {
        fail(`cannot be opened: ${(error as Error).message}`);
      }
    },
    hear(news) {
      const segment = segments.hear(news);
      if (!segment) releaseEmpty();
      else if (segment === current && segment.fedBytes === segment.bytes && world.elapsed() - segment.bornMs >= AGE_MS) endCurrent();
    },
    restarted() {
      for (const segment of segments.all) tellOf(segment);
    },
    end() {
      tell();
      endCurrent();
    },
    close() {
      closed = true;
      callOffTelling?.();
      retries.close();
      endCurrent();
      syncs.close();
      for (const slot of slots) slot.release();
      slots = [];
    },
    get waiting() {
      return segments.waiting;
    },
    get appendedBytes() {
      return segments.appendedBytes;
    },
    get fedBytes() {
      return segments.fedBytes;
    },
  };
}

function ignore(work: () => void): void {
  try {
    work();
  } catch {
    // The disk has told its trouble already.
  }
}
