import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { FailedAnswer } from '../../src/dialects/dialect.ts';
import type { Json, JsonObject } from '../../src/model/json.ts';
import type { DialectName } from '../../src/model/part.ts';

/** One interaction with a real provider, as it was recorded. */
export interface Recorded {
  readonly id: string;
  /** `openai`, `azure-openai`, `anthropic` or `compat:<vendor>`. */
  readonly provider: string;
  readonly dialect: DialectName;
  readonly request?: JsonObject;
  /** A whole 2xx answer. */
  readonly reply?: JsonObject;
  /** A 2xx stream; `complete` says whether it ran to its end. */
  readonly sse?: string;
  readonly complete: boolean;
  /** An answer outside 2xx. */
  readonly failure?: FailedAnswer;
}

interface Entry {
  readonly id: string;
  readonly file: string;
  readonly provider: string;
  readonly endpoint: string;
  readonly status: number;
  readonly sse_complete: boolean | null;
}

const ROOT = path.resolve(import.meta.dirname, '../../../shared/recorded');

/** Every recording of a dialect, in the index's order; empty where the recordings are not at hand. */
export function recorded(dialect: DialectName): readonly Recorded[] {
  const index = path.join(ROOT, 'index.json');
  if (!existsSync(index)) return [];
  const entries = JSON.parse(readFileSync(index, 'utf8')) as Entry[];
  return entries.filter((entry) => dialectOfEntry(entry) === dialect).map((entry) => read(entry, dialect));
}

/** About `count` of a list, evenly spread and always the same ones. */
export function sample<T>(list: readonly T[], count: number): T[] {
  const step = Math.max(1, list.length / count);
  return list.filter((_, index) => Math.floor(index / step) !== Math.floor((index - 1) / step));
}

function dialectOfEntry({ provider, endpoint }: Entry): DialectName | undefined {
  if (provider === 'anthropic') return endpoint === 'messages' ? 'anthropic-messages' : undefined;
  if (endpoint === 'chat/completions') return 'openai-chat';
  return endpoint === 'responses' ? 'openai-responses' : undefined;
}

function read({ id, file, provider, status, sse_complete }: Entry, dialect: DialectName): Recorded {
  const { request_body, response_body, response_headers, sse_text } = JSON.parse(readFileSync(path.join(ROOT, file), 'utf8')) as {
    request_body?: Json;
    response_body?: Json;
    response_headers?: Record<string, string>;
    sse_text?: string;
  };
  const answered = status >= 200 && status < 300;
  const request = objectOf(request_body);
  const reply = answered && sse_text === undefined ? objectOf(response_body) : undefined;
  const body = typeof response_body === 'string' ? response_body : JSON.stringify(response_body ?? null);
  return {
    id,
    provider,
    dialect,
    complete: sse_complete === true,
    ...(request && { request }),
    ...(reply && { reply }),
    ...(answered && sse_text !== undefined && { sse: sse_text }),
    ...(!answered && { failure: { status, headers: response_headers ?? {}, body } }),
  };
}

const objectOf = (value: Json | undefined): JsonObject | undefined =>
  value !== null && typeof value === 'object' && !Array.isArray(value) ? (value as JsonObject) : undefined;
