import type { Appending } from './disk.ts';
import type { FeedNews } from './messages.ts';
import type { Slot } from './slots.ts';

/** One file of a journal, and how far the database has it. */
export interface Segment {
  readonly file: string;
  readonly slot: Slot;
  readonly bornMs: number;
  /** Open while it is written to. */
  handle?: Appending;
  /** Nothing will be added to it. */
  over: boolean;
  /** Known to be whole up to here; bytes beyond are what a failed append left. */
  bytes: number;
  /** Up to here the thread was told to take it over, and up to here it did. */
  sentBytes: number;
  fedBytes: number;
  /** Records appended by us, and taken over. */
  records: number;
  fedRecords: number;
}

/** The segments that are not wholly in the database, oldest first, and what they add up to. */
export interface Segments {
  readonly all: Iterable<Segment>;
  add(segment: Pick<Segment, 'file' | 'slot' | 'bornMs' | 'handle' | 'bytes' | 'over'>): Segment;
  grow(segment: Segment, bytes: number): void;
  /** Returns the segment it is about, if it is one of these, and after the news still is. */
  hear(news: FeedNews): Segment | undefined;
  isEmpty(slot: Slot): boolean;
  /** Records appended that are not in the database. */
  readonly waiting: number;
  /** Bytes ever here, and how many of them are done with; both only grow. */
  readonly appendedBytes: number;
  readonly fedBytes: number;
}

export function createSegments(): Segments {
  const segments = new Map<string, Segment>();
  let appendedBytes = 0;
  let fedBytes = 0;
  return {
    all: { [Symbol.iterator]: () => segments.values() },
    add(segment) {
      const added = { ...segment, sentBytes: -1, fedBytes: 0, records: 0, fedRecords: 0 };
      segments.set(segment.file, added);
      appendedBytes += segment.bytes;
      return added;
    },
    grow(segment, bytes) {
      segment.bytes += bytes;
      appendedBytes += bytes;
    },
    hear({ segment: file, at, records, removed }) {
      const segment = segments.get(file);
      if (!segment) return undefined;
      fedBytes += at - segment.fedBytes;
      segment.fedBytes = at;
      segment.fedRecords += records;
      if (removed) segments.delete(file);
      return removed ? undefined : segment;
    },
    isEmpty: (slot) => !segments.values().some((segment) => segment.slot === slot),
    get waiting() {
      let waiting = 0;
      for (const { bytes, fedBytes: fed, records, fedRecords } of segments.values()) {
        if (fed < bytes) waiting += Math.max(0, records - fedRecords);
      }
      return waiting;
    },
    get appendedBytes() {
      return appendedBytes;
    },
    get fedBytes() {
      return fedBytes;
    },
  };
}
