import type { Value } from './database.ts';
import type { Disk } from './disk.ts';
import { beginsRecord, type Scan, type Stretch, scan } from './journal-record.ts';
import { CURRENT_LAYOUT, type Layout, layoutIn } from './layout.ts';
import type { FeedNews, FeedOrder } from './messages.ts';
import { quarantine } from './quarantine.ts';
import type { Batch } from './writer.ts';

/** What a feeder tells. */
export interface FeederEvents {
  fed(news: FeedNews): void;
  /** A segment cannot be read; it is tried again. */
  failing(message: string): void;
  recovered(): void;
}

const READ_BYTES = 1024 ** 2;
const RECORDS_MAX = 1_000;
const RETRY_MS = 1_000;
const SILENCE_MS = 60_000;

/**
 * Takes the journal's records to the database, in order and one batch at a time: what waits, waits on disk.
 * A segment that is over is removed once the database has it all.
 */
export function createFeeder(
  disk: Disk,
  write: (batch: Batch) => void,
  settle: () => Promise<void>,
  events: FeederEvents,
  after: (ms: number, work: () => void) => void,
): (order: FeedOrder) => void {
  const orders: FeedOrder[] = [];
  let busy = false;
  let failing = false;
  let count = 0;
  let listening = false;
  let reading: Reading | undefined;

  function next(): void {
    const order = orders[0];
    busy = order !== undefined;
    if (!order) return;
    try {
      if (reading?.segment !== order.segment || reading.at < order.from) reading = begin(disk, order);
      feed(order, reading);
      if (failing) events.recovered();
      failing = false;
    } catch (error) {
      again(order.segment, error);
    }
  }

  function again(segment: string, error: unknown): void {
    if (!failing) events.failing(`"${segment}" cannot be read: ${error instanceof Error ? error.message : error}`);
    failing = true;
    after(RETRY_MS, next);
  }

  function done(place: Reading, removed: boolean): void {
    orders.shift();
    tell(place, { removed });
    listenForSilence();
    next();
  }

  function feed(order: FeedOrder, place: Reading): void {
    const { segment, to, over } = order;
    if (place.at >= to) {
      if (!over) return done(place, false);
      // What the database was told of it must not be lost with it.
      settle().then(
        () => {
          try {
            disk.remove(segment);
          } catch (error) {
            return again(segment, error);
          }
          done(place, true);
        },
        (error: unknown) => again(segment, error),
      );
      return;
    }
    const { bytes, found, end } = read(disk, place, to);
    const rows: Value[][] = [];
    const stretches: Stretch[] = [];
    const strange: Stretch[] = [];
    for (const record of found.records) {
      const layout = layoutIn(record.value);
      if (layout) {
        place.layout = layout;
        continue;
      }
      const row = place.layout.rowOf(record.value);
      if (row) {
        rows.push(row);
        stretches.push(record);
      } else strange.push(record);
    }
    const damaged = strange.length + found.damaged.filter((stretch) => isAnother(place, bytes, stretch)).length;
    const written = (refused: readonly number[], message: string): void => {
      const bad = [...found.damaged, ...strange, ...refused.map((index) => stretches[index]!)];
      quarantine(
        disk,
        segment,
        bad.map(({ from, to: until }) => bytes.subarray(from, until)),
      );
      place.at += end;
      tell(place, { records: rows.length, damaged, refused: refused.length, message });
      next();
    };
    if (rows.length > 0) write({ rows, written, relaxed: true });
    else written([], '');
  }

  function tell({ segment, at }: Reading, news: Partial<FeedNews>): void {
    count += 1;
    events.fed({ type: 'fed', segment, at, records: 0, damaged: 0, refused: 0, message: '', removed: false, ...news });
  }

  /** After a silence the last news come once more, so that a segment nobody adds to is ended and removed as well. */
  function listenForSilence(): void {
    if (listening) return;
    listening = true;
    const told = count;
    after(SILENCE_MS, () => {
      listening = false;
      if (told !== count) listenForSilence();
      else if (reading && !busy) tell(reading, {});
    });
  }

  return (order) => {
    orders.push(order);
    if (!busy) next();
  };
}

interface Reading {
  readonly segment: string;
  layout: Layout;
  at: number;
  /** Where the last damage ended, to tell a long one from two. */
  damagedTo: number;
}

function begin(disk: Disk, { segment, from }: FeedOrder): Reading {
  const [first] = scan(readSome(disk, segment, 0, 64 * 1024), Number.POSITIVE_INFINITY, 1).records;
  return { segment, layout: (first && layoutIn(first.value)) ?? CURRENT_LAYOUT, at: from, damagedTo: -1 };
}

/** At least one whole record, or something damaged; `end` is how far that is from the place. */
function read(disk: Disk, { segment, at }: Reading, to: number): { bytes: Buffer; found: Scan; end: number } {
  for (let wanted = READ_BYTES; ; ) {
    const asked = Math.min(wanted, to - at);
    const bytes = readSome(disk, segment, at, asked);
    // A file shorter than it is said to be has lost its end: what is cut off there is damaged.
    const short = bytes.length < asked;
    const found = scan(bytes, short ? bytes.length : to - at, RECORDS_MAX);
    if (short && found.end === bytes.length) return { bytes, found, end: to - at };
    if (found.end > 0) return { bytes, found, end: found.end };
    wanted = found.wanted!;
  }
}

/** A segment that is gone had been taken over, and only the news of it were lost. */
function readSome(disk: Disk, segment: string, from: number, bytesMax: number): Buffer {
  try {
    return disk.read(segment, from, bytesMax);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return Buffer.alloc(0);
    throw error;
  }
}

/** Whether a damage is one of its own; garbage longer than what is read at once goes on in the next piece. */
function isAnother(place: Reading, bytes: Buffer, stretch: Stretch): boolean {
  const goesOn = place.at + stretch.from === place.damagedTo && !beginsRecord(bytes, stretch);
  place.damagedTo = place.at + stretch.to;
  return !goesOn;
}
