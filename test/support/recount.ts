import type { UsageRecord } from '../../src/accounting/record.ts';
import type { Grouping, UsageQuery, UsageSum } from '../../src/store/ledger.ts';

/** What `usage` must say of these records, counted the plain way: one record after the other, in big integers. */
export function recount(records: readonly UsageRecord[], { fromMs, toMs, every, zone, by, where = {} }: UsageQuery): UsageSum[] {
  const stretchOf = (ms: number) => {
    if (every === undefined) return undefined;
    return zone && every !== 'minute' ? startIn(zone, every, ms) : ms - (ms % WIDTHS_MS[every]);
  };
  const names = new Set([...by, ...Object.keys(where)]);
  const [name] = names;
  // By one tag alone, what does not carry it is left out; unless just that is asked for.
  const tag = names.size === 1 && name!.startsWith('tag:') && Object.values(where)[0] !== '' ? name!.slice(4) : undefined;
  const groups = Map.groupBy(
    records.filter(
      (record) =>
        record.endedAtMs >= fromMs &&
        record.endedAtMs < toMs &&
        (tag === undefined || record.tags?.[tag] !== undefined) &&
        Object.entries(where).every(([grouping, value]) => wordOf(record, grouping as Grouping) === value),
    ),
    (record) => JSON.stringify([stretchOf(record.endedAtMs), ...by.map((grouping) => wordOf(record, grouping))]),
  );
  return [...groups.values()].map((group) => {
    const startMs = stretchOf(group[0]!.endedAtMs);
    const count = (of: (record: UsageRecord) => number) => group.reduce((sum, record) => sum + of(record), 0);
    const tokens = (record: UsageRecord, pattern: RegExp) =>
      Object.entries(record.tokens).reduce((sum, [meter, amount]) => (pattern.test(meter) ? sum + amount : sum), 0);
    return {
      ...(startMs !== undefined && { startMs }),
      ...Object.fromEntries(by.map((grouping) => [grouping, wordOf(group[0]!, grouping)])),
      calls: count(({ last }) => Number(last)),
      attempts: group.length,
      failures: count(({ outcome }) => Number(outcome !== 'ok')),
      unpriced: count(({ cost }) => Number(cost === null)),
      estimated: count(({ measured }) => Number(measured === 'estimated')),
      starved: count(({ starved }) => Number(starved === true)),
      inputTokens: count((record) => tokens(record, /^(?!.*output)/i)),
      cacheReadTokens: count((record) => tokens(record, /^cacheRead$/)),
      cacheWriteTokens: count((record) => tokens(record, /^cacheWrite/)),
      outputTokens: count((record) => tokens(record, /output/i)),
      reasoningTokens: count(({ reasoningTokens = 0 }) => reasoningTokens),
      batchSavedNano: count(({ batchSavedNano = 0 }) => batchSavedNano),
      cacheSavedNano: count(({ cacheSavedNano = 0 }) => cacheSavedNano),
      cost: group.reduce((sum, { costFloor }) => sum + costFloor, 0n) as UsageSum['cost'],
    };
  });
}

/** Sums in an order that depends on nothing but them. */
export const sorted = (sums: readonly UsageSum[]): string[] =>
  sums.map((sum) => JSON.stringify(sum, (_, value) => (typeof value === 'bigint' ? String(value) : value))).sort();

const WIDTHS_MS = { minute: 60_000, hour: 3_600_000, day: 86_400_000 };

const wordOf = (record: UsageRecord, grouping: Grouping): string =>
  (grouping.startsWith('tag:') ? record.tags?.[grouping.slice(4)] : (record as unknown as Record<string, string | undefined>)[grouping]) ??
  '';

/** The midnight or full hour there before a moment, found by walking back quarter by quarter. */
function startIn(zone: string, every: 'hour' | 'day', ms: number): number {
  const format = new Intl.DateTimeFormat('en-CA', {
    timeZone: zone,
    dateStyle: 'short',
    ...(every === 'hour' && { timeStyle: 'long', hourCycle: 'h23' }),
  });
  // An hour that comes twice is told apart by its distance from UTC.
  const shown = (at: number) => format.format(at).replace(/:\d\d:\d\d/, '');
  const now = shown(ms);
  let start = ms - (ms % 900_000);
  while (shown(start - 1) === now) start -= 900_000;
  return start;
}
