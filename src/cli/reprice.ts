import { merge, NOTHING, type Sums } from '../accounting/bucket.ts';
import { createPricer } from '../accounting/pricer.ts';
import { priceBook } from '../accounting/prices/index.ts';
import type { UsageRecord } from '../accounting/record.ts';
import { repriced } from '../accounting/reprice.ts';
import { formatUsd, type Money } from '../model/money.ts';
import { type Correction, createCorrect } from '../store/correct.ts';
import { scan } from '../store/scan.ts';
import { EXIT } from './exit.ts';
import { say, table } from './print.ts';
import { type OpenLedger, openLedger } from './read-ledger.ts';
import { readWire } from './read-wire.ts';
import { type Span, type SpanOptions, spanOf } from './span.ts';
import { costText } from './usage-text.ts';

interface RepriceOptions extends SpanOptions {
  readonly model?: string;
  readonly dryRun?: boolean;
  readonly config?: string;
}

/** `headgate reprice`: works rows out again with today's price book, and mends them with all they are part of. */
export async function reprice(options: RepriceOptions, nowMs = Date.now()): Promise<number> {
  const span = spanOf(options, nowMs);
  const open = await openLedger(options.config, options.dryRun !== true);
  if (!open) return EXIT.failed;
  try {
    const { rows, changes } = await repriceRows(open, span, options, nowMs);
    for (const line of report(changes)) say(line);
    const changed = changes.values().reduce((sum, { attempts }) => sum + attempts, 0);
    say(`${rows.toLocaleString('en')} rows looked at, ${changed.toLocaleString('en')} ${options.dryRun ? 'would change' : 'changed'}`);
    return EXIT.ok;
  } finally {
    await open.db.close();
  }
}

/** What rows of one model cost before and after. */
interface Change {
  attempts: number;
  readonly before: Sums;
  readonly after: Sums;
}

async function repriceRows({ db, config }: OpenLedger, span: Span, { model, dryRun }: RepriceOptions, nowMs: number) {
  const pricer = createPricer(priceBook(config.prices), config.providers);
  const correct = dryRun ? async (corrections: readonly Correction[]) => corrections : createCorrect(db);
  const changes = new Map<string, Change>();
  let rows = 0;
  for await (const page of await scan(db, { ...span, ...(model !== undefined && { model }) })) {
    rows += page.length;
    const corrections = page.flatMap((from) => {
      const to = repriced(from.record, pricer, readWire);
      return to ? [{ from, to }] : [];
    });
    for (const { from, to } of await correct(corrections, nowMs)) note(changes, from.record, to);
  }
  return { rows, changes };
}

function note(changes: Map<string, Change>, before: UsageRecord, after: UsageRecord): void {
  const change = changes.get(before.model) ?? { attempts: 0, before: { ...NOTHING }, after: { ...NOTHING } };
  change.attempts += 1;
  merge(change.before, costOf(before));
  merge(change.after, costOf(after));
  changes.set(before.model, change);
}

const costOf = ({ cost, costFloor }: UsageRecord): Sums => ({ ...NOTHING, cost: costFloor, unpriced: cost === null ? 1 : 0 });

const report = (changes: ReadonlyMap<string, Change>): string[] =>
  table(
    ['MODEL', 'ROWS', 'BEFORE', 'AFTER', 'DIFFERENCE'],
    [...changes].map(([model, { attempts, before, after }]) => {
      const difference = after.cost - before.cost;
      const sign = difference < 0n ? '-' : '+';
      return [
        model,
        attempts.toLocaleString('en'),
        costText(before),
        costText(after),
        `${sign}$${formatUsd((difference < 0n ? -difference : difference) as Money)}`,
      ];
    }),
  );
