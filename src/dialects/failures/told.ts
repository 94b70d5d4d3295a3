import { isList, isObject, type Json, type JsonObject } from '../../model/json.ts';
import type { DialectName } from '../../model/part.ts';
import type { FailedAnswer } from '../dialect.ts';
import type { Told } from './row.ts';

/** What came around an error: nothing of an error inside a stream but its dialect. */
export interface Around {
  readonly dialect: DialectName;
  /** The answer's own, where it was outside 2xx. */
  readonly status?: number | undefined;
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * The error object in a body, wherever its server puts it: under `error`, in a list of one (Gemini), or at
 * the top (vLLM), where FastAPI says `detail` and others a bare `message`. Undefined: no API error.
 */
export function errorIn(json: Json | undefined): JsonObject | undefined {
  if (isList(json)) return json.length === 1 ? errorIn(json[0]) : undefined;
  if (!isObject(json)) return undefined;
  const { error } = json;
  if (isObject(error)) return error;
  const message = [error, json['message'], json['detail']].find((value) => typeof value === 'string');
  return message === undefined ? undefined : { ...json, message };
}

/** An error object as the taxonomy looks at it. */
export function toldBy(error: JsonObject, { dialect, status, headers = {} }: Around): Told {
  const { innererror, details, metadata } = error;
  const codes = [
    error['code'],
    isObject(innererror) ? innererror['code'] : undefined,
    isObject(details) ? details['error_code'] : undefined,
    error['type'],
  ];
  return {
    dialect,
    status: status !== undefined && status >= 400 ? status : statusIn(error),
    words: codes.flatMap((code) => (typeof code === 'string' && code !== '' ? code.toLowerCase() : [])),
    message: wordOf(error['message']) ?? '',
    headers,
    metadata: isObject(metadata) ? Object.keys(metadata).filter((name) => metadata[name] !== null) : [],
    readable: true,
  };
}

/** An answer that is no API error: its words count only where no person wrote them for people. */
export const toldUnreadable = ({ status, headers, body }: FailedAnswer, dialect: DialectName): Told => ({
  dialect,
  status,
  words: [],
  message: isPage({ headers, body }) ? '' : body.slice(0, 2000),
  headers,
  metadata: [],
  readable: false,
});

/** What to say of an answer that is no API error; never what it holds, which may be anything. */
export const unreadableMessage = ({ status, headers, body }: FailedAnswer): string =>
  `the provider answered ${status} with ${body.trim() === '' ? 'an empty body' : isPage({ headers, body }) ? 'a web page' : 'something that is no API error'}`;

const isPage = ({ headers, body }: Pick<FailedAnswer, 'headers' | 'body'>) =>
  /html/i.test(headers['content-type'] ?? '') || /^\s*<(!doctype|html|head|body)/i.test(body);

/** A status told inside the error: OpenRouter's numeric `code`, Groq's `status_code`, Azure's `status`. */
function statusIn(error: JsonObject): number | undefined {
  return [error['code'], error['status_code'], error['status']]
    .map(Number)
    .find((status) => Number.isInteger(status) && status >= 400 && status < 600);
}

/** A field that names something: text that is not empty, or a number. */
export const wordOf = (value: Json | undefined): string | undefined =>
  typeof value === 'string' && value !== '' ? value : typeof value === 'number' ? String(value) : undefined;

/** Providers repeat a wrong key, masked or not, in the message about it. */
export const withoutKeys = (message: string): string =>
  message.replace(/(api key(?: provided)?:\s*)\S+/i, '$1(hidden).').replace(/\b(sk|key|gsk|xai)-[\w*-]{6,}/g, '$1-(hidden)');

/** A body's JSON; undefined for anything else. */
export function parsed(body: string): Json | undefined {
  try {
    return JSON.parse(body) as Json;
  } catch {
    return undefined;
  }
}
