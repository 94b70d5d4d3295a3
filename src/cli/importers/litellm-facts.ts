import { countOf, numberIn, positiveIn, type Settings } from './imported.ts';

/** LiteLLM's prices of one token, and what we call the meter. */
const PRICES: Readonly<Record<string, string>> = {
  input_cost_per_token: 'input',
  output_cost_per_token: 'output',
  cache_read_input_token_cost: 'cacheRead',
  cache_creation_input_token_cost: 'cacheWrite5m',
  cache_creation_input_token_cost_above_1hr: 'cacheWrite1h',
  cache_creation_input_token_cost_above_12hr: 'cacheWrite12h',
  input_cost_per_audio_token: 'audioInput',
  output_cost_per_audio_token: 'audioOutput',
  input_cost_per_image_token: 'imageInput',
  output_cost_per_image_token: 'imageOutput',
};

/** LiteLLM's window is that of the question; taken for the whole of it, no call is sent that does not fit. */
const FACTS: Readonly<Record<string, string>> = { max_input_tokens: 'contextTokens', max_output_tokens: 'outputTokensMax' };

/** What may stand beside a deployment's parameters as well as in its `model_info`. */
export const PRICED_PARAMS: readonly string[] = Object.keys(PRICES);

/** What a deployment says of its model: prices of ours, facts of ours, and the fields that are neither. */
export interface Known {
  readonly prices: Readonly<Record<string, string>>;
  readonly facts: Readonly<Record<string, number>>;
  readonly left: readonly string[];
}

export function knownOf(vendor: string, info: Settings): Known {
  const [prices, facts, left]: [Record<string, string>, Record<string, number>, string[]] = [{}, {}, []];
  for (const [field, value] of Object.entries(info)) {
    const [price, fact] = [numberIn(value), positiveIn(value)];
    const dollars = PRICES[field] !== undefined && price !== undefined ? dollarsOf(price) : undefined;
    if (dollars !== undefined) prices[meterOf(field, vendor)] = dollars;
    else if (FACTS[field] !== undefined && fact !== undefined) facts[FACTS[field]] = countOf(fact);
    else if (value !== undefined && value !== null) left.push(field);
  }
  // Prices here stand in for all that is known of a model's: without these two its calls would have none.
  const whole = prices['input'] !== undefined && (prices['output'] !== undefined || info['mode'] === 'embedding');
  if (whole) return { prices, facts, left };
  return {
    prices: {},
    facts,
    left: [...left, ...Object.keys(info).filter((field) => PRICES[field] !== undefined && !left.includes(field))],
  };
}

/** OpenAI keeps a prompt for half an hour, Anthropic for five minutes unless more is paid. */
const meterOf = (field: string, vendor: string): string =>
  vendor === 'openai' && field === 'cache_creation_input_token_cost' ? 'cacheWrite30m' : PRICES[field]!;

/** A token's price as that of a million; undefined where it is finer than the books are. */
function dollarsOf(price: number): string | undefined {
  const million = Number((price * 1e6).toFixed(6));
  return Math.abs(million - price * 1e6) <= million * 1e-9 ? `$${million}` : undefined;
}
