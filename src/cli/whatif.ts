import { createPricer } from '../accounting/pricer.ts';
import { priceBook } from '../accounting/prices/index.ts';
import type { UsageRecord } from '../accounting/record.ts';
import { createWhatIf, type OtherChoices } from '../accounting/whatif.ts';
import type { Config } from '../config/config.ts';
import { factsFor, routeOf } from '../config/resolve.ts';
import { formatUsd, type Money } from '../model/money.ts';
import { type Grouping, tagOf } from '../store/ledger.ts';
import { scan } from '../store/scan.ts';
import { EXIT, MisuseError } from './exit.ts';
import { complain, say, table } from './print.ts';
import { openLedger } from './read-ledger.ts';
import { readWire } from './read-wire.ts';
import { type Span, type SpanOptions, spanOf } from './span.ts';

interface WhatIfOptions extends SpanOptions {
  readonly model?: string;
  readonly batch?: true;
  readonly tier?: string;
  /** False: without caching. */
  readonly cache: boolean;
  /** A share from 0 to 1. */
  readonly cached?: number;
  readonly by: readonly Grouping[];
  readonly where: { readonly [G in Grouping]?: string };
  readonly format: 'table' | 'json';
  readonly config?: string;
}

/** Sums of the rows that have a price both ways, and how many have not. */
interface Sum {
  attempts: number;
  actual: bigint;
  other: bigint;
  unpriced: number;
  otherUnpriced: number;
}

/** `headgate whatif`: works a stretch of the ledger out under other choices, and says what that takes for granted. */
export async function whatif(options: WhatIfOptions, nowMs = Date.now()): Promise<number> {
  if (options.cached !== undefined && !options.cache)
    throw new MisuseError('--cached and --no-cache say opposite things: give one of them');
  if (Object.keys(choicesBesides(options)).length === 0 && options.model === undefined)
    throw new MisuseError('say what else: --model, --batch, --tier, --no-cache or --cached');
  const span = spanOf(options, nowMs);
  const open = await openLedger(options.config);
  if (!open) return EXIT.failed;
  try {
    const choices = choicesOf(options, open.config);
    if (typeof choices === 'string') {
      complain(`error: ${choices}`);
      return EXIT.failed;
    }
    const sums = await sumsOf(open, span, options, choices);
    if (options.format === 'json') say(jsonText(sums, span, options, choices));
    else for (const line of lines(sums, options, choices)) say(line);
    return EXIT.ok;
  } finally {
    await open.db.close();
  }
}

/** What was chosen besides a model. */
const choicesBesides = ({ batch, tier, cache, cached }: WhatIfOptions): OtherChoices => ({
  ...(batch && { batch }),
  ...(tier !== undefined && { tier }),
  ...(!cache && { caching: 'off' }),
  ...(cached !== undefined && { caching: cached }),
});

/** What was chosen; or why that cannot be. */
function choicesOf(options: WhatIfOptions, config: Config): OtherChoices | string {
  const choices = choicesBesides(options);
  const { model } = options;
  if (model === undefined) return choices;
  const route = routeOf(config, model);
  if ('kind' in route) return route.message;
  const { provider, model: name } = route.targets[0]!;
  return { ...choices, model: { provider, model: name } };
}

async function sumsOf(
  { db, config }: NonNullable<Awaited<ReturnType<typeof openLedger>>>,
  span: Span,
  { by, where }: WhatIfOptions,
  choices: OtherChoices,
): Promise<ReadonlyMap<string, Sum>> {
  const pricer = createPricer(priceBook(config.prices), config.providers);
  const wouldCost = createWhatIf(choices, {
    pricer,
    readWire,
    vendorOf: (provider) => config.providers.get(provider)?.vendor,
    cacheMinTokens: (provider, model) => factsFor(config, provider, model).cacheMinTokens,
  });
  const sums = new Map<string, Sum>();
  for await (const page of await scan(db, span)) {
    for (const { record } of page) {
      if (!Object.entries(where).every(([grouping, value]) => wordOf(record, grouping as Grouping) === value)) continue;
      const name = JSON.stringify(by.map((grouping) => wordOf(record, grouping)));
      const sum = sums.get(name) ?? { attempts: 0, actual: 0n, other: 0n, unpriced: 0, otherUnpriced: 0 };
      sums.set(name, sum);
      const one = wouldCost(record);
      if (typeof one === 'string') {
        sum[one] += 1;
        continue;
      }
      sum.attempts += 1;
      sum.actual += one.actual;
      sum.other += one.other;
    }
  }
  return sums;
}

const wordOf = (record: UsageRecord, grouping: Grouping): string =>
  (grouping.startsWith('tag:') ? record.tags?.[tagOf(grouping)!] : record[grouping as 'feature']) ?? '';

const usd = (pico: bigint): string => `${pico < 0n ? '-' : ''}$${formatUsd((pico < 0n ? -pico : pico) as Money)}`;
const percentOf = ({ actual, other }: Sum): string =>
  actual === 0n ? '' : `${(Number(((other - actual) * 1000n) / actual) / 10).toFixed(1).replace(/^(?!-)/, '+')} %`;

function lines(sums: ReadonlyMap<string, Sum>, { by }: WhatIfOptions, choices: OtherChoices): string[] {
  if (sums.size === 0) return ['nothing was used in that time'];
  const total: Sum = { attempts: 0, actual: 0n, other: 0n, unpriced: 0, otherUnpriced: 0 };
  for (const sum of sums.values()) {
    for (const count of ['attempts', 'unpriced', 'otherUnpriced'] as const) total[count] += sum[count];
    total.actual += sum.actual;
    total.other += sum.other;
  }
  const row = (words: readonly string[], sum: Sum) => [
    ...words,
    sum.attempts.toLocaleString('en'),
    usd(sum.actual),
    usd(sum.other),
    usd(sum.other - sum.actual),
    percentOf(sum),
  ];
  const dearest = [...sums].toSorted(([, a], [, b]) => Number(b.actual - a.actual));
  const rows = dearest.map(([name, sum]) =>
    row(
      (JSON.parse(name) as string[]).map((word) => word || '(none)'),
      sum,
    ),
  );
  if (by.length > 0 && rows.length > 1) rows.push(row([...by.map((_, index) => (index === 0 ? 'total' : ''))], total));
  const headings = [...by.map((grouping) => (tagOf(grouping) ?? grouping).toUpperCase()), 'ATTEMPTS', 'ACTUAL', 'THEN', 'DIFFERENCE', ''];
  return [...table(headings, rows), ...assumptions(choices, total).map((line) => `- ${line}`)];
}

/** What the figures take for granted. */
function assumptions(
  { model, batch, tier, caching }: OtherChoices,
  { unpriced, otherUnpriced }: Pick<Sum, 'unpriced' | 'otherUnpriced'>,
): string[] {
  return [
    ...(model
      ? [
          `${model.provider}/${model.model} takes and gives as many tokens: tokenizers of models differ by a third and more, and so do lengths of answers`,
        ]
      : []),
    ...(batch ? ['every call can wait up to a day'] : []),
    ...(tier === undefined ? [] : [`the tier "${tier}" has room for all of them`]),
    ...(typeof caching === 'number'
      ? [
          `${Math.round(caching * 100)} % of each question are a prefix, the same for all calls of a feature to a model; it is written after a pause longer than its shortest life (Anthropic 5 minutes, OpenAI 30), else read`,
          'a prefix of fewer tokens than its model caches at the least (`headgate models` says how many) is fresh input',
        ]
      : []),
    ...(caching === undefined && model ? ['what was read from a cache would be there as well'] : []),
    ...(unpriced > 0 ? [`left out of both sums: ${unpriced.toLocaleString('en')} attempts without a price`] : []),
    ...(otherUnpriced > 0 ? [`left out of both sums: ${otherUnpriced.toLocaleString('en')} attempts that would have no price then`] : []),
  ];
}

function jsonText(sums: ReadonlyMap<string, Sum>, { fromMs, toMs }: Span, { by }: WhatIfOptions, choices: OtherChoices): string {
  const all = { unpriced: 0, otherUnpriced: 0 };
  const written = [...sums].map(([name, sum]) => {
    all.unpriced += sum.unpriced;
    all.otherUnpriced += sum.otherUnpriced;
    const words = JSON.parse(name) as string[];
    const money = { actualUsd: sum.actual, otherUsd: sum.other, differenceUsd: sum.other - sum.actual };
    return {
      ...Object.fromEntries(by.map((grouping, index) => [grouping, words[index]])),
      attempts: sum.attempts,
      ...Object.fromEntries(Object.entries(money).map(([field, pico]) => [field, formatUsd(pico as Money)])),
      unpriced: sum.unpriced,
      otherUnpriced: sum.otherUnpriced,
    };
  });
  const choice = { ...choices, ...(choices.model && { model: `${choices.model.provider}/${choices.model.model}` }) };
  const span = { from: new Date(fromMs).toISOString(), to: new Date(toMs).toISOString() };
  return JSON.stringify({ ...span, choice, sums: written, assumptions: assumptions(choices, all) }, undefined, 2);
}
