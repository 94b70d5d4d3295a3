import { FAILURES, type Failure, type FailureKind } from '../../model/failure.ts';
import { isObject, type Json, type JsonObject } from '../../model/json.ts';
import type { FailedAnswer } from '../dialect.ts';
import { rowOf } from '../failures/row.ts';
import { type Around, errorIn, parsed, toldBy, toldUnreadable, unreadableMessage, withoutKeys } from '../failures/told.ts';
import { waitsOf } from '../failures/waits.ts';
import type { Frame } from '../sse.ts';
import { NAME, present } from './name.ts';

/** Whether the body says that the call failed: `{ type: error, error: { … } }`. */
export const isError = (wire: Json | undefined): wire is JsonObject =>
  isObject(wire) && wire['type'] === 'error' && isObject(wire['error']);

/** An answer outside 2xx. `nowMs` (Unix): what dates are counted from in an answer that bears none itself. */
export function decodeFailure(answer: FailedAnswer, nowMs?: number): Failure {
  const { status, headers, body } = answer;
  const failure = failureOfBody(parsed(body), answer);
  const waits = waitsOf(headers, { kind: failure.kind, message: failure.message, nowMs });
  return { ...failure, status, ...waits, ...present({ requestId: headers['request-id'] ?? failure.requestId }) };
}

function failureOfBody(json: Json | undefined, answer: FailedAnswer): Failure {
  const { status, headers } = answer;
  if (isError(json)) return failureOfError(json, { dialect: NAME, status, headers });
  // Proxies and clouds that speak Messages say their own errors in other shapes.
  const error = errorIn(json);
  const { kind, id: rule } = rowOf(error ? toldBy(error, { dialect: NAME, status, headers }) : toldUnreadable(answer, NAME));
  const message = textOf(error?.['message']);
  return { kind, message: message === undefined ? unreadableMessage(answer) : withoutKeys(message), rule };
}

/** What an error body, or the error event of a stream (which has neither status nor headers), means. */
export function failureOfError(wire: JsonObject, around: Around = { dialect: NAME }): Failure {
  const error = wire['error'] as JsonObject;
  const { kind, id: rule } = rowOf(toldBy(error, around));
  const message = textOf(error['message']) ?? 'the provider gave no reason';
  const details = error['details'];
  const code = isObject(details) ? textOf(details['error_code']) : undefined;
  return {
    kind,
    message,
    ...present({ code, type: textOf(error['type']), param: paramOf(message), requestId: textOf(wire['request_id']) }),
    rule,
    wire: { dialect: NAME, body: wire },
  };
}

const textOf = (value: Json | undefined): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);

/** Validation messages begin with the field: `messages.0.content.1.tool_use.id: String should …`. */
function paramOf(message: string): string | undefined {
  const path = /^([a-z_]+(?:\.[a-z0-9_]+)*): /.exec(message)?.[1];
  return path?.replace(/\.(\d+)/g, '[$1]');
}

/** The failure as an Anthropic client expects it. What Anthropic itself said passes unchanged. */
export function encodeFailure(failure: Failure): FailedAnswer {
  const { kind, retryAfterMs: after } = failure;
  const again = HOPELESS.has(kind) ? false : failure.shouldRetry;
  return {
    status: statusOf(failure),
    headers: {
      'content-type': 'application/json',
      ...(again !== undefined && { 'x-should-retry': String(again) }),
      ...(after !== undefined && { 'retry-after': String(Math.ceil(after / 1000)), 'retry-after-ms': String(Math.ceil(after)) }),
    },
    body: JSON.stringify(bodyOf(failure)),
  };
}

/** The error as the last event of a stream. */
export const frameFailure = (failure: Failure): Frame => ({ event: 'error', data: JSON.stringify(bodyOf(failure)) });

/** Failures that another try of the same request cannot mend, though the SDK would try again on some of their statuses. */
const HOPELESS: ReadonlySet<FailureKind> = new Set([
  ...(['invalid', 'oversized', 'tooLong', 'filtered', 'cancelled', 'denied', 'missing', 'exhausted'] as const),
  ...(['unauthenticated', 'forbidden', 'unroutable', 'lossy', 'reused', 'overBudget'] as const),
]);

function statusOf({ kind, status, wire }: Failure): number {
  // The provider's 401 is about our key: told as is, the caller would doubt its own.
  if (kind === 'denied') return FAILURES.denied.status;
  if (wire?.dialect === NAME && status !== undefined && status >= 400) return status;
  return ANTHROPIC[kind]?.status ?? FAILURES[kind].status;
}

function bodyOf(failure: Failure): JsonObject {
  const { kind, message, code, param, requestId, wire } = failure;
  if (wire?.dialect === NAME && kind !== 'denied' && isTold(wire.body)) return wire.body;
  const details = present({ error_code: code ?? (kind === 'lossy' ? 'headgate_unsupported' : undefined), param });
  return {
    type: 'error',
    error: {
      type: ANTHROPIC[kind]?.type ?? 'api_error',
      message: messageOf(kind, message),
      ...(kind !== 'denied' && Object.keys(details).length > 0 && { details }),
    },
    request_id: requestId ?? null,
  };
}

/** Whether a body says what an Anthropic client reads of an error. */
const isTold = (body: Json): body is JsonObject => {
  const { type, message } = (isError(body) ? body['error'] : {}) as JsonObject;
  return typeof type === 'string' && typeof message === 'string';
};

function messageOf(kind: FailureKind, message: string): string {
  if (kind === 'denied') return 'the provider refused the gateway’s own credentials; the operator of the gateway must look into it';
  // Anthropic's clients look for these words to know that they should shorten the conversation.
  if (kind === 'tooLong' && !/^prompt is too long/i.test(message)) return `prompt is too long: ${message}`;
  return message;
}

/** How Anthropic would say each; unlisted kinds are `api_error` with the status of `FAILURES`. */
const ANTHROPIC: Readonly<Partial<Record<FailureKind, { readonly type: string; readonly status?: number }>>> = {
  invalid: { type: 'invalid_request_error' },
  oversized: { type: 'request_too_large' },
  tooLong: { type: 'invalid_request_error' },
  filtered: { type: 'invalid_request_error' },
  missing: { type: 'not_found_error' },
  exhausted: { type: 'billing_error', status: 402 },
  throttled: { type: 'rate_limit_error' },
  overloaded: { type: 'overloaded_error', status: 529 },
  slow: { type: 'timeout_error' },
  unauthenticated: { type: 'authentication_error' },
  forbidden: { type: 'permission_error' },
  unroutable: { type: 'not_found_error' },
  lossy: { type: 'invalid_request_error' },
  reused: { type: 'invalid_request_error' },
  overBudget: { type: 'billing_error' },
  limited: { type: 'rate_limit_error' },
  crowded: { type: 'overloaded_error', status: 529 },
};
