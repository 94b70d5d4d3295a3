import type { ModelFacts } from '../../model/facts.ts';
import type { JsonObject } from '../../model/json.ts';
import type { ModelRequest, OutputFormat, Sampling, Settings } from '../../model/request.ts';
import type { EncodedRequest } from '../dialect.ts';
import { Losses, type Nothing } from '../losses.ts';
import { isObject } from '../take.ts';
import type { Writing } from './blocks.ts';
import { automatic, createMarks } from './cache-mark.ts';
import { NAME, present } from './name.ts';
import { toSubset } from './schema.ts';
import { encodeReasoning } from './thinking.ts';
import { encodeTools, tellMoved, toolNamesOf } from './tools.ts';
import { encodeConversation } from './turns.ts';

/**
 * A request as Messages takes it, for a model of these facts. Deterministic, `messages` last: what is
 * encoded of the first turns is the beginning of what is encoded of more, as prompt caches need it.
 */
export function encodeRequest(request: ModelRequest, facts: ModelFacts): EncodedRequest {
  const {
    model,
    instructions,
    turns,
    tools,
    toolChoice,
    output,
    reasoning,
    sampling,
    maxOutputTokens,
    settings,
    cache,
    stream,
    extra,
    ...unseen
  } = request;
  unseen satisfies Nothing;
  const losses = new Losses(NAME);
  const names = toolNamesOf(request);
  const marks = createMarks(facts.cacheMarks ? (cache ? 3 : 4) : 0, losses);
  const writing: Writing = { facts, losses, marks, names };

  const maxTokens = encodeMaxTokens(maxOutputTokens, facts, losses);
  const declared = encodeTools({ model, turns, stream, ...present({ tools, toolChoice }) }, writing);
  const thinking = encodeReasoning(reasoning, maxTokens, facts, losses);
  const format = encodeOutput(output, facts, losses);
  const { system, messages } = encodeConversation({ turns, ...present({ instructions }) }, writing);
  for (const text of [declared.told, format.told]) if (text !== undefined) system.push({ type: 'text', text });
  marks.trim();
  const sampled = encodeSampling(sampling, facts, losses);
  const config = present({ effort: thinking.effort, format: format.format });
  const { output_config: configExtra, metadata: metadataExtra, ...own } = losses.extra('', extra, REQUEST_IMPACTS);
  const around = encodeSettings(settings, losses);

  const wire = present({
    model,
    max_tokens: maxTokens,
    tools: declared.tools,
    tool_choice: declared.tool_choice,
    system: system.length > 0 ? system : undefined,
    thinking: thinking.thinking,
    output_config: together(config, configExtra),
    ...sampled,
    metadata: together(around.metadata, metadataExtra),
    service_tier: around.service_tier,
    speed: around.speed,
    ...(facts.cacheMarks ? automatic(cache, losses) : {}),
    stream: stream || undefined,
    ...own,
    messages,
  }) as JsonObject;
  if (cache && !facts.cacheMarks) losses.dropped('cache', cache, 'cost', 'the model takes no cache marks');
  const toolNames = new Map([...names].filter(([name, fitted]) => name !== fitted).map(([name, fitted]) => [fitted, name]));
  const wrapped = new Set((tools ?? []).filter(({ custom }) => custom).map(({ name }) => name));
  return {
    wire,
    losses: losses.list,
    headers: headersOf(wire),
    ...(toolNames.size > 0 && { toolNames }),
    ...(wrapped.size > 0 && { wrappedTools: wrapped }),
  };
}

const REQUEST_IMPACTS = {
  stream_options: 'none',
  include: 'none',
  n: 'content',
  previous_response_id: 'content',
  conversation: 'content',
  prompt: 'content',
  audio: 'content',
  modalities: 'content',
  background: 'behavior',
  top_logprobs: 'none',
  prompt_cache_key: 'cost',
} as const;

/**
 * The older version is asked for where the request has what only it takes: sampling, a document in the
 * assistant's mouth, citations in the user's. The body says which; the version is part of its meaning.
 */
function headersOf(wire: JsonObject): Record<string, string> {
  const older = ['temperature', 'top_p', 'top_k'].some((field) => wire[field] !== undefined) || hasOlderContent(wire);
  return {
    'anthropic-version': older ? '2023-06-01' : '2026-10-21',
    ...(wire['speed'] === 'fast' && { 'anthropic-beta': 'fast-mode-2026-02-01' }),
  };
}

const hasOlderContent = ({ messages }: JsonObject): boolean =>
  (messages as readonly { role: string; content: readonly JsonObject[] }[]).some(({ role, content }) =>
    content.some(({ type, citations }) => (role === 'assistant' ? type === 'document' : type === 'text' && citations !== undefined)),
  );

/**
 * Messages must be told how long an answer may be; OpenAI's formats need not. Unsaid, it may be as long as Anthropic's SDK
 * would ask for without streaming (21,333 tokens), so that the call works either way.
 */
function encodeMaxTokens(asked: number | undefined, { outputTokensMax }: ModelFacts, losses: Losses): number {
  if (asked === undefined) {
    const tokens = Math.min(outputTokensMax ?? 8192, MAX_TOKENS_UNSAID);
    losses.changed('maxOutputTokens', null, 'none', `Messages needs a limit: ${tokens}`);
    return tokens;
  }
  if (outputTokensMax === undefined || asked <= outputTokensMax) return asked;
  losses.changed('maxOutputTokens', asked, 'behavior', `the model's longest answer is ${outputTokensMax} tokens`);
  return outputTokensMax;
}

const MAX_TOKENS_UNSAID = 21_333;

/** The form of the answer: held to a schema where the model can, asked for in words where it cannot. */
function encodeOutput(output: OutputFormat | undefined, facts: ModelFacts, losses: Losses): { format?: JsonObject; told?: string } {
  if (!output || output.type === 'text') return {};
  if (output.type === 'json') {
    losses.changed('output', output, 'behavior', 'Messages has no mode for any JSON; the model is asked in words');
    return { told: 'Answer with one JSON object and nothing else: no prose, no code fences.' };
  }
  const { type: _, schema, name, description, strict } = output;
  const subset = facts.structuredOutput ? toSubset(schema) : { impossible: 'the model has no structured output' };
  if ('impossible' in subset) {
    losses.changed('output', output, 'behavior', `the answer is not held to the schema, only asked to be: ${subset.impossible}`);
    return {
      told: `Answer with JSON that fits this schema and nothing else, no prose, no code fences:\n${JSON.stringify(schema)}${description ? `\n${description}` : ''}`,
    };
  }
  const unsaid = present({ name, description, strict });
  if (Object.keys(unsaid).length > 0) losses.dropped('output', unsaid, 'none', 'Messages has a schema without a name, always strict');
  tellMoved(subset.moved, schema, 'output.schema', losses);
  return { format: { type: 'json_schema', schema: subset.schema } };
}

function encodeSampling(sampling: Sampling = {}, facts: ModelFacts, losses: Losses): JsonObject {
  const { temperature, topP, topK, stop, ...unseen } = sampling;
  unseen satisfies Nothing;
  const stops = encodeStop(stop, facts, losses);
  if (facts.sampling !== 'yes') {
    for (const [field, value] of Object.entries(present({ temperature, topP, topK }))) {
      const usual = value === 1 && field !== 'topK';
      losses.dropped(`sampling.${field}`, value, usual ? 'none' : 'behavior', 'the model chooses its own sampling');
    }
    return stops;
  }
  if (temperature !== undefined && temperature > 1)
    losses.changed('sampling.temperature', temperature, 'behavior', 'at most 1 in Messages');
  const both = temperature !== undefined && topP !== undefined;
  if (both) losses.dropped('sampling.topP', topP, topP === 1 ? 'none' : 'behavior', 'Claude takes temperature or top_p, not both');
  return present({
    temperature: temperature === undefined ? undefined : Math.min(temperature, 1),
    top_p: both ? undefined : topP,
    top_k: topK,
    ...stops,
  }) as JsonObject;
}

function encodeStop(stop: readonly string[] | undefined, facts: ModelFacts, losses: Losses): JsonObject {
  if (!stop) return {};
  if (!facts.stop) {
    losses.dropped('sampling.stop', stop, 'behavior', 'the model takes no stop sequences');
    return {};
  }
  const taken = stop.filter((word) => word.trim() !== '');
  if (taken.length < stop.length) losses.changed('sampling.stop', stop, 'behavior', 'Messages refuses stop sequences of white space');
  return taken.length > 0 ? { stop_sequences: taken } : {};
}

interface Around {
  readonly metadata?: JsonObject;
  readonly service_tier?: string;
  readonly speed?: string;
}

function encodeSettings(settings: Settings = {}, losses: Losses): Around {
  const { tier, store, verbosity, metadata, safetyId, user, cacheKey, cacheOptions, cacheRetention, ...unseen } = settings;
  unseen satisfies Nothing;
  const id = safetyId ?? user;
  if (safetyId !== undefined && user !== undefined && user !== safetyId)
    losses.dropped('settings.user', user, 'none', 'Messages knows one id of the end user; the safety identifier is sent');
  if (store !== undefined) losses.dropped('settings.store', store, store ? 'behavior' : 'none', 'Messages stores nothing');
  if (verbosity !== undefined) losses.dropped('settings.verbosity', verbosity, 'behavior', 'Messages has no verbosity');
  if (metadata !== undefined) losses.dropped('settings.metadata', metadata, 'behavior', 'Messages keeps no metadata');
  if (cacheKey !== undefined) losses.dropped('settings.cacheKey', cacheKey, 'cost', 'Messages caches by prefix alone');
  if (cacheOptions !== undefined) losses.dropped('settings.cacheOptions', cacheOptions, 'cost', 'Messages caches where it is told to');
  if (cacheRetention !== undefined)
    losses.dropped('settings.cacheRetention', cacheRetention, 'cost', 'Messages sets lifetimes mark by mark');
  return { ...(id !== undefined && { metadata: { user_id: id } }), ...encodeTier(tier, losses) };
}

function encodeTier(tier: string | undefined, losses: Losses): Around {
  if (tier === undefined) return {};
  if (tier === 'auto') return { service_tier: 'auto' };
  if (tier === 'default') return { service_tier: 'standard_only' };
  if (tier === 'fast') return { speed: 'fast' };
  losses.dropped('settings.tier', tier, 'cost', 'Messages has no such tier');
  return {};
}

/** Fields we write and fields the caller's own dialect kept, as one object; undefined when there are none. */
function together(fields: JsonObject | undefined, kept: JsonObject[string] | undefined): JsonObject | undefined {
  const whole = { ...fields, ...(isObject(kept) && kept) };
  return Object.keys(whole).length > 0 ? whole : undefined;
}
