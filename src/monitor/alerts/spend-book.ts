import type { UsageRecord } from '../../accounting/record.ts';
import type { Money } from '../../model/money.ts';
import { type Day, type DayTime, daysBefore, dayTimeAt } from '../../policy/alerts/calendar.ts';
import type { SpendBy } from '../../policy/alerts/rules.ts';
import type { Ask } from '../../store/ask.ts';

/** What each value spends day by day: today as it goes, and the days before from the ledger. */
export interface SpendBook {
  readonly today: DayTime;
  /** The days before, oldest first. */
  readonly before: readonly DayTime[];
  /** Whether the days before are known; until then nothing can be judged. */
  readonly ready: boolean;
  add(records: readonly UsageRecord[]): void;
  /** The day is over: what each value came to. Undefined: it is not. */
  turn(nowMs: number): { readonly day: DayTime; readonly spends: ReadonlyMap<string, Money> } | undefined;
  /** Values whose spend changed since the last time this was asked. */
  changed(): readonly string[];
  spend(value: string): Money;
  /** What the value spent on a day the book holds. */
  spendOn(value: string, day: Day): Money | undefined;
  /** Complete days since the value's first activity, oldest first, as far back as the book goes. */
  past(value: string): readonly Money[];
  /** Reads anew what others on the same database have spent too. */
  refresh(): Promise<void>;
}

/** More values than this are not told apart: callers could grow it without end by inventing users. */
const VALUES_MAX = 50_000;
/** Most calls of a day that is still to begin, as the ledger tells the days before only later. */
const AHEAD_MAX = 10_000;

interface Page {
  /** What this process saw of today. */
  own: bigint;
  /** `own` as it was one look ago and two: the ledger is that far behind at most. */
  ownBefore: readonly [bigint, bigint];
  /** What the ledger knows of today beyond that: from before the start, and from other processes. */
  others: bigint;
  /** Oldest first, the days of `before`. */
  past: bigint[];
  /** Its first day of activity among them; as many as there are if there was none. */
  first: number;
}

/** `ask` absent: nothing is kept, and the book begins empty. `days`: how far back it goes. */
export function createSpendBook(by: SpendBy, timezone: string, days: number, nowMs: number, ask: Ask | undefined): SpendBook {
  let today = dayTimeAt(nowMs, timezone);
  let before = daysBefore(today, days, timezone);
  let ready = ask === undefined;
  let pages = new Map<string, Page>();
  let ahead: UsageRecord[] = [];
  let dirty = new Set<string>();

  function pageOf(value: string): Page | undefined {
    let page = pages.get(value);
    if (!page && pages.size < VALUES_MAX) {
      page = { own: 0n, ownBefore: [0n, 0n], others: 0n, past: before.map(() => 0n), first: before.length };
      pages.set(value, page);
    }
    return page;
  }

  function addOne(record: UsageRecord): void {
    if (record.costFloor === 0n) return;
    if (record.endedAtMs >= today.endMs) {
      // Each is a whole row, and what the ledger knows comes from there once the day has turned.
      if (ahead.length < AHEAD_MAX) ahead.push(record);
      return;
    }
    const value = valueIn(by, record);
    const page = pageOf(value);
    if (!page) return;
    if (record.endedAtMs >= today.startMs) page.own += record.costFloor;
    else addLate(page, record);
    dirty.add(value);
  }

  /** A late one belongs to its own day. */
  function addLate(page: Page, { endedAtMs, costFloor }: UsageRecord): void {
    const at = before.findIndex(({ startMs, endMs }) => endedAtMs >= startMs && endedAtMs < endMs);
    if (at < 0) return;
    page.past[at]! += costFloor;
    page.first = Math.min(page.first, at);
  }

  async function refresh(): Promise<void> {
    if (!ask) return;
    const asked = today;
    // The first time all of it, then what may still change.
    const from = ready ? before.length - 1 : 0;
    const days = [...before.slice(from), today].map(({ startMs, endMs }) => ({ startMs, endMs }));
    const sums = await ask('daySums', { days, ...(by !== 'total' && { by }) });
    // The day turned meanwhile: what was read is not what is wanted now.
    if (asked !== today) return;
    for (const { day, value, spend } of sums) {
      const page = pageOf(value);
      if (!page) continue;
      const at = from + day;
      if (at < before.length) {
        page.past[at] = spend;
        if (spend !== 0n) page.first = Math.min(page.first, at);
        continue;
      }
      const others = othersOf(page, spend);
      if (others === page.others) continue;
      page.others = others;
      dirty.add(value);
    }
    if (!ready) dirty = new Set(pages.keys());
    ready = true;
  }

  return {
    get today() {
      return today;
    },
    get before() {
      return before;
    },
    get ready() {
      return ready;
    },
    add(records) {
      for (const record of records) addOne(record);
    },
    turn(nowMs) {
      if (nowMs < today.endMs) return undefined;
      const over = { day: today, spends: new Map([...pages].map(([value, page]) => [value, spendOf(page)])) };
      today = dayTimeAt(today.endMs, timezone);
      before = [...before.slice(1), over.day];
      pages = new Map([...pages].map(([value, page]) => [value, turned(page)]));
      const waiting = ahead;
      ahead = [];
      for (const record of waiting) addOne(record);
      dirty = new Set(pages.keys());
      return over;
    },
    changed() {
      const values = [...dirty];
      dirty = new Set();
      for (const value of values) {
        const page = pages.get(value)!;
        page.ownBefore = [page.own, page.ownBefore[0]];
      }
      return values;
    },
    spend(value) {
      const page = pages.get(value);
      return page ? spendOf(page) : (0n as Money);
    },
    spendOn(value, day) {
      const at = before.findIndex((one) => one.day === day);
      return at < 0 ? undefined : ((pages.get(value)?.past[at] ?? 0n) as Money);
    },
    past(value) {
      const page = pages.get(value);
      return (page ? page.past.slice(page.first) : []) as unknown as Money[];
    },
    refresh,
  };
}

/**
 * What the ledger knows beyond our own, from a sum that holds some or all of it: rows reach it a little later. What
 * was believed before stands as long as it can be so, else the nearest that can, so that nothing is counted twice.
 */
function othersOf({ own, ownBefore, others }: Page, sum: bigint): bigint {
  const least = sum - own;
  const most = sum - ownBefore[1];
  return others < least ? least : others > most ? most : others;
}

const spendOf = ({ own, others }: Page): Money => (own + others) as Money;

function turned(page: Page): Page {
  const spent = spendOf(page);
  const { past, first } = page;
  const idle = first === past.length && spent === 0n;
  return {
    own: 0n,
    ownBefore: [0n, 0n],
    others: 0n,
    past: [...past.slice(1), spent],
    first: idle ? first : Math.max(0, first - 1),
  };
}

const valueIn = (by: SpendBy, record: UsageRecord): string => (by === 'total' ? '' : (record[by] ?? ''));
