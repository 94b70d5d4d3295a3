import type { UsageRecord } from '../accounting/record.ts';
import type { Money } from '../model/money.ts';

/** The books: what was spent, and what it adds up to. */
export interface Ledger {
  /**
   * Notes the records; never throws and never waits. When the disk does not take them they wait in memory up
   * to a bound, and beyond it are dropped, counted and reported.
   */
  book(records: readonly UsageRecord[]): void;
  /**
   * Runs `work` once everything booked is as safe as it can be made at the moment: where a journal is kept it is in
   * there, and the end of the process cannot lose it any more. At once when it is already, else in this turn of the loop.
   */
  onceSafe(work: () => void): void;
  /** Sums from the buckets; includes everything booked before, unless the database takes nothing at the moment. */
  usage(query: UsageQuery): Promise<readonly UsageSum[]>;
  /** Rows, newest first; includes what `usage` does. */
  records(query: RecordQuery): Promise<readonly UsageRecord[]>;
  /** Resolves once everything booked before is in the database. */
  flush(): Promise<void>;
  readonly state: LedgerState;
}

/** How the way to the database is. */
export interface LedgerState {
  /** Records booked and not yet in the database. */
  readonly waiting: number;
  /** Records lost because too many were waiting, or because the database would not take them. */
  readonly dropped: number;
  /** Records of the journal that could no longer be read, and are in quarantine. */
  readonly damaged: number;
  /** Bytes of the journal that are not in the database. */
  readonly journalBytes: number;
  /** Why writing fails at the moment; absent: it works. */
  readonly failing?: string;
}

/** What people running the gateway should hear about. */
export type LedgerEvent =
  | { readonly type: 'failing'; readonly message: string }
  | { readonly type: 'recovered' }
  /** `count` records were lost since the last such event. */
  | { readonly type: 'dropped'; readonly count: number; readonly message: string }
  /** `count` records of the journal could not be read. */
  | { readonly type: 'damaged'; readonly count: number; readonly message: string };

/** What usage can be told apart by. */
export const DIMENSIONS = ['feature', 'user', 'model', 'key', 'provider'] as const;
export type Dimension = (typeof DIMENSIONS)[number];
/** What usage is grouped by: a dimension, or the values of one tag, as `tag:team`. */
export type Grouping = Dimension | TagName;
export type TagName = `tag:${string}`;

/** Whether the text is a dimension or names a tag. */
export const isGrouping = (text: string): text is Grouping =>
  (DIMENSIONS as readonly string[]).includes(text) || (text.startsWith('tag:') && text.length > 'tag:'.length);

/** The tag's own name, or undefined for a dimension. */
export const tagOf = (grouping: Grouping): string | undefined => (grouping.startsWith('tag:') ? grouping.slice('tag:'.length) : undefined);

/** Which sums are wanted. */
export interface UsageQuery {
  readonly fromMs: number;
  /** Exclusive. What is within whole days or hours is cheap; the rest is read from rows, as long as they are kept. */
  readonly toMs: number;
  /** One sum per stretch of time; absent: one for the whole time. Minutes know no user, and are kept two days unless told. */
  readonly every?: 'minute' | 'hour' | 'day';
  /** Time zone (`Europe/Berlin`) whose clocks part days and hours; UTC unless told. */
  readonly zone?: string;
  readonly by: readonly Grouping[];
  /** Only these; `''` is what has no feature, user or such tag. */
  readonly where?: { readonly [G in Grouping]?: string };
}

/** What the attempts of one group add up to. */
export interface UsageSum {
  /** Start of the stretch of time; absent without `every`. */
  readonly startMs?: number;
  /** Present for the dimensions asked for; `''`: none was given. */
  readonly feature?: string;
  readonly user?: string;
  readonly model?: string;
  readonly key?: string;
  readonly provider?: string;
  readonly [tag: TagName]: string;
  readonly calls: number;
  readonly attempts: number;
  readonly failures: number;
  /** Attempts that cost more than `cost` says, because some or all of it has no price. */
  readonly unpriced: number;
  readonly estimated: number;
  /** Attempts whose answer came to its limit with most of it spent on reasoning. */
  readonly starved: number;
  /** All the tokens of the questions, cache reads and writes included. */
  readonly inputTokens: number;
  readonly cacheReadTokens: number;
  readonly cacheWriteTokens: number;
  /** All the tokens of the answers, reasoning included. */
  readonly outputTokens: number;
  readonly reasoningTokens: number;
  /** What batches took off the price of the same calls made one by one, in billionths of a dollar. */
  readonly batchSavedNano: number;
  /** What caching took off the price of the same calls without it, in billionths of a dollar; below 0: it cost more. */
  readonly cacheSavedNano: number;
  /** What has a price: the total where `unpriced` is 0, else a floor. */
  readonly cost: Money;
}

/** Which rows are wanted. */
export interface RecordQuery {
  readonly fromMs?: number;
  /** Exclusive. */
  readonly toMs?: number;
  readonly callId?: string;
  readonly where?: { readonly [D in Dimension]?: string };
  /** At most this many rows, 100 unless told, 10,000 at most. */
  readonly limit?: number;
}
