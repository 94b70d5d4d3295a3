import type { Json, JsonObject } from '../model/json.ts';
import { formatUsd, type Money } from '../model/money.ts';
import { decimal, one, perMillion, plain } from './decimal.ts';
import { type CacheOption, cheapestOption, freshCost, type PrefixTrace, prefixCost } from './prefix-cost.ts';

/** What a case comes to, by the names of its options; `none`: nothing is cached. */
export interface CacheCaseResult {
  /** Exact dollars. */
  readonly prefix_cost_usd: { readonly [option: string]: string };
  readonly hits_writes: { readonly [option: string]: { readonly hits: number; readonly writes: number } };
  readonly best: string;
}

/** Works out one case of `headgate-golden-caching/1`. Throws a `RangeError` that names the field at fault. */
export function cacheCase(given: JsonObject): CacheCaseResult {
  const rates = object(given['rates_usd_per_mtok'], 'rates_usd_per_mtok');
  const rate = (name: string) => rateIn(rates, name);
  const trace: PrefixTrace = {
    startsS: numbers(given['request_start_seconds'], 'request_start_seconds'),
    prefixTokens: count(given['prefix_tokens'], 'prefix_tokens'),
    minTokens: given['min_cacheable_tokens'] == null ? undefined : count(given['min_cacheable_tokens'], 'min_cacheable_tokens'),
    input: rate('input'),
    read: rate('cached_input'),
  };
  const options = list(given['options'], 'options').map((each, index): CacheOption => {
    const option = object(each, `options[${index}]`);
    return {
      name: text(option['name'], `options[${index}].name`),
      lifetimeS: number(option['ttl_s'], `options[${index}].ttl_s`),
      write: rate(text(option['write_rate'], `options[${index}].write_rate`)),
    };
  });
  const costs = options.map((option) => ({ option, ...prefixCost(trace, option) }));
  return {
    prefix_cost_usd: {
      none: formatUsd(freshCost(trace)),
      ...Object.fromEntries(costs.map(({ option, cost }) => [option.name, formatUsd(cost)])),
    },
    hits_writes: Object.fromEntries(costs.map(({ option, hits, writes }) => [option.name, { hits, writes }])),
    best: cheapestOption(trace, options)?.name ?? 'none',
  };
}

function rateIn(rates: JsonObject, name: string): Money {
  const what = `rates_usd_per_mtok.${name}`;
  const written = rates[name];
  if (typeof written !== 'string' && typeof written !== 'number')
    throw new RangeError(`${what} must be a decimal such as "3.75", got ${shown(written)}`);
  return perMillion(decimal(plain(written), what), one, what);
}

function object(value: Json | undefined, what: string): JsonObject {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new RangeError(`${what} must be an object, got ${shown(value)}`);
  return value as JsonObject;
}

function list(value: Json | undefined, what: string): readonly Json[] {
  if (!Array.isArray(value)) throw new RangeError(`${what} must be a list, got ${shown(value)}`);
  return value as readonly Json[];
}

const numbers = (value: Json | undefined, what: string): number[] =>
  list(value, what).map((each, index) => number(each, `${what}[${index}]`));

function number(value: Json | undefined, what: string): number {
  if (typeof value !== 'number') throw new RangeError(`${what} must be a number, got ${shown(value)}`);
  return value;
}

function count(value: Json | undefined, what: string): number {
  if (!Number.isSafeInteger(value) || (value as number) < 0)
    throw new RangeError(`${what} must be a whole number of tokens, got ${shown(value)}`);
  return value as number;
}

function text(value: Json | undefined, what: string): string {
  if (typeof value !== 'string') throw new RangeError(`${what} must be text, got ${shown(value)}`);
  return value;
}

const shown = (value: Json | undefined): string => (value === undefined ? 'nothing' : JSON.stringify(value).slice(0, 80));
