import { isObject, type Json, type JsonObject } from '../../model/json.ts';
import type { ModelRequest, OutputFormat, Reasoning, Sampling, Settings, Tool, ToolChoice, Turn } from '../../model/request.ts';
import { type Taker, take } from '../take.ts';
import { takeMark } from './cache-mark.ts';
import { decodeParts } from './decode-parts.ts';
import { entryOf, extraOf, NAME, ownExtra, present } from './name.ts';

/**
 * A Messages request, of either API version, or the body of a token count. `max_tokens` may be
 * missing: counts have none, and whether an answer needs it is for the target to say.
 */
export function decodeRequest(wire: Json): ModelRequest {
  const body = take(wire, '');
  const model = body.string('model');
  const system = body.maybe('system');
  const messages = body.list('messages');
  const tools = body.maybeList('tools')?.map((tool, i) => decodeTool(tool, `tools[${i}]`));
  const choice = body.maybeObject('tool_choice');
  const maxOutputTokens = body.maybeInteger('max_tokens');
  const sampling = decodeSampling(body);
  const thinking = decodeThinking(body.maybeObject('thinking'));
  const config = decodeConfig(body);
  const settings = decodeSettings(body);
  const { cache, kept } = takeMark(body);
  const stream = body.maybeBoolean('stream') ?? false;
  const reasoning = present({ ...thinking.reasoning, effort: config.effort });
  return {
    model,
    ...(system !== undefined && system !== '' && { instructions: decodeParts(system, 'system') }),
    turns: messages.map((message, i) => decodeTurn(message, `messages[${i}]`)),
    ...(tools && tools.length > 0 && { tools }),
    ...(choice && { toolChoice: decodeChoice(choice) }),
    ...(config.output && { output: config.output }),
    ...(Object.keys(reasoning).length > 0 && { reasoning }),
    ...(Object.keys(sampling).length > 0 && { sampling }),
    ...(maxOutputTokens !== undefined && { maxOutputTokens }),
    ...(Object.keys(settings.settings).length > 0 && { settings: settings.settings }),
    ...(cache && { cache }),
    stream,
    ...extraOf({ ...kept, ...thinking.kept, ...config.kept, ...settings.kept, ...ownExtra(body.rest(NAME).extra) }),
  };
}

function decodeTurn(wire: Json, path: string): Turn {
  const turn = take(wire, path);
  const role = turn.oneOf('role', ['user', 'assistant', 'system']);
  return { role, parts: decodeParts(turn.maybe('content'), `${path}.content`), ...turn.rest(NAME) };
}

/**
 * A tool. One with a `type` of its own (`web_search_…`, `bash_…`, a toolset) has no schema to carry it
 * anywhere else: its whole wire, `type` included, is its extra, and its name is the wire's or its type.
 */
function decodeTool(wire: Json, path: string): Tool {
  const tool = take(wire, path);
  const type = tool.maybeString('type');
  const { cache, kept } = takeMark(tool);
  if (type !== undefined && type !== 'custom') {
    const { cache_control: _, ...whole } = wire as JsonObject;
    return { name: tool.maybeString('name') ?? type, ...(cache && { cache }), ...extraOf({ ...whole, ...kept }) };
  }
  const name = tool.string('name');
  const description = tool.maybeString('description');
  const parameters = tool.object('input_schema');
  const strict = tool.maybeBoolean('strict');
  return {
    name,
    ...(description !== undefined && { description }),
    parameters,
    ...(strict !== undefined && { strict }),
    ...(cache && { cache }),
    ...extraOf({ ...kept, ...ownExtra(tool.rest(NAME).extra) }),
  };
}

function decodeChoice(wire: JsonObject): ToolChoice {
  const choice = take(wire, 'tool_choice');
  const type = choice.oneOf('type', ['auto', 'any', 'tool', 'none']);
  const serial = choice.maybeBoolean('disable_parallel_tool_use');
  return {
    mode: type === 'any' ? 'required' : type === 'tool' ? { tool: choice.string('name') } : type,
    ...(serial !== undefined && { parallel: !serial }),
    ...choice.rest(NAME),
  };
}

function decodeSampling(body: Taker): Sampling {
  const stop = body.maybeList('stop_sequences')?.map((word, i) => take({ word }, `stop_sequences[${i}]`).string('word'));
  return present({
    temperature: body.maybeNumber('temperature'),
    topP: body.maybeNumber('top_p'),
    topK: body.maybeNumber('top_k'),
    stop: stop && stop.length > 0 ? stop : undefined,
  });
}

interface Decoded<T> {
  readonly kept?: JsonObject;
  readonly reasoning?: T;
}

/** How it thinks. A kind of thinking this table does not know is kept whole. */
function decodeThinking(wire: JsonObject | undefined): Decoded<Reasoning> {
  if (!wire) return {};
  const mode = entryOf(MODES, String(wire['type']));
  if (!mode) return { kept: { thinking: wire } };
  const thinking = take(wire, 'thinking');
  thinking.leave('type');
  const budgetTokens = mode === 'budget' ? thinking.maybeInteger('budget_tokens') : undefined;
  return { reasoning: { mode, ...present({ budgetTokens, show: thinking.maybeString('display') }), ...thinking.rest(NAME) } };
}

const MODES: Readonly<Record<string, Reasoning['mode']>> = {
  adaptive: 'adaptive',
  enabled: 'budget',
  disabled: 'off',
  between_tools: 'betweenTools',
};

/** `output_config`, and `output_format`, the beta's older place for its `format`. */
function decodeConfig(body: Taker): { readonly effort?: string; readonly output?: OutputFormat; readonly kept?: JsonObject } {
  const wire = body.maybeObject('output_config');
  const config = take(wire ?? {}, 'output_config');
  const effort = config.maybeString('effort');
  const format = config.maybeObject('format');
  const older = body.maybeObject('output_format');
  const output = schemaOf(format ?? older);
  const rest = { ...(format && !output && { format }), ...ownExtra(config.rest(NAME).extra) };
  const kept = {
    ...(Object.keys(rest).length > 0 && { output_config: rest }),
    ...(older && (format || !output) && { output_format: older }),
  };
  return { ...(effort !== undefined && { effort }), ...(output && { output }), kept };
}

const schemaOf = (format: JsonObject | undefined): OutputFormat | undefined =>
  format && format['type'] === 'json_schema' && isObject(format['schema']) && Object.keys(format).length === 2
    ? { type: 'schema', schema: format['schema'] }
    : undefined;

/** Who asks and how soon. One tier can be said; a second word about it stays as it came. */
function decodeSettings(body: Taker): { readonly settings: Settings; readonly kept: JsonObject } {
  const metadata = body.maybeObject('metadata');
  const { user_id: user, ...more } = metadata ?? {};
  const service = body.maybeString('service_tier');
  const speed = body.maybeString('speed');
  const tier = speed === 'fast' ? 'fast' : entryOf(TIERS, service ?? '');
  const safetyId = typeof user === 'string' ? user : undefined;
  const others = { ...more, ...(safetyId === undefined && user !== undefined && user !== null && { user_id: user }) };
  return {
    settings: present({ tier, safetyId }),
    kept: {
      ...(service !== undefined && (speed === 'fast' || !tier) && { service_tier: service }),
      ...(speed !== undefined && speed !== 'fast' && { speed }),
      ...(Object.keys(others).length > 0 && { metadata: others }),
    },
  };
}

const TIERS: Readonly<Record<string, string>> = { auto: 'auto', standard_only: 'default' };
