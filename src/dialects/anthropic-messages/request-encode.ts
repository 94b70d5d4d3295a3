import type { ModelFacts } from '../../model/facts.ts';
import { isObject, type JsonObject } from '../../model/json.ts';
import type { ModelRequest, OutputFormat } from '../../model/request.ts';
import type { EncodedRequest } from '../dialect.ts';
import { Losses, type Nothing } from '../losses.ts';
import type { Writing } from './blocks.ts';
import { automatic, createMarks } from './cache-mark.ts';
import { NAME, present } from './name.ts';
import { requestImpacts } from './request-impacts.ts';
import { toSubset } from './schema.ts';
import { encodeSampling, encodeSettings } from './settings.ts';
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
  const thoughts = lostThoughts(turns, messages, thinking.thinking) ? undefined : thinking.thinking;
  if (thinking.thinking && !thoughts) losses.dropped('reasoning', reasoning, 'behavior', LOST_THOUGHTS);
  const config = present({ effort: thinking.effort, format: format.format });
  const { output_config: configExtra, metadata: metadataExtra, ...own } = losses.extra('', extra, requestImpacts(extra));
  const around = encodeSettings(settings, losses);

  const wire = present({
    model,
    max_tokens: maxTokens,
    tools: declared.tools,
    tool_choice: declared.tool_choice,
    system: system.length > 0 ? system : undefined,
    thinking: thoughts,
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

/**
 * With a thinking budget, an answer that calls a tool must begin with its thoughts (a 400 otherwise:
 * "Expected `thinking` … but found `tool_use`"). Thoughts made elsewhere cannot be sent, so then there is none.
 */
function lostThoughts(turns: ModelRequest['turns'], messages: readonly JsonObject[], thinking: JsonObject | undefined): boolean {
  if (thinking?.['type'] !== 'enabled') return false;
  const lost = turns.some(({ parts }) => parts.some((part) => part.type === 'reasoning' && part.seal?.by !== NAME));
  const answer = messages.findLast(({ role }) => role === 'assistant')?.['content'] as readonly JsonObject[] | undefined;
  const calls = answer?.some(({ type }) => type === 'tool_use') ?? false;
  return lost && calls && !String(answer?.[0]?.['type']).endsWith('thinking');
}

const LOST_THOUGHTS = 'the thoughts before the last tool call were made elsewhere; the model would refuse to think on without them';

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

/** Fields we write and fields the caller's own dialect kept, as one object; undefined when there are none. */
function together(fields: JsonObject | undefined, kept: JsonObject[string] | undefined): JsonObject | undefined {
  const whole = { ...fields, ...(isObject(kept) && kept) };
  return Object.keys(whole).length > 0 ? whole : undefined;
}
