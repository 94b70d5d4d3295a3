import { FAILURES, type Failure, type FailureKind } from '../model/failure.ts';
import type { Json, JsonObject } from '../model/json.ts';
import type { DialectName } from '../model/part.ts';
import type { FailedAnswer } from './dialect.ts';
import { rowOf } from './failures/row.ts';
import { type Around, errorIn, parsed, toldBy, toldUnreadable, unreadableMessage, withoutKeys, wordOf } from './failures/told.ts';
import { waitsOf } from './failures/waits.ts';
import { requestIdOf } from './openai-headers.ts';

/** The error object of both OpenAI formats: under `error` in bodies and in Chat's streams. */
export interface OpenAIError {
  readonly message: string;
  readonly type: string;
  readonly param: string | null;
  readonly code: string | null;
}

/**
 * What an answer outside 2xx means. Bodies that are no API error (a proxy's HTML) are not repeated.
 * `nowMs` (Unix): what dates are counted from in an answer that bears none itself.
 */
export function decodeOpenAIFailure(answer: FailedAnswer, dialect: DialectName, nowMs?: number): Failure {
  const { status, headers } = answer;
  const requestId = requestIdOf(headers);
  const json = parsed(answer.body);
  const error = errorIn(json);
  const failure = error ? failureOfError(error, json!, { dialect, status, headers }) : unreadable(answer, dialect);
  return {
    ...failure,
    ...waitsOf(headers, { kind: failure.kind, message: failure.message, nowMs }),
    ...(requestId !== undefined && { requestId }),
  };
}

/**
 * What an error object means, from a body, a stream's error frame, or a failed response. `status` is
 * the answer's, where there was one outside 2xx; a status inside the object stands in for it.
 */
export function openAIFailureOfError(error: JsonObject, dialect: DialectName, status?: number): Failure {
  return failureOfError(error, { error }, { dialect, status });
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
    // A limit is ours, and so is the code that says more of it.
    code: (spoken || failure.kind === 'limited' ? (failure.code ?? code) : (code ?? failure.code)) ?? null,
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
  crowded: ['server_error', 'server_is_overloaded'],
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
function retryHeaders({ kind, retryAfterMs, shouldRetry }: Failure): Record<string, string> {
  const hopeless = kind === 'exhausted' || kind === 'denied' || kind === 'overBudget' || (retryAfterMs ?? 0) > 60_000;
  const again = hopeless ? false : shouldRetry;
  return {
    ...(retryAfterMs !== undefined && {
      'retry-after': String(Math.ceil(retryAfterMs / 1000)),
      'retry-after-ms': String(Math.ceil(retryAfterMs)),
    }),
    ...(again !== undefined && { 'x-should-retry': String(again) }),
  };
}

function failureOfError(error: JsonObject, body: Json, around: Around): Failure {
  const told = toldBy(error, around);
  const { status } = told;
  const { kind, id } = rowOf(told);
  const code = wordOf(error['code']);
  const type = wordOf(error['type']);
  const message = withoutKeys(
    told.message || (status === undefined ? 'the provider failed without saying why' : `the provider answered ${status}`),
  );
  const param = wordOf(error['param']);
  return {
    kind,
    message,
    ...(code !== undefined && { code }),
    ...(type !== undefined && { type }),
    ...(param !== undefined && { param }),
    ...(status !== undefined && { status }),
    rule: id,
    // What a provider says about a refused key often repeats the key.
    ...(kind !== 'denied' && { wire: { dialect: around.dialect, body } }),
  };
}

function unreadable(answer: FailedAnswer, dialect: DialectName): Failure {
  const { kind, id } = rowOf(toldUnreadable(answer, dialect));
  return { kind, message: unreadableMessage(answer), status: answer.status, rule: id };
}
