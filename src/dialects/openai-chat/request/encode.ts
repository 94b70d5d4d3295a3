import type { ModelFacts } from '../../../model/facts.ts';
import type { Json, JsonObject } from '../../../model/json.ts';
import type { Impact } from '../../../model/loss.ts';
import type { Part } from '../../../model/part.ts';
import type { ModelRequest, OutputFormat } from '../../../model/request.ts';
import type { EncodedRequest } from '../../dialect.ts';
import { Losses, type Nothing } from '../../losses.ts';
import { fitNames } from '../../names.ts';
import { responsesImpacts } from '../../responses-impacts.ts';
import { CHAT, given, spread } from '../fields.ts';
import { encodeMessages } from './encode-messages.ts';
import { encodeReasoning, encodeSampling, encodeSettings } from './encode-settings.ts';
import { createToolbox, encodeChoice, encodeTools } from './encode-tools.ts';
import { createMarks } from './marks.ts';

/** A request for a Chat Completions server, as the model's facts allow. */
export function encodeRequest(request: ModelRequest, facts: ModelFacts): EncodedRequest {
  const losses = new Losses(CHAT);
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
  const toolbox = createToolbox(request, facts);
  const marks = createMarks(facts, losses);
  const choice = encodeChoice(request, encodeTools(tools ?? [], toolbox, marks, losses), toolbox, facts, losses);
  const format = encodeFormat(output, { instructions, turns }, facts, losses);
  const thinking = encodeReasoning(reasoning, maxOutputTokens, facts, losses);
  const notes = [choice.note, format.note].filter((note) => note !== undefined);
  const messages = encodeMessages(request, notes, { facts, toolbox, marks, losses });
  if (cache)
    losses.dropped(
      'cache',
      cache,
      cache.ttlMinutes === undefined ? 'none' : 'cost',
      'openai-chat caches by itself, for as long as it likes',
    );
  const { functions: _, ...rest } = losses.extra('', extra, { ...IMPACTS, ...responsesImpacts(extra?.['openai-responses']) });

  const wire = given({
    model,
    messages,
    tools: choice.tools.length > 0 ? choice.tools : undefined,
    ...choice.fields,
    response_format: format.wire,
    reasoning_effort: thinking.effort,
    [facts.vendor === 'openai' ? 'max_completion_tokens' : 'max_tokens']: capped(maxOutputTokens, facts, losses),
    ...encodeSampling(sampling ?? {}, thinking.effort, facts, losses),
    ...encodeSettings(settings ?? {}, facts, losses),
    ...(stream && { stream: true, stream_options: { include_usage: true } }),
  }) as JsonObject;
  return {
    wire: withUsage(spread(spread(wire, thinking.rest), rest), stream),
    losses: losses.list,
    headers: {},
    ...(toolbox.renamed.size > 0 && { toolNames: toolbox.renamed }),
    ...(toolbox.wrapped.size > 0 && { wrappedTools: toolbox.wrapped }),
  };
}

/** What a caller may notice of the fields of Messages; the rest changes how the model acts. */
const IMPACTS: Readonly<Record<string, Impact>> = {
  container: 'content',
  mcp_servers: 'content',
  speed: 'cost',
  diagnostics: 'none',
  user_profile_id: 'none',
  stream_options: 'none',
};

/** Streams are always asked for their usage: without it no cost is known. */
function withUsage(wire: JsonObject, stream: boolean): JsonObject {
  return stream ? spread(wire, { stream_options: { include_usage: true } }) : wire;
}

function capped(maxOutputTokens: number | undefined, { outputTokensMax }: ModelFacts, losses: Losses): number | undefined {
  if (maxOutputTokens === 0) {
    // How Messages warms a cache up.
    losses.changed('maxOutputTokens', 0, 'behavior', 'openai-chat answers with a token at least: sent 1');
    return 1;
  }
  if (maxOutputTokens === undefined || outputTokensMax === undefined || maxOutputTokens <= outputTokensMax) return maxOutputTokens;
  losses.changed('maxOutputTokens', maxOutputTokens, 'behavior', `the model writes ${outputTokensMax} tokens at most`);
  return outputTokensMax;
}

/** `response_format`, and what the model must be told where the format alone does not do. */
function encodeFormat(
  output: OutputFormat | undefined,
  said: Pick<ModelRequest, 'turns'> & { readonly instructions: readonly Part[] | undefined },
  facts: ModelFacts,
  losses: Losses,
): { readonly wire?: Json; readonly note?: string } {
  if (!output) return {};
  if (output.type === 'text') return { wire: { type: 'text' } };
  if (output.type === 'json') {
    if (saysJson(said)) return { wire: { type: 'json_object' } };
    losses.changed('output', output, 'behavior', 'openai-chat wants the word JSON in the prompt: added');
    return { wire: { type: 'json_object' }, note: 'Answer with JSON.' };
  }
  const { type: _, schema, name = 'output', description, strict, ...unseen } = output;
  unseen satisfies Nothing;
  if (!facts.structuredOutput) {
    losses.changed('output', output, 'behavior', 'the model takes no schema: it is told in words and asked for JSON');
    return { wire: { type: 'json_object' }, note: `Answer with JSON that fits this JSON Schema: ${JSON.stringify(schema)}` };
  }
  const sent = fitNames([name], 64).get(name)!;
  if (sent !== name) losses.changed('output.name', name, 'none', `openai-chat takes 64 of A-Z a-z 0-9 _ -: sent ${sent}`);
  return { wire: { type: 'json_schema', json_schema: given({ name: sent, description, schema, strict }) } };
}

function saysJson({
  instructions = [],
  turns,
}: { readonly instructions: readonly Part[] | undefined } & Pick<ModelRequest, 'turns'>): boolean {
  const says = (part: Part): boolean =>
    part.type === 'text' ? /json/i.test(part.text) : part.type === 'toolResult' ? part.content.some(says) : false;
  return instructions.some(says) || turns.some(({ parts }) => parts.some(says));
}
