import type { Json, JsonObject } from '../model/json.ts';
import type { Meter, Tokens } from '../model/usage.ts';
import { plain } from './decimal.ts';
import type { SheetRates } from './sheet.ts';

/** The names worked cases have for meters, those of OpenAI's and Anthropic's price pages. */
const METER_OF: Readonly<Record<string, Meter>> = {
  input: 'input',
  input_text: 'input',
  text_input: 'input',
  cached_input: 'cacheRead',
  cache_read: 'cacheRead',
  cache_write: 'cacheWrite30m',
  cache_write_30m: 'cacheWrite30m',
  cache_write_12h: 'cacheWrite12h',
  cache_write_5m: 'cacheWrite5m',
  cache_write_1h: 'cacheWrite1h',
  audio_input: 'audioInput',
  input_audio: 'audioInput',
  audio_in: 'audioInput',
  image_input: 'imageInput',
  input_image: 'imageInput',
  image_in: 'imageInput',
  output: 'output',
  output_text: 'output',
  text_output: 'output',
  audio_output: 'audioOutput',
  output_audio: 'audioOutput',
  audio_out: 'audioOutput',
  image_output: 'imageOutput',
  output_image: 'imageOutput',
  image_out: 'imageOutput',
};

const CASE_NAMES: Readonly<Partial<Record<string, string>>> = {
  cacheRead: 'cached_input',
  cacheWrite5m: 'cache_write_5m',
  cacheWrite30m: 'cache_write',
  cacheWrite1h: 'cache_write_1h',
  cacheWrite12h: 'cache_write_12h',
  audioInput: 'audio_input',
  imageInput: 'image_input',
  audioOutput: 'audio_output',
  imageOutput: 'image_output',
};

/** A meter, or a fee, as cases name it. */
export const caseName = (what: string): string => CASE_NAMES[what] ?? what;

/**
 * A case's rates by meter. Anthropic's plain `cache_write` is the one of five minutes. A `null` or `none` among OpenAI's
 * for its cache is what its price list has for models that give no discount and take writes free: they are input
 * like any other. Of a name that is not there nothing is known.
 */
export function ratesFrom(rates: JsonObject, provider: string): SheetRates {
  const known: { -readonly [M in Meter]?: string } = {};
  for (const [name, told] of Object.entries(rates)) {
    const meter = name === 'cache_write' && provider === 'anthropic' ? 'cacheWrite5m' : meterOf(name);
    const asInput = provider !== 'anthropic' && (meter === 'cacheRead' || meter === 'cacheWrite30m') && (told === null || told === 'none');
    const usd = asInput ? rates['input'] : told;
    if (meter && (typeof usd === 'string' || typeof usd === 'number')) known[meter] = plain(usd);
  }
  return known;
}

/** Usage that is told by kind and by nothing else, as image models do. */
export const modalityTokens = (wire: JsonObject): Tokens => {
  const tokens: { -readonly [M in Meter]?: number } = {};
  for (const [name, count] of Object.entries(wire)) {
    const meter = meterOf(name);
    if (meter && typeof count === 'number' && count > 0) tokens[meter] = (tokens[meter] ?? 0) + count;
  }
  return tokens;
};

/** Whether a usage names the kinds themselves (`input_text`, `output_image`) and not their sums. */
export const isByModality = (wire: Json): boolean =>
  typeof wire === 'object' &&
  wire !== null &&
  Object.keys(wire).length > 0 &&
  Object.keys(wire).every((name) => meterOf(name) !== undefined);

const meterOf = (name: string): Meter | undefined => (Object.hasOwn(METER_OF, name) ? METER_OF[name] : undefined);
