import { readWire } from '../dialects/exact.ts';
import { dialectOf } from '../dialects/registry.ts';
import { refuse } from '../dialects/take.ts';
import { invalid } from '../model/failure.ts';
import type { Json } from '../model/json.ts';
import type { DialectName } from '../model/part.ts';
import type { ModelRequest } from '../model/request.ts';
import type { Head, Inbound, Operation } from './lane.ts';
import { type Spans, scan } from './scan.ts';

/** A caller's request as the lanes take it. Throws `invalid` when the body is not a JSON object that names a model. */
export function inboundOf(operation: Operation, dialect: DialectName, headers: Readonly<Record<string, string>>, body: Buffer): Inbound {
  let decoded: ModelRequest | undefined;
  let document = body;
  let spans = scan(body, WANTED);
  if (!spans) {
    document = respelled(body);
    spans = scan(document, WANTED)!;
  }
  return {
    operation,
    dialect,
    headers,
    body: document,
    head: headOf(document, spans),
    decode: () => (decoded ??= dialectOf(dialect).decodeRequest(parse(document))),
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
]);

function headOf(body: Buffer, spans: Spans): Head {
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
    effort: effort?.startsWith('"') ? (parsed(effort) as string) : undefined,
    spans,
  };
}

function modelOf(text: string | undefined): string {
  const model = text === undefined ? undefined : parsed(text);
  if (typeof model !== 'string' || model === '') refuse('model', 'the name of a model', model);
  return model;
}

/** The body in a spelling the scanner reads: without escaped keys. Throws when it is no JSON object at all. */
function respelled(body: Buffer): Buffer {
  const document = parse(body);
  if (document === null || typeof document !== 'object' || Array.isArray(document)) refuse('the request body', 'a JSON object', document);
  return Buffer.from(JSON.stringify(document));
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
