import type { Grouping, UsageSum } from '../store/ledger.ts';
import { usage as usageOf } from '../store/usage.ts';
import { EXIT } from './exit.ts';
import { say } from './print.ts';
import { openLedger } from './read-ledger.ts';
import { type SpanOptions, spanOf } from './span.ts';
import { csvLines, jsonText, tableLines } from './usage-text.ts';

interface UsageOptions extends SpanOptions {
  readonly by: readonly Grouping[];
  readonly where: { readonly [G in Grouping]?: string };
  readonly format: 'table' | 'json' | 'csv';
  readonly config?: string;
}

/** `headgate usage`: sums from the ledger, of any group, time and zone. */
export async function usage(options: UsageOptions, nowMs = Date.now()): Promise<number> {
  const { by, where, every, zone, format } = options;
  const span = spanOf(options, nowMs);
  const open = await openLedger(options.config);
  if (!open) return EXIT.failed;
  let sums: readonly UsageSum[];
  try {
    sums = await usageOf(open.db, { ...span, by, where, ...(every && { every }), ...(zone !== 'UTC' && { zone }) });
  } finally {
    await open.db.close();
  }
  const asked = { ...span, by, zone, ...(every && { every }) };
  switch (format) {
    case 'json':
      say(jsonText(sums, asked));
      break;
    case 'csv':
      for (const line of csvLines(sums, asked)) say(line);
      break;
    case 'table':
      for (const line of tableLines(sums, asked)) say(line);
      break;
    default:
      format satisfies never;
  }
  return EXIT.ok;
}
