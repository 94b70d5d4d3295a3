import { readWire } from '../dialects/exact.ts';
import { dialectOf } from '../dialects/registry.ts';
import { refuse } from '../dialects/take.ts';
import { isPlain } from '../model/bookable.ts';
import { invalid } from '../model/failure.ts';
import type { Json } from '../model/json.ts';
import type { DialectName } from '../model/part.ts';
import type { ModelRequest } from '../model/request.ts';
import { ACCOUNT_FIELDS, accountOf } from './account.ts';
import type { Head, Inbound, Operation } from './lane.ts';
import { type Spans, scan } from './scan.ts';

/** A caller's request as the lanes take it. Throws `invalid` when the body is not a JSON object that names a model. */
export function inboundOf(operation: Operation, dialect: DialectName, headers: Readonly<Record<string, string>>, body: Buffer): Inbound {
  let decoded: ModelRequest | undefined;
  const spans = scan(body, WANTED) ?? notAnObject(body);
  return {
    operation,
    dialect,
    headers,
    body,
    head: headOf(dialect, body, spans),
    decode: () => (decoded ??= dialectOf(dialect).decodeRequest(parse(body))),
  };
}

const WANTED = new Set([
  'model',
  'stream',
  'max_tokens',
  'max_completion_tokens',
  'max_output_tokens',
  'tools',
  'functions',
  'reasoning_effort',
  'stream_options',
  ...ACCOUNT_FIELDS,
]);

function headOf(dialect: DialectName, body: Buffer, spans: Spans): Head {
  const text = (key: string) => {
    const span = spans[key];
    return span && body.toString('utf8', span[0], span[1]);
  };
  const number = (key: string) => {
    const value = Number(text(key) ?? Number.NaN);
    return Number.isFinite(value) ? value : undefined;
  };
  const tools = text('tools') ?? text('functions');
  const effort = text('reasoning_effort');
  const stream = text('stream');
  if (stream !== undefined && stream !== 'true' && stream !== 'false' && stream !== 'null') refuse('stream', 'a boolean', parsed(stream));
  return {
    model: modelOf(text('model')),
    stream: stream === 'true',
    maxOutputTokens: number('max_completion_tokens') ?? number('max_output_tokens') ?? number('max_tokens'),
    hasTools: tools !== undefined && tools !== 'null' && !/^\[\s*\]$/.test(tools),
    account: accountOf(dialect, body, spans),
    effort: effort?.startsWith('"') ? (parsed(effort) as string) : undefined,
    spans,
  };
}

/** Characters: names of deployments are addresses with some clouds. */
const MODEL_MAX = 512;

function modelOf(text: string | undefined): string {
  const model = text === undefined ? undefined : parsed(text);
  if (typeof model !== 'string' || model === '') refuse('model', 'the name of a model', model);
  // It is booked as written, and no provider has such a name.
  if (model.length > MODEL_MAX || !isPlain(model))
    invalid(`model must be a name of at most ${MODEL_MAX} characters, none of them a control character`, 'model');
  return model;
}

/** Says why there is nothing to scan. */
function notAnObject(body: Buffer): never {
  refuse('the request body', 'a JSON object', parse(body));
}

function parse(body: Buffer): Json {
  try {
    return readWire(body.toString());
  } catch (error) {
    // V8's message quotes the text around the fault, which may be a prompt: only the place is passed on.
    const place = /position (\d+)/.exec((error as Error).message)?.[1];
    invalid(`the request body is not valid JSON${place ? ` (at byte ${place})` : ''}`);
  }
}

function parsed(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    invalid('the request body is not valid JSON');
  }
}
