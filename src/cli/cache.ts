import { type BreakEven, breakEven, longerPaysBelow } from '../accounting/break-even.ts';
import { cacheCase } from '../accounting/cache-cases.ts';
import { formatFraction, toNumber } from '../accounting/fraction.ts';
import { priceBook } from '../accounting/prices/index.ts';
import { factsOf } from '../catalogue/index.ts';
import { formatUsd, type Money, type Rates } from '../model/money.ts';
import { EXIT } from './exit.ts';
import { configAtHand } from './load.ts';
import { complain, say, table } from './print.ts';
import { readJson, workCases } from './work-cases.ts';

/** `headgate cache plan`: worked cases in the format `headgate-golden-caching/1`. */
export const cachePlan = async ({ trace }: { readonly trace: string }): Promise<number> => workCases(await readJson(trace), cacheCase);

interface BreakEvenOptions {
  readonly model: string;
  readonly tokens: number;
  readonly config?: string;
  readonly json?: boolean;
}

/** Lifetimes that are sold, and the meter each is billed as. */
const LIFETIMES = [
  ['5m', 'cacheWrite5m'],
  ['30m', 'cacheWrite30m'],
  ['1h', 'cacheWrite1h'],
  ['12h', 'cacheWrite12h'],
] as const;

/** `headgate cache break-even`: from how many uses on it pays to cache a prompt's beginning, at the prices that hold. */
export function cacheBreakEven({ model, tokens, config: named, json }: BreakEvenOptions): number {
  const found = configAtHand(named);
  if (!found) return EXIT.failed;
  const rates = ratesOf(model, found.config?.prices);
  const { input, cacheRead } = rates ?? {};
  if (!rates || input === undefined) {
    complain(`error: nobody here sells a model called exactly "${model}"`);
    return EXIT.failed;
  }
  if (cacheRead === undefined) {
    complain(`error: no price is known for what ${model} reads from its cache`);
    return EXIT.failed;
  }
  const { cacheMinTokens } = factsOf(model);
  // Where no write has a price of its own, it costs what reading afresh does.
  const sold = LIFETIMES.flatMap(([name, meter]) => (rates[meter] === undefined ? [] : [{ name, write: rates[meter] }]));
  const options = (sold.length > 0 ? sold : [{ name: 'automatic', write: input }]).map((option) => ({
    ...option,
    found: breakEven({ input, read: cacheRead, write: option.write }),
  }));
  const usd = (rate: Money) => formatUsd((rate * BigInt(tokens)) as Money);
  if (json) {
    const view = ({ name, write, found }: (typeof options)[number]) => ({
      lifetime: name,
      write_usd: usd(write),
      ...(found && viewOf(found)),
    });
    say(
      JSON.stringify({
        model,
        tokens,
        min_tokens: cacheMinTokens ?? null,
        fresh_usd: usd(input),
        read_usd: usd(cacheRead),
        lifetimes: options.map(view),
      }),
    );
    return EXIT.ok;
  }
  say(`${model}, ${tokens.toLocaleString('en')} tokens: $${usd(input)} afresh, $${usd(cacheRead)} from the cache`);
  if (cacheMinTokens !== undefined) say(`shorter than ${cacheMinTokens.toLocaleString('en')} tokens nothing is cached`);
  say('');
  const rows = options.map(({ name, write, found }) => [
    name,
    `$${usd(write)}`,
    ...(found ? [`${found.usesMin} uses`, `${(toNumber(found.hitProbability) * 100).toFixed(1)} %`] : ['never', '–']),
  ]);
  for (const line of table(['LIFETIME', 'WRITING', 'PAYS FROM', 'IF A USE FINDS IT IN'], rows)) say(line);
  const [short, long] = options;
  if (short && long) {
    const share = (toNumber(longerPaysBelow(short.write, long.write, cacheRead)) * 100).toFixed(1);
    say(
      `\n${long.name} is cheaper than ${short.name} where fewer than ${share} % of the uses that miss ${short.name} miss ${long.name} too.`,
    );
  }
  return EXIT.ok;
}

const viewOf = ({ usesMin, uses, hitProbability }: BreakEven) => ({
  min_uses_to_save: Number(usesMin),
  break_even_uses: formatFraction(uses),
  min_hit_probability: formatFraction(hitProbability),
});

/** Standard rates of short prompts now, by whoever sells the model. */
function ratesOf(model: string, own: Parameters<typeof priceBook>[0]): Rates | undefined {
  for (const seller of priceBook(own).sellers.values()) {
    const era = seller.models.get(model)?.find(({ fromMs }) => fromMs <= Date.now());
    const rates = era?.tiers.get('standard')?.get('')?.bands[0]?.rates;
    if (rates) return rates;
  }
  return undefined;
}
