import { FAILURES, type Failure, type FailureKind } from '../model/failure.ts';
import type { Json, JsonObject } from '../model/json.ts';
import type { DialectName } from '../model/part.ts';
import type { FailedAnswer } from './dialect.ts';
import { requestIdOf, retryAfterMsOf } from './openai-headers.ts';
import { kindOfStatus } from './status.ts';
import { isObject } from './take.ts';

/** The error object of both OpenAI formats: under `error` in bodies and in Chat's streams. */
export interface OpenAIError {
  readonly message: string;
  readonly type: string;
  readonly param: string | null;
  readonly code: string | null;
}

/** What an answer outside 2xx means. Bodies that are no API error (a proxy's HTML) are judged by status alone and not repeated. */
export function decodeOpenAIFailure({ status, headers, body }: FailedAnswer, dialect: DialectName): Failure {
  const requestId = requestIdOf(headers);
  const json = parsed(body);
  const failure = bodyFailure(json, dialect, status) ?? unreadable(status, headers, body);
  const waits = failure.kind === 'throttled' || failure.kind === 'overloaded';
  const retryAfterMs = waits ? retryAfterMsOf(headers, failure.message) : undefined;
  return { ...failure, ...(retryAfterMs !== undefined && { retryAfterMs }), ...(requestId !== undefined && { requestId }) };
}

/**
 * What an error object means, from a body, a stream's error frame, or a failed response. `status` is
 * the answer's, where there was one outside 2xx; a status inside the object stands in for it.
 */
export function openAIFailureOfError(error: JsonObject, dialect: DialectName, status?: number): Failure {
  return failureOfError(error, dialect, { error }, status);
}

/** A failure as an answer to a client of either OpenAI format; what a provider of the same format said goes through unchanged. */
export function encodeOpenAIFailure(failure: Failure, dialect: DialectName): FailedAnswer {
  const native = failure.wire?.dialect === dialect && failure.kind !== 'denied' ? failure.wire.body : undefined;
  return {
    status: statusOf(failure, native !== undefined),
    headers: { 'content-type': 'application/json', ...retryHeaders(failure) },
    body: JSON.stringify(native ?? { error: openAIError(failure) }),
  };
}

/** A failure as the error object; for frames of streams, where there is no status. */
export function openAIError(failure: Failure): OpenAIError {
  const [type, code] = WORDS[failure.kind];
  // Frameworks act on OpenAI's codes: another vendor's words for the same thing are replaced, its codes for the rest kept.
  const spoken = failure.wire?.dialect.startsWith('openai') && failure.kind !== 'denied';
  return {
    message: failure.kind === 'denied' ? 'the provider refused the credentials it was called with' : failure.message,
    type: (spoken && failure.type) || type,
    param: failure.param ?? null,
    code: (spoken ? (failure.code ?? code) : (code ?? failure.code)) ?? null,
  };
}

/** Type and code of each kind as OpenAI says it; `null`: it has no code of its own. */
const WORDS: Readonly<Record<FailureKind, readonly [type: string, code: string | null]>> = {
  invalid: ['invalid_request_error', null],
  oversized: ['invalid_request_error', 'request_too_large'],
  tooLong: ['invalid_request_error', 'context_length_exceeded'],
  filtered: ['invalid_request_error', 'content_policy_violation'],
  cancelled: ['invalid_request_error', 'request_cancelled'],
  denied: ['server_error', 'provider_denied'],
  missing: ['invalid_request_error', 'model_not_found'],
  exhausted: ['insufficient_quota', 'insufficient_quota'],
  throttled: ['rate_limit_error', 'rate_limit_exceeded'],
  overloaded: ['server_error', 'server_is_overloaded'],
  broken: ['server_error', null],
  unreachable: ['server_error', null],
  slow: ['server_error', 'timeout'],
  interrupted: ['server_error', null],
  unauthenticated: ['invalid_request_error', 'invalid_api_key'],
  forbidden: ['invalid_request_error', 'key_scope'],
  unroutable: ['invalid_request_error', 'model_not_found'],
  lossy: ['invalid_request_error', 'headgate_unsupported'],
  reused: ['invalid_request_error', 'idempotency_key_reused'],
  overBudget: ['insufficient_quota', 'budget_exceeded'],
  limited: ['rate_limit_error', 'rate_limit_exceeded'],
  closing: ['server_error', null],
};

/** The provider's status where it says more than ours and means the same to the SDK's error classes. */
function statusOf({ kind, status }: Failure, native: boolean): number {
  const own = FAILURES[kind].status;
  if (status === undefined) return own;
  // Responses answers 400 to an unknown model, Chat 404: a client of the same format gets the status it knows.
  if (native && own < 500 && [400, 404, 413, 422].includes(status) && kind !== 'exhausted') return status;
  if (kind === 'invalid' && [400, 409, 422].includes(status)) return status;
  if (kind === 'broken' && status >= 500 && status < 600) return status;
  return own;
}

/**
 * The SDK retries every 408, 409, 429 and 5xx unless told not to, and ignores waits over a minute
 * (measured on openai 7.57): what does not get better by waiting a little says so.
 */
function retryHeaders({ kind, retryAfterMs }: Failure): Record<string, string> {
  const hopeless = kind === 'exhausted' || kind === 'denied' || kind === 'overBudget' || (retryAfterMs ?? 0) > 60_000;
  return {
    ...(retryAfterMs !== undefined && {
      'retry-after': String(Math.ceil(retryAfterMs / 1000)),
      'retry-after-ms': String(Math.ceil(retryAfterMs)),
    }),
    ...(hopeless && { 'x-should-retry': 'false' }),
  };
}

function bodyFailure(json: Json | undefined, dialect: DialectName, status: number): Failure | undefined {
  if (!isObject(json)) return undefined;
  const { error } = json;
  if (isObject(error)) return failureOfError(error, dialect, json, status);
  // vLLM and FastAPI servers put the error's fields at the top, or a bare `detail` or `message`.
  const message = [error, json['message'], json['detail']].find((value) => typeof value === 'string');
  return message === undefined ? undefined : failureOfError({ ...json, message }, dialect, json, status);
}

function failureOfError(error: JsonObject, dialect: DialectName, body: Json, answered: number | undefined): Failure {
  const status = answered !== undefined && answered >= 400 ? answered : statusIn(error);
  const code = wordOf(error['code']);
  const type = wordOf(error['type']);
  const message = withoutKeys(
    wordOf(error['message']) ?? (status === undefined ? 'the provider failed without saying why' : `the provider answered ${status}`),
  );
  const kind = kindOf(error, message, status);
  const param = wordOf(error['param']);
  return {
    kind,
    message,
    ...(code !== undefined && { code }),
    ...(type !== undefined && { type }),
    ...(param !== undefined && { param }),
    ...(status !== undefined && { status }),
    // What a provider says about a refused key often repeats the key.
    ...(kind !== 'denied' && { wire: { dialect, body } }),
  };
}

/** Codes first: they are contracts. Then the status, then the words of servers that have only those. */
function kindOf(error: JsonObject, message: string, status: number | undefined): FailureKind {
  const inner = isObject(error['innererror']) ? error['innererror']['code'] : undefined;
  const metadata = isObject(error['metadata']) ? error['metadata'] : {};
  for (const word of [error['code'], inner, error['type']]) {
    const kind = typeof word === 'string' ? CODES.get(word.toLowerCase()) : undefined;
    if (!kind) continue;
    // 503 `slow_down` is the provider's trouble, 429 `slow_down` ours.
    return kind === 'throttled' && status === 503 ? 'overloaded' : kind;
  }
  if (Array.isArray(metadata['reasons']) || metadata['flagged_input'] !== undefined) return 'filtered';
  if ((status === undefined || status === 400 || status === 413 || status === 422) && TOO_LONG.test(message)) return 'tooLong';
  if (status === 429 && OUT_OF_CREDIT.test(message)) return 'exhausted';
  if (status !== undefined) return kindOfStatus(status);
  if (OVERLOADED.test(message)) return 'overloaded';
  // Every 4xx of OpenAI has this type, so it decides only where nothing else does.
  return error['type'] === 'invalid_request_error' ? 'invalid' : 'broken';
}

const CODES: ReadonlyMap<string, FailureKind> = new Map<string, FailureKind>([
  ['insufficient_quota', 'exhausted'],
  ['credit_balance_exhausted', 'exhausted'],
  ['organization_spend_limit_exceeded', 'exhausted'],
  ['project_spend_limit_exceeded', 'exhausted'],
  ['organization_usage_limit_exceeded', 'exhausted'],
  ['billing_hard_limit_reached', 'exhausted'],
  ['billing_not_active', 'exhausted'],
  ['insufficient_balance', 'exhausted'],
  ['context_length_exceeded', 'tooLong'],
  ['context_window_exceeded', 'tooLong'],
  ['content_filter', 'filtered'],
  ['content_policy_violation', 'filtered'],
  ['responsibleaipolicyviolation', 'filtered'],
  ['moderation_blocked', 'filtered'],
  ['invalid_prompt', 'filtered'],
  ['cyber_policy_violation', 'filtered'],
  ['model_not_found', 'missing'],
  ['deploymentnotfound', 'missing'],
  ['invalid_api_key', 'denied'],
  ['invalid_organization', 'denied'],
  ['account_deactivated', 'denied'],
  ['unsupported_country_region_territory', 'denied'],
  ['authentication_error', 'denied'],
  ['permission_error', 'denied'],
  ['rate_limit_exceeded', 'throttled'],
  ['rate_limit_error', 'throttled'],
  ['too_many_requests', 'throttled'],
  ['slow_down', 'throttled'],
  ['server_is_overloaded', 'overloaded'],
  ['engine_overloaded', 'overloaded'],
  ['overloaded', 'overloaded'],
  ['overloaded_error', 'overloaded'],
  ['service_unavailable', 'overloaded'],
]);

const TOO_LONG =
  /(maximum|max) context length|context (window|length)|prompt is too long|too many tokens in (the )?(prompt|input)|input is too long/i;
const OUT_OF_CREDIT = /exceeded your current quota|insufficient (credit|balance|funds)|billing (details|hard limit)/i;
const OVERLOADED = /overloaded|at capacity|temporarily unavailable/i;

/** A body that is no API error. Only a few statuses of it can be believed to be about the request: the rest is a proxy's trouble. */
function unreadable(status: number, headers: FailedAnswer['headers'], body: string): Failure {
  const kind = kindOfStatus(status);
  const html = /html/i.test(headers['content-type'] ?? '') || /^\s*<(!doctype|html|head|body)/i.test(body);
  const what = body.trim() === '' ? 'an empty body' : html ? 'a web page' : 'something that is no API error';
  return { kind: kind === 'invalid' ? 'broken' : kind, message: `the provider answered ${status} with ${what}`, status };
}

/** A status told inside the error: OpenRouter's numeric `code`, Groq's `status_code`, Azure's `status`. */
function statusIn(error: JsonObject): number | undefined {
  return [error['code'], error['status_code'], error['status']]
    .map(Number)
    .find((status) => Number.isInteger(status) && status >= 400 && status < 600);
}

const wordOf = (value: Json | undefined): string | undefined =>
  typeof value === 'string' && value !== '' ? value : typeof value === 'number' ? String(value) : undefined;

/** Providers repeat a wrong key, masked or not, in the message about it. */
const withoutKeys = (message: string): string =>
  message.replace(/(api key(?: provided)?:\s*)\S+/i, '$1(hidden).').replace(/\b(sk|key|gsk|xai)-[\w*-]{6,}/g, '$1-(hidden)');

function parsed(body: string): Json | undefined {
  try {
    return JSON.parse(body) as Json;
  } catch {
    return undefined;
  }
}
