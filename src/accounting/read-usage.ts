import { type Json, type JsonObject, objectOf } from '../model/json.ts';
import type { Meter, Tokens, Usage, UsagePart } from '../model/usage.ts';
import { modalityTokens } from './case-rates.ts';
import type { ReadUsage } from './cases.ts';

/**
 * Reads a usage object that stands alone, as bills and worked cases show them. Written apart from the
 * dialects, which read whole answers, so that each can be held against the other.
 */
export const readUsage: ReadUsage = (wire, { provider, cacheTtls }) => {
  if (Object.keys(wire).length > 0 && !COUNTERS.some((name) => name in wire) && provider !== 'modalities')
    throw new RangeError(`usage must have counters such as input_tokens or prompt_tokens, got ${Object.keys(wire).join(', ')}`);
  if (provider === 'modalities') return { tokens: modalityTokens(wire), wire };
  return isAnthropic(wire, provider) ? readAnthropic(wire, cacheTtls) : readOpenAI(wire);
};

/** Whose words they are, whoever sold the model: a model of one vendor may be asked in the dialect of the other. */
function isAnthropic(wire: JsonObject, provider: string): boolean {
  const said = { ...wire, ...objectOf(wire['output_tokens_details']) };
  const openai = OPENAI_COUNTERS.find((name) => says(said[name]));
  const anthropic = ANTHROPIC_COUNTERS.find((name) => says(said[name]));
  if (openai !== undefined && anthropic !== undefined)
    throw new RangeError(`usage must be in the words of one vendor, got ${openai} beside ${anthropic}`);
  if (openai !== undefined || anthropic !== undefined) return anthropic !== undefined;
  return provider === 'anthropic' || ANTHROPIC_WORDS.some((name) => name in wire);
}

/** Zeros say nothing: some fill in the fields of both vendors with them. */
const says = (value: Json | undefined): boolean =>
  typeof value === 'object' && value !== null ? Object.values(value).some(says) : value !== undefined && value !== null && value !== 0;

/**
 * OpenAI's totals include what was read from and written to the cache, and audio and images. The parts are cut to
 * their total, which decides the band. Writes come as a sum, by lifetime or both.
 */
function readOpenAI(wire: JsonObject): Usage {
  const into = objectOf(wire['prompt_tokens_details'] ?? wire['input_tokens_details']);
  const out = objectOf(wire['completion_tokens_details'] ?? wire['output_tokens_details']);
  const writes = objectOf(into['cache_write_tokens_details']);
  const prompt = count(wire['prompt_tokens'] ?? wire['input_tokens']);
  const answer = count(wire['completion_tokens'] ?? wire['output_tokens']);
  const reasoning = count(out['reasoning_tokens']);
  const cacheRead = Math.min(prompt, count(into['cached_tokens']));
  const cacheWrite12h = Math.min(prompt - cacheRead, count(writes['ttl_12h_tokens']));
  const written = Math.max(cacheWrite12h + count(writes['ttl_30m_tokens']), count(into['cache_write_tokens']));
  const cacheWrite30m = Math.min(prompt - cacheRead, written) - cacheWrite12h;
  const unkept = prompt - cacheRead - cacheWrite12h - cacheWrite30m;
  const audioInput = Math.min(unkept, count(into['audio_tokens']));
  const imageInput = Math.min(unkept - audioInput, count(into['image_tokens']));
  const audioOutput = Math.min(answer, count(out['audio_tokens']));
  return {
    tokens: some({
      input: unkept - audioInput - imageInput,
      cacheRead,
      cacheWrite30m,
      cacheWrite12h,
      audioInput,
      imageInput,
      output: answer - audioOutput,
      audioOutput,
    }),
    ...(reasoning > 0 && { reasoningTokens: reasoning }),
    wire,
  };
}

/** What of a usage's counters cannot all be right, and was not believed. */
export function contradictionsIn(wire: JsonObject): readonly string[] {
  const into = objectOf(wire['prompt_tokens_details'] ?? wire['input_tokens_details']);
  const out = objectOf(wire['completion_tokens_details'] ?? wire['output_tokens_details']);
  const [prompt, answer] = [
    count(wire['prompt_tokens'] ?? wire['input_tokens']),
    count(wire['completion_tokens'] ?? wire['output_tokens']),
  ];
  const parts = ['cached_tokens', 'cache_write_tokens', 'audio_tokens', 'image_tokens'].reduce((sum, name) => sum + count(into[name]), 0);
  const writes = objectOf(wire['cache_creation']);
  const inner = ['reasoning_tokens', 'thinking_tokens', 'audio_tokens'].map((name) => count(out[name]));
  const found = {
    'input_tokens:below_details': parts > prompt,
    'output_tokens:below_details': Math.max(...inner) > answer,
    'cache_creation_input_tokens:below_details':
      typeof wire['cache_creation_input_tokens'] === 'number' &&
      count(wire['cache_creation_input_tokens']) < count(writes['ephemeral_5m_input_tokens']) + count(writes['ephemeral_1h_input_tokens']),
    'total_tokens:not_the_sum': 'total_tokens' in wire && count(wire['total_tokens']) !== prompt + answer,
  };
  return Object.entries(found).flatMap(([name, holds]) => (holds ? [name] : []));
}

/** Anthropic's counters do not overlap; sub-inferences are listed apart and are not in them. */
function readAnthropic(wire: JsonObject, cacheTtls: readonly string[]): Usage {
  const { tokens, assumed } = anthropicTokens(wire, cacheTtls);
  const iterations = uncountedIterations(wire);
  const parts = iterations.map((iteration) => partOf(iteration, cacheTtls));
  const assumedOfParts = iterations.flatMap((iteration) =>
    anthropicTokens(iteration, cacheTtls).assumed.map((what) => `iterations.${what}`),
  );
  const redeemed = objectOf(objectOf(wire['fallback_credit'])['status'])['type'] === 'redeemed';
  const assumptions = [...assumed, ...new Set(assumedOfParts), ...(redeemed ? ['fallback_credit:not_repriced'] : [])];
  const tier = wire['speed'] === 'fast' ? 'fast' : wire['service_tier'];
  const fees = Object.fromEntries(
    Object.entries(objectOf(wire['server_tool_use'])).flatMap(([name, uses]) => (count(uses) > 0 ? [[name, count(uses)]] : [])),
  );
  const reasoning = count(objectOf(wire['output_tokens_details'])['thinking_tokens']);
  return {
    tokens,
    ...(reasoning > 0 && { reasoningTokens: reasoning }),
    ...(Object.keys(fees).length > 0 && { fees }),
    ...(typeof tier === 'string' && { tier }),
    ...(typeof wire['inference_geo'] === 'string' && { region: wire['inference_geo'] }),
    ...(parts.length > 0 && { parts }),
    ...(assumptions.length > 0 && { assumed: assumptions }),
    wire,
  };
}

/**
 * Inferences the top-level counters leave out. Compactions and advisors always are; after a fallback the
 * counters are those of the model that stepped in or of the one that gave up, whichever they equal.
 */
function uncountedIterations(wire: JsonObject): JsonObject[] {
  const iterations = list(wire['iterations']).map(objectOf);
  const fallbacks = iterations.filter(({ type }) => type === 'fallback_message');
  const counted =
    fallbacks.length > 0 && (sameCounts(wire, fallbacks) || !sameCounts(wire, iterations.filter(isMessage))) ? isFallback : isMessage;
  return iterations.filter((iteration) => !counted(iteration));
}

const partOf = (iteration: JsonObject, cacheTtls: readonly string[]): UsagePart => ({
  kind: String(iteration['type'] ?? 'other'),
  ...(typeof iteration['model'] === 'string' && { model: iteration['model'] }),
  tokens: anthropicTokens(iteration, cacheTtls).tokens,
});

const isMessage = ({ type }: JsonObject): boolean => type === 'message';
const isFallback = ({ type }: JsonObject): boolean => type === 'fallback_message';

const sameCounts = (wire: JsonObject, iterations: readonly JsonObject[]): boolean =>
  ['input_tokens', 'output_tokens'].every(
    (name) => count(wire[name]) === iterations.reduce((sum, iteration) => sum + count(iteration[name]), 0),
  );

function anthropicTokens(wire: JsonObject, cacheTtls: readonly string[]): { tokens: Tokens; assumed: readonly string[] } {
  const split = objectOf(wire['cache_creation']);
  const fiveMinutes = count(split['ephemeral_5m_input_tokens']);
  const oneHour = count(split['ephemeral_1h_input_tokens']);
  // The total may come without its parts, and the parts without the total.
  const rest = Math.max(0, count(wire['cache_creation_input_tokens']) - fiveMinutes - oneHour);
  const asked = new Set(cacheTtls);
  const restIsHour = asked.size === 1 && asked.has('1h');
  return {
    tokens: some({
      input: count(wire['input_tokens']),
      cacheRead: count(wire['cache_read_input_tokens']),
      cacheWrite5m: fiveMinutes + (restIsHour ? 0 : rest),
      cacheWrite1h: oneHour + (restIsHour ? rest : 0),
      output: count(wire['output_tokens']),
    }),
    assumed: rest > 0 && asked.size !== 1 ? ['cache_write_ttl:5m'] : [],
  };
}

const some = (tokens: { readonly [M in Meter]?: number }): Tokens =>
  Object.fromEntries(Object.entries(tokens).filter(([, amount]) => amount > 0));
const list = (value: Json | undefined): readonly Json[] => (Array.isArray(value) ? value : []);
/** An absent counter and a null are nothing; what is no count at all is refused, as nothing would be a wrong bill. */
function count(value: Json | undefined): number {
  if (value === undefined || value === null) return 0;
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  throw new RangeError(`counts in usage must be whole numbers of 0 or more, got ${JSON.stringify(value)}`);
}

const OPENAI_COUNTERS = [
  ...['prompt_tokens', 'completion_tokens', 'prompt_tokens_details', 'completion_tokens_details', 'input_tokens_details'],
  ...['reasoning_tokens', 'audio_tokens'],
];
const ANTHROPIC_COUNTERS = [
  'cache_creation_input_tokens',
  'cache_read_input_tokens',
  'cache_creation',
  'server_tool_use',
  'iterations',
  'thinking_tokens',
];
/** Fields that OpenAI's usage does not have, whatever they hold. */
const ANTHROPIC_WORDS = ['cache_creation_input_tokens', 'service_tier', 'speed', 'inference_geo'];

/** A usage without any of these is in words we do not know. */
const COUNTERS = ['input_tokens', 'output_tokens', 'prompt_tokens', 'completion_tokens', ...ANTHROPIC_COUNTERS];
