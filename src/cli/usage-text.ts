import { merge, NOTHING, type Sums } from '../accounting/bucket.ts';
import { formatUsd, type Money } from '../model/money.ts';
import { type Grouping, tagOf, type UsageSum } from '../store/ledger.ts';
import { table } from './print.ts';
import { dateIn, hourIn, type Span } from './span.ts';

/** What the sums were asked by. */
export interface Asked extends Span {
  readonly by: readonly Grouping[];
  readonly every?: 'hour' | 'day';
  readonly zone: string;
}

const COUNTS = ['calls', 'attempts', 'failures', 'unpriced', 'estimated', 'starved'] as const;
const TOKENS = ['inputTokens', 'cacheReadTokens', 'cacheWriteTokens', 'outputTokens', 'reasoningTokens'] as const;
const SAVED = { batchSavedUsd: 'batchSavedNano', cacheSavedUsd: 'cacheSavedNano' } as const;

/** For people: the dearest first, a total below, and whatever makes the money less than certain said in words. */
export function tableLines(sums: readonly UsageSum[], { by, every, zone }: Asked): string[] {
  if (sums.length === 0) return ['nothing was used in that time'];
  const total = totalOf(sums);
  const start = every === undefined ? [] : [every.toUpperCase()];
  const headings = [...start, ...by.map(headingOf), 'CALLS', 'ATTEMPTS', 'FAILED', 'INPUT', 'CACHED', 'OUTPUT', 'COST'];
  const numbers = ({ calls, attempts, failures, inputTokens, cacheReadTokens, outputTokens }: Readonly<Sums>) =>
    [calls, attempts, failures, inputTokens, cacheReadTokens, outputTokens].map((count) => count.toLocaleString('en'));
  const rows = sums.map((sum) => [
    ...(every === undefined ? [] : [startText(sum, every, zone)]),
    ...by.map((grouping) => sum[grouping] || '(none)'),
    ...numbers(sum),
    costText(sum),
  ]);
  const words = start.length + by.length;
  const totals = [...Array.from({ length: words }, (_, index) => (index === 0 ? 'total' : '')), ...numbers(total), costText(total)];
  return [...table(headings, rightAligned(headings, sums.length > 1 || words > 0 ? [...rows, totals] : rows, words)), ...notes(total)];
}

const headingOf = (grouping: Grouping): string => (tagOf(grouping) ?? grouping).toUpperCase();

const startText = ({ startMs = 0 }: UsageSum, every: 'hour' | 'day', zone: string): string =>
  every === 'day' ? dateIn(zone, startMs) : hourIn(zone, startMs);

/** Exact; a floor where something has no price. */
export const costText = ({ cost, unpriced }: Readonly<Sums>): string =>
  unpriced > 0 ? `≥ $${formatUsd(cost)}, ${unpriced.toLocaleString('en')} unpriced` : `$${formatUsd(cost)}`;

function notes({ unpriced, estimated, starved, batchSavedNano, cacheSavedNano }: Sums): string[] {
  return [
    ...(unpriced > 0 ? [`attempts without a price, or without a whole one: ${unpriced}; what is shown is the least they cost`] : []),
    ...(estimated > 0 ? [`attempts counted by Headgate, because the provider did not say: ${estimated}`] : []),
    ...(starved > 0
      ? [`answers that reasoning used up before their words: ${starved}; raise their limit of tokens, or lower the effort`]
      : []),
    ...(batchSavedNano > 0 ? [`saved by batches, against the same calls one by one: $${savedText(batchSavedNano)}`] : []),
    ...(cacheSavedNano > 0 ? [`saved by caching, against the same calls without it: $${savedText(cacheSavedNano)}`] : []),
    ...(cacheSavedNano < 0 ? [`lost by caching, against the same calls without it: $${savedText(-cacheSavedNano)}`] : []),
  ];
}

/** Billionths of a dollar as dollars. */
export const savedText = (nano: number): string => formatUsd((BigInt(nano) * 1000n) as Money);

/** Columns of numbers end below each other; the cost, which may have words after it, begins there. */
function rightAligned(headings: string[], rows: readonly (readonly string[])[], words: number): string[][] {
  const widths = headings.map((heading, column) => Math.max(heading.length, ...rows.map((row) => row[column]!.length)));
  const aligned = (cells: readonly string[]) =>
    cells.map((cell, column) => (column >= words && column < headings.length - 1 ? cell.padStart(widths[column]!) : cell));
  for (const [column, heading] of aligned(headings).entries()) headings[column] = heading;
  return rows.map(aligned);
}

/** For programs: dollars as exact decimals in text, because as numbers they would be rounded. */
export function jsonText(sums: readonly UsageSum[], { fromMs, toMs, every, by, zone }: Asked): string {
  const named = (sum: Readonly<Sums>) => ({
    ...Object.fromEntries([...COUNTS, ...TOKENS].map((count) => [count, sum[count]])),
    costUsd: formatUsd(sum.cost),
    ...Object.fromEntries(Object.entries(SAVED).map(([name, saved]) => [name, savedText(sum[saved])])),
  });
  return JSON.stringify(
    {
      from: new Date(fromMs).toISOString(),
      to: new Date(toMs).toISOString(),
      zone,
      ...(every && { every }),
      sums: sums.map((sum) => ({
        ...(sum.startMs !== undefined && { start: new Date(sum.startMs).toISOString() }),
        ...Object.fromEntries(by.map((grouping) => [grouping, sum[grouping] ?? ''])),
        ...named(sum),
      })),
      total: named(totalOf(sums)),
    },
    undefined,
    2,
  );
}

/** For spreadsheets (RFC 4180), without a total: they add up by themselves. */
export function csvLines(sums: readonly UsageSum[], { by, every }: Asked): string[] {
  const names = [...COUNTS, ...TOKENS].map((name) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`));
  return [
    csvLine([...(every === undefined ? [] : ['start']), ...by, ...names, 'cost_usd', 'batch_saved_usd', 'cache_saved_usd']),
    ...sums.map((sum) =>
      csvLine([
        ...(every === undefined ? [] : [new Date(sum.startMs ?? 0).toISOString()]),
        ...by.map((grouping) => sum[grouping] ?? ''),
        ...[...COUNTS, ...TOKENS].map((count) => String(sum[count])),
        formatUsd(sum.cost),
        ...Object.values(SAVED).map((saved) => savedText(sum[saved])),
      ]),
    ),
  ];
}

/** One line of CSV, its end left out. */
export const csvLine = (cells: readonly string[]): string =>
  cells.map((cell) => (/[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)).join(',');

function totalOf(sums: readonly UsageSum[]): Sums {
  const total = { ...NOTHING };
  for (const sum of sums) merge(total, sum);
  return total;
}
