import { once } from 'node:events';
import { createFocus, FOCUS_COLUMNS, type FocusRow } from '../accounting/focus.ts';
import { createPricer } from '../accounting/pricer.ts';
import { priceBook } from '../accounting/prices/index.ts';
import { scan } from '../store/scan.ts';
import { EXIT } from './exit.ts';
import { openLedger } from './read-ledger.ts';
import { type SpanOptions, spanOf } from './span.ts';
import { csvLine } from './usage-text.ts';

interface ExportOptions extends SpanOptions {
  readonly tags: readonly string[];
  readonly config?: string;
}

const ISSUERS = { openai: 'OpenAI', anthropic: 'Anthropic' } as const;

/** `headgate export focus`: usage as FOCUS 1.2 lines in CSV, as much as the reader takes at a time. */
export async function exportFocus(options: ExportOptions, nowMs = Date.now()): Promise<number> {
  const span = spanOf(options, nowMs);
  const open = await openLedger(options.config);
  if (!open) return EXIT.failed;
  const { config, db } = open;
  const issuerOf = (name: string): string => {
    const vendor = config.providers.get(name)?.vendor;
    return vendor === 'openai' || vendor === 'anthropic' ? ISSUERS[vendor] : name;
  };
  const focus = createFocus({ pricer: createPricer(priceBook(config.prices), config.providers), issuerOf, tags: options.tags });
  try {
    const pages = await scan(db, span);
    await print([csvLine(FOCUS_COLUMNS)]);
    for await (const page of pages) await print(page.flatMap(({ record }) => focus.add(record)).map(lineOf));
    await print(focus.end().map(lineOf));
  } finally {
    await db.close();
  }
  return EXIT.ok;
}

const lineOf = (row: FocusRow): string => csvLine(FOCUS_COLUMNS.map((column) => row[column]));

async function print(lines: readonly string[]): Promise<void> {
  if (lines.length > 0 && !process.stdout.write(`${lines.join('\n')}\n`)) await once(process.stdout, 'drain');
}
