import type { Bill, Line } from '../accounting/bill.ts';
import type { PriceBook } from '../accounting/book.ts';
import { linesOf, priceOf, type Sale } from '../accounting/price.ts';
import { priceBook, SHEETS } from '../accounting/prices/index.ts';
import { contradictionsIn, readUsage } from '../accounting/read-usage.ts';
import { type Json, objectOf } from '../model/json.ts';
import { momentMs } from '../model/moment.ts';
import { formatUsd, type Money } from '../model/money.ts';
import { isReport, METERS, type Usage } from '../model/usage.ts';
import { EXIT, MisuseError } from './exit.ts';
import { configAtHand } from './load.ts';
import { paint, say, table } from './print.ts';

export interface BillOptions {
  /** An exact name, as the provider's answers say it. */
  readonly model: string;
  /** Whose prices: a vendor, or a provider of the configuration. Default: whoever sells a model of that name. */
  readonly provider?: string;
  /** In the provider's words; over the usage's own. */
  readonly tier?: string;
  readonly region?: string;
  /** A date or moment, UTC. Default: now. */
  readonly at?: string;
  readonly batch?: boolean;
  readonly config?: string;
  readonly json?: boolean;
}

/** One bill, line by line: what was used, at which rate, what it comes to, and where the rate is from. Fails when it has no total. */
export function explainBill(wire: Json, options: BillOptions): number {
  const found = configAtHand(options.config);
  if (!found) return EXIT.failed;
  const { config } = found;
  const atMs = options.at === undefined ? Date.now() : momentMs(options.at);
  if (atMs === undefined)
    throw new MisuseError(`--at must be a date such as 2026-10-07 or a moment such as 2026-10-07T12:00:00Z, got "${options.at}"`);
  const book = priceBook(config?.prices);
  if (options.provider !== undefined)
    known(options.provider, new Set([...SHEETS.map(({ seller }) => seller), ...(config?.providers.keys() ?? [])]));
  const provider = options.provider ?? sellerOf(book, options.model);
  const vendor = config?.providers.get(provider)?.vendor;
  const sale: Sale = {
    sellers: vendor === undefined ? [provider] : [provider, vendor],
    model: options.model,
    channel: options.batch ? 'batch' : 'sync',
    atMs,
    ...(options.region !== undefined && { region: options.region }),
  };
  const usage = usageOf(wire, vendor ?? provider, options);
  const bill = priceOf(book, usage, sale);
  const shown = { sale, usage, bill, lines: linesOf(book, usage, sale), from: origin(book, sale) };
  if (options.json) process.stdout.write(`${JSON.stringify(billJson(shown, book), null, 2)}\n`);
  else for (const line of billText(shown, book)) say(line);
  return bill.cost === null ? EXIT.failed : EXIT.ok;
}

function known(provider: string, providers: ReadonlySet<string>): void {
  if (!providers.has(provider)) throw new MisuseError(`--provider must be one of ${[...providers].join(', ')}, got "${provider}"`);
}

interface Shown {
  readonly sale: Sale;
  readonly usage: Usage;
  readonly bill: Bill;
  readonly lines: readonly Line[];
  readonly from: { readonly source: string; readonly checkedOn: string } | undefined;
}

/** A usage object, or an answer with one, in which case the answer's tier counts too. Throws where nothing is reported: that is not free. */
function usageOf(wire: Json, provider: string, { tier, region }: BillOptions): Usage {
  const answer = objectOf(wire);
  const own = objectOf(answer['usage']);
  const told = Object.keys(own).length > 0 ? own : answer;
  const read = readUsage(told, { provider, cacheTtls: [] });
  if (!isReport(read)) {
    const got = JSON.stringify(answer === wire ? told : wire).slice(0, 80);
    throw new RangeError(`usage must have counters such as input_tokens or prompt_tokens, got ${got}`);
  }
  const served = tier ?? read.tier ?? (typeof answer['service_tier'] === 'string' ? answer['service_tier'] : undefined);
  const { region: _, ...rest } = read;
  const place = region ?? read.region;
  const assumed = [...(read.assumed ?? []), ...contradictionsIn(told)];
  return {
    ...rest,
    ...(served !== undefined && { tier: served }),
    ...(place !== undefined && { region: place }),
    ...(assumed.length > 0 && { assumed }),
  };
}

const sellerOf = (book: PriceBook, model: string): string =>
  [...book.sellers].find(([, { models }]) => models.has(model))?.[0] ?? (model.startsWith('claude') ? 'anthropic' : 'openai');

const origin = (book: PriceBook, { sellers, model, atMs }: Sale): Shown['from'] =>
  sellers.flatMap(
    (name) =>
      book.sellers
        .get(name)
        ?.models.get(model)
        ?.find(({ fromMs }) => fromMs <= atMs) ?? [],
  )[0];

function billJson({ sale, usage, bill, lines, from }: Shown, book: PriceBook) {
  const { status, cost, floor, unpriced, reason, assumed } = bill;
  return {
    provider: sale.sellers[0],
    model: sale.model,
    at: new Date(sale.atMs).toISOString(),
    channel: sale.channel,
    tier: usage.tier ?? null,
    region: usage.region ?? sale.region ?? null,
    status,
    usd: cost === null ? null : formatUsd(cost),
    ...(cost === null ? { usd_lower_bound: formatUsd(floor), unpriced, reason } : { pico_usd: cost.toString() }),
    ...(assumed.length > 0 && { assumed }),
    lines: lines.map(({ what, model, part, quantity, rate, cost: amount }) => ({
      what,
      model,
      ...(part !== undefined && { part }),
      quantity,
      ...(isMeter(what) ? { usd_per_million: rateUsd(what, rate) } : { usd_each: rateUsd(what, rate) }),
      usd: amount === null ? null : formatUsd(amount),
    })),
    prices: { version: book.version, ...(from && { source: from.source, checked_on: from.checkedOn }) },
  };
}

function billText({ sale, usage, bill, lines, from }: Shown, book: PriceBook): string[] {
  const { status, cost, floor, reason, assumed } = bill;
  const tier = sale.channel === 'batch' ? 'batch' : (usage.tier ?? 'standard');
  const total = cost === null ? `at least $${formatUsd(floor)}, ${status}: ${reason}` : `$${formatUsd(cost)}, ${status}`;
  return [
    `${paint('bold', sale.model)} at ${sale.sellers[0]}, ${tier}, ${new Date(sale.atMs).toISOString()}`,
    ...table(
      ['meter', 'model', 'quantity', 'rate', 'amount'],
      lines.map(({ what, model, part, quantity, rate, cost: amount }) => [
        part === undefined ? what : `${part} ${what}`,
        model,
        String(quantity),
        rate === null ? 'no price' : `$${rateUsd(what, rate)} ${isMeter(what) ? 'per million' : 'each'}`,
        amount === null ? 'unpriced' : `$${formatUsd(amount)}`,
      ]),
    ),
    `total: ${paint('bold', total)}`,
    ...assumed.map((what) => `assumed: ${what}`),
    paint('dim', `prices ${book.version}${from ? `, from ${from.source}, checked on ${from.checkedOn}` : ''}`),
  ];
}

const rateUsd = (what: string, rate: Money | null): string | null =>
  rate === null ? null : formatUsd((isMeter(what) ? rate * 1_000_000n : rate) as Money);

const isMeter = (what: string): boolean => (METERS as readonly string[]).includes(what);
