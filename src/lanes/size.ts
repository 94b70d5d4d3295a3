import { dialectOf } from '../dialects/registry.ts';
import type { Target } from '../model/attempt.ts';
import type { ModelFacts } from '../model/facts.ts';
import type { Part } from '../model/part.ts';
import type { Size } from '../model/size.ts';
import type { Meter } from '../model/usage.ts';
import { BYTES_PER_TOKEN } from './estimate.ts';
import { inboundOf } from './inbound.ts';
import type { Inbound } from './lane.ts';
import { mediaIn, mediaSize } from './media-size.ts';
import { scan } from './scan.ts';
import { withOptions } from './translate.ts';
import { withRoom } from './visible-max.ts';

/** An answer may be this long where neither the caller nor the catalogue says how long. */
const OUTPUT_TOKENS_UNKNOWN = 128_000;
/** A conversation the provider holds may be this long where its window is not known. */
const WINDOW_TOKENS_UNKNOWN = 1_000_000;

/** What vendors put around a question, and their instructions for tools (of Anthropic's the longest add up to 735 + 700 + 346 + 245). */
const AROUND_TOKENS = 64;
const TOOL_TOKENS = 2048;

/** How often a provider's tool is used where the caller sets no bound. */
const TOOL_USES_UNKNOWN = 10;

/** Types of pictures, documents and sounds, in all dialects. */
const MEDIA = ['"image', '"input_image"', '"input_file"', '"input_audio"', '"document"', '"file"'];
const CANONICAL_MEDIA = ['"media"'];
/** A conversation, a prompt or a file that the provider holds and the request only names. */
const HELD_ELSEWHERE = ['"previous_response_id"', '"conversation"', '"prompt"', '"item_reference"', '"container'];
/** Anthropic's conversation, from its second turn on; a message is also named where cache misses are to be explained. */
const THREAD = ['"thread"', '"previous_message_id"'];
/** Tools the provider runs by itself. */
const PROVIDERS_TOOLS = ['"web_search', '"web_fetch', '"file_search"', '"code_interpreter"', '"code_execution', '"mcp', '"computer_use'];

/**
 * How large the call may become at a model. Text is bounded by its bytes: a token is at least one. Pictures and
 * documents are bounded by the vendors' formulas, conversations the provider holds by the model's window. What a
 * provider's own tools read is bounded by nothing; the window stands in for it.
 */
export function sizeOf(inbound: Inbound, facts: ModelFacts, target: Target): Size {
  if (inbound.operation === 'count') return NOTHING;
  if (inbound.maxVisibleTokens !== undefined) return sizeOf(withRoom(inbound, facts).inbound, facts, target);
  if (inbound.dialect === 'canonical') return sizeOf(saidTo(inbound, facts, target), facts, target);
  const { body, head } = inbound;
  const has = (word: string) => body.includes(word);
  const { contextTokens: window = Number.POSITIVE_INFINITY } = facts;
  const asked = askedFor(inbound);
  const around = AROUND_TOKENS + (head.hasTools ? TOOL_TOKENS : 0);
  const grows = HELD_ELSEWHERE.some(has) || THREAD.every(has) || PROVIDERS_TOOLS.some(has);
  return {
    inputTokens: {
      most: grows ? (facts.contextTokens ?? Math.max(WINDOW_TOKENS_UNKNOWN, asked.most)) : Math.min(window, asked.most + around),
      likely: Math.min(window, Math.ceil(asked.likely)),
    },
    outputTokensMax: inbound.operation === 'embed' ? 0 : outputTokensMax(inbound, facts),
    inputMeters: inputMeters(has),
    outputMeters: outputMeters(has),
    tiers: has('"service_tier"') || has('"speed"') ? [undefined, ...wordsOf(inbound, 'service_tier', 'speed')] : USUAL,
    regions: has('"inference_geo"') ? [undefined, ...wordsOf(inbound, 'inference_geo')] : USUAL,
    fees: feesOf(inbound, has),
  };
}

/** Tokens of the question, about, whichever model is asked. Media are looked for only in requests that seem to have some. */
export const likelyInputTokens = (inbound: Inbound): number => Math.ceil(askedFor(inbound).likely);

const askedFor = (inbound: Inbound): { readonly most: number; readonly likely: number } => {
  const { body } = inbound;
  const words = inbound.dialect === 'canonical' ? CANONICAL_MEDIA : MEDIA;
  return words.some((word) => body.includes(word)) ? withMedia(inbound) : { most: body.length, likely: body.length / BYTES_PER_TOKEN };
};

/** The call of a caller in process as one of the target's own dialect would have said it. */
function saidTo(inbound: Inbound, facts: ModelFacts, target: Target): Inbound {
  const { wire } = withOptions(dialectOf(target.dialect).encodeRequest(inbound.decode(), facts), inbound, { target, facts });
  return inboundOf('generate', target.dialect, {}, Buffer.from(JSON.stringify({ ...wire, model: target.model })));
}

const USUAL = [undefined];
const NOTHING: Size = {
  inputTokens: { most: 0, likely: 0 },
  outputTokensMax: 0,
  inputMeters: ['input'],
  outputMeters: ['output'],
  tiers: USUAL,
  regions: USUAL,
  fees: {},
};

/** The length the caller allows, within what the model can; as often as answers are asked for. */
function outputTokensMax(inbound: Inbound, { outputTokensMax: longest }: ModelFacts): number {
  const asked = inbound.head.maxOutputTokens;
  const tokens = Math.min(asked ?? longest ?? OUTPUT_TOKENS_UNKNOWN, longest ?? Number.POSITIVE_INFINITY);
  const answers = inbound.body.includes('"n"') ? Number(rawOf(inbound, 'n') ?? 1) : 1;
  return Math.max(0, Math.ceil(tokens)) * Math.max(1, answers || 1);
}

/** OpenAI writes its cache unasked, Anthropic where a mark says so. */
function inputMeters(has: (word: string) => boolean): Meter[] {
  const meters: Meter[] = ['input', 'cacheWrite30m'];
  if (has('cache_control')) meters.push('cacheWrite5m', ...(has('"1h"') ? (['cacheWrite1h'] as const) : []));
  if (has('"prompt_cache')) meters.push('cacheWrite12h');
  if (has('"input_audio"')) meters.push('audioInput');
  if (has('"image') || has('"input_image"')) meters.push('imageInput');
  return meters;
}

const outputMeters = (has: (word: string) => boolean): Meter[] => [
  'output',
  ...(has('"audio"') ? (['audioOutput'] as const) : []),
  ...(has('"image_generation') ? (['imageOutput'] as const) : []),
];

function feesOf({ body }: Inbound, has: (word: string) => boolean): Size['fees'] {
  const fees: Record<string, number> = {};
  if (has('"web_search'))
    fees['web_search_requests'] = Number(/"max_uses"\s*:\s*(\d{1,6})/.exec(body.toString())?.[1] ?? TOOL_USES_UNKNOWN);
  if (has('"file_search"')) fees['file_search_requests'] = TOOL_USES_UNKNOWN;
  return fees;
}

/** The raw JSON of a top-level field. */
function rawOf({ body }: Inbound, field: string): string | undefined {
  const span = scan(body, new Set([field]))?.[field];
  return span && body.toString('utf8', span[0], span[1]);
}

const wordsOf = (inbound: Inbound, ...fields: readonly string[]): string[] =>
  fields.flatMap((field) => /^"([\w-]+)"$/.exec(rawOf(inbound, field) ?? '')?.[1] ?? []);

/** Bytes of text, and what the pictures, documents and sounds among it may take. */
function withMedia(inbound: Inbound): { most: number; likely: number } {
  const { body } = inbound;
  const size = { most: body.length, likely: body.length / BYTES_PER_TOKEN };
  let parts: readonly Part[];
  try {
    const { instructions = [], turns } = inbound.decode();
    parts = [...instructions, ...turns.flatMap((turn) => turn.parts)];
  } catch {
    // What we cannot read the provider will refuse, or bill by its bytes at most.
    return size;
  }
  for (const media of mediaIn(parts)) {
    const { bytes, most, likely } = mediaSize(media);
    size.most += most - bytes;
    size.likely += likely - bytes / BYTES_PER_TOKEN;
  }
  return size;
}
