import { isObject, type Json, type JsonObject } from '../../../model/json.ts';
import type { ModelRequest, OutputFormat, Settings, Turn } from '../../../model/request.ts';
import { type Taker, take } from '../../take.ts';
import { without } from '../fields.ts';
import { decodeInput } from './decode-items.ts';
import { decodeFormat } from './output.ts';
import { decodeReasoningSettings } from './reasoning.ts';
import { decodeToolChoice } from './tool-choice.ts';
import { decodeTool } from './tools.ts';

/**
 * A Responses request in canonical words. Its extra of this dialect is always there, and holds
 * `null` for `store` and `include` where the caller left those to OpenAI.
 */
export function decodeRequest(wire: Json): ModelRequest {
  const fields = take(wire, '');
  const model = fields.maybeString('model') ?? '';
  const instructions = fields.maybeString('instructions');
  const turns = decodeInput(fields.maybe('input'));
  const tools = fields.maybeList('tools')?.map((tool, i) => decodeTool(tool, `tools[${i}]`));
  const toolChoice = decodeToolChoice(fields);
  const { output, verbosity, text } = decodeText(fields);
  const reasoning = decodeReasoningSettings(fields);
  const temperature = fields.maybeNumber('temperature');
  const topP = fields.maybeNumber('top_p');
  const maxOutputTokens = fields.maybeInteger('max_output_tokens');
  const settings = decodeSettings(fields, verbosity);
  const stream = fields.maybeBoolean('stream') ?? false;
  const include = fields.maybeList('include');
  const own: JsonObject = {
    ...(settings.store === undefined && { store: null }),
    include: include ?? null,
    ...(text && { text }),
    ...fields.rest('openai-responses').extra?.['openai-responses'],
  };
  return updated({
    model,
    ...(instructions !== undefined && { instructions: [{ type: 'text', text: instructions }] }),
    turns,
    ...(tools && { tools }),
    ...(toolChoice && { toolChoice }),
    ...(output && { output }),
    ...(reasoning && { reasoning }),
    ...((temperature !== undefined || topP !== undefined) && {
      sampling: { ...(temperature !== undefined && { temperature }), ...(topP !== undefined && { topP }) },
    }),
    ...(maxOutputTokens !== undefined && { maxOutputTokens }),
    ...(Object.keys(settings).length > 0 && { settings }),
    stream,
    extra: { 'openai-responses': own },
  });
}

function decodeText(request: Taker): { output?: OutputFormat; verbosity?: string; text?: JsonObject } {
  const wire = request.maybeObject('text');
  if (!wire) return {};
  const fields = take(wire, 'text');
  const verbosity = fields.maybeString('verbosity');
  const format = fields.maybeObject('format');
  const { output, rest: formatRest } = format ? decodeFormat(format, 'text.format') : {};
  const text: JsonObject = {
    ...(formatRest && Object.keys(formatRest).length > 0 && { format: formatRest }),
    ...fields.rest('openai-responses').extra?.['openai-responses'],
  };
  return {
    ...(output && { output }),
    ...(verbosity !== undefined && { verbosity }),
    ...(Object.keys(text).length > 0 && { text }),
  };
}

function decodeSettings(fields: Taker, verbosity: string | undefined): Settings {
  const tier = fields.maybeString('service_tier');
  const store = fields.maybeBoolean('store');
  const metadata = fields.maybeObject('metadata');
  const safetyId = fields.maybeString('safety_identifier');
  const user = fields.maybeString('user');
  const cacheKey = fields.maybeString('prompt_cache_key');
  const cacheOptions = fields.maybeObject('prompt_cache_options');
  const cacheRetention = fields.maybeString('prompt_cache_retention');
  return {
    ...(tier !== undefined && { tier }),
    ...(store !== undefined && { store }),
    ...(verbosity !== undefined && { verbosity }),
    ...(metadata && { metadata }),
    ...(safetyId !== undefined && { safetyId }),
    ...(user !== undefined && { user }),
    ...(cacheKey !== undefined && { cacheKey }),
    ...(cacheOptions && { cacheOptions }),
    ...(cacheRetention !== undefined && { cacheRetention }),
  };
}

/**
 * Applies `configuration_update` items as far as other dialects can follow: the last effort and
 * format count for the whole request; what the request began with stays in the extra, for this
 * dialect to write back.
 */
function updated(request: ModelRequest): ModelRequest {
  const effort = lastUpdate(request.turns, 'reasoning', 'effort');
  const format = lastUpdate(request.turns, 'text', 'format');
  let { reasoning, output } = request;
  let own = request.extra?.['openai-responses'] ?? {};
  if (typeof effort === 'string') {
    const before = { ...reasoning?.extra?.['openai-responses'], effort: reasoning?.effort ?? null };
    reasoning = { ...reasoning, effort, extra: { 'openai-responses': before } };
  }
  if (isObject(format)) {
    const before = output ? formatWire(output) : null;
    own = { ...own, text: { ...(own['text'] as JsonObject | undefined), format: before } };
    output = decodeFormat(format, 'text.format').output;
  }
  return { ...request, ...(reasoning && { reasoning }), ...(output && { output }), extra: { 'openai-responses': own } };
}

const isUpdate = ({ parts, extra }: Turn): boolean =>
  parts.length === 0 && extra?.['openai-responses']?.['type'] === 'configuration_update';

function lastUpdate(turns: readonly Turn[], group: 'reasoning' | 'text', field: string): Json | undefined {
  const values = turns.filter(isUpdate).map(({ extra }) => {
    const said = extra?.['openai-responses']?.[group];
    return isObject(said) ? said[field] : undefined;
  });
  return values.findLast((value) => value !== undefined && value !== null);
}

function formatWire(output: OutputFormat): JsonObject {
  if (output.type === 'text') return { type: 'text' };
  if (output.type === 'json') return { type: 'json_object' };
  return { ...without({ ...output }, 'type'), type: 'json_schema' };
}
