import type { Json, JsonObject } from '../../../model/json.ts';
import type { ModelRequest, OutputFormat } from '../../../model/request.ts';
import { refuse, type Taker, take } from '../../take.ts';
import { anyOf, extraOf, given, own, restOf } from '../fields.ts';
import { decodeMessages } from './decode-messages.ts';
import { decodeToolChoice, decodeTools } from './decode-tools.ts';

/** A Chat Completions request in canonical words. Throws `invalid` with the field at fault. */
export function decodeRequest(wire: Json): ModelRequest {
  const fields = take(wire, '');
  const model = fields.string('model');
  const messages = fields.list('messages');
  if (messages.length === 0) refuse('messages', 'a list of at least one message', messages);
  const older = fields.has('functions');
  const turns = decodeMessages(messages);
  const tools = decodeTools(fields);
  const toolChoice = decodeToolChoice(fields);
  const format = decodeFormat(fields);
  const effort = fields.maybeString('reasoning_effort');
  const request = {
    sampling: anyOf({
      temperature: fields.maybeNumber('temperature'),
      topP: fields.maybeNumber('top_p'),
      stop: decodeStop(fields),
    }),
    settings: anyOf({
      tier: fields.maybeString('service_tier'),
      store: fields.maybeBoolean('store'),
      verbosity: fields.maybeString('verbosity'),
      metadata: fields.maybeObject('metadata'),
      safetyId: fields.maybeString('safety_identifier'),
      user: fields.maybeString('user'),
      cacheKey: fields.maybeString('prompt_cache_key'),
      cacheOptions: fields.maybeObject('prompt_cache_options'),
      cacheRetention: fields.maybeString('prompt_cache_retention'),
    }),
    // The older name counts only where the newer is absent; beside it, it stays what it was.
    maxOutputTokens: fields.maybeInteger('max_completion_tokens') ?? fields.maybeInteger('max_tokens'),
    stream: fields.maybeBoolean('stream') ?? false,
  };
  const rest = own(restOf(fields).extra);
  return {
    model,
    turns,
    ...given({ tools, toolChoice, output: format.output, ...(effort !== undefined && { reasoning: { effort } }), ...request }),
    stream: request.stream,
    // The marker tells the encoder of the answer that the caller knows only the predecessor of tools.
    ...extraOf({ ...rest, ...format.extra, ...(older && { functions: null }) }),
  };
}

/** Whether the caller speaks of `functions`, not of tools. */
export const speaksOfFunctions = (request: ModelRequest): boolean => 'functions' in own(request.extra);

function decodeStop(fields: Taker): readonly string[] | undefined {
  const stop = fields.maybe('stop');
  if (stop === undefined) return undefined;
  if (typeof stop === 'string') return [stop];
  if (Array.isArray(stop) && stop.every((item) => typeof item === 'string')) return stop.length > 0 ? stop : undefined;
  return refuse('stop', 'a string or a list of strings', stop);
}

/** `response_format`; a type some server added stays verbatim. */
function decodeFormat(fields: Taker): { readonly output?: OutputFormat; readonly extra?: JsonObject } {
  const wire = fields.maybeObject('response_format');
  if (!wire) return {};
  const format = take(wire, 'response_format');
  const type = format.string('type');
  if (type === 'json_schema') return decodeSchema(format);
  if (type !== 'text' && type !== 'json_object') return { extra: { response_format: wire } };
  const rest = own(restOf(format).extra);
  return { output: { type: type === 'text' ? 'text' : 'json' }, ...(Object.keys(rest).length > 0 && { extra: { response_format: rest } }) };
}

function decodeSchema(format: Taker) {
  const inner = take(format.object('json_schema'), 'response_format.json_schema');
  const output: OutputFormat = {
    type: 'schema',
    schema: inner.maybeObject('schema') ?? {},
    ...given({ name: inner.maybeString('name'), description: inner.maybeString('description'), strict: inner.maybeBoolean('strict') }),
  };
  const rest = own(restOf(format, { json_schema: inner }).extra);
  return { output, ...(Object.keys(rest).length > 0 && { extra: { response_format: rest } }) };
}
