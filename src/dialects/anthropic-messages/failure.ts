import { FAILURES, type Failure, type FailureKind } from '../../model/failure.ts';
import type { Json, JsonObject } from '../../model/json.ts';
import type { FailedAnswer } from '../dialect.ts';
import type { Frame } from '../sse.ts';
import { kindOfStatus } from '../status.ts';
import { isObject } from '../take.ts';
import { entryOf, NAME, present } from './name.ts';
import { retryAfterMs } from './retry-after.ts';

/** Whether the body says that the call failed: `{ type: error, error: { … } }`. */
export const isError = (wire: Json | undefined): wire is JsonObject =>
  isObject(wire) && wire['type'] === 'error' && isObject(wire['error']);

/** An answer outside 2xx. */
export function decodeFailure({ status, headers, body }: FailedAnswer): Failure {
  const wire = parsed(body);
  const requestId = headers['request-id'];
  const after = retryAfterMs(headers);
  const around = { status, ...present({ requestId, retryAfterMs: after }) };
  if (isError(wire)) return { ...failureOfError(wire, status), ...around };
  const kind = kindOf({ status, type: '', message: body.slice(0, 2000), code: undefined });
  return { kind, message: `the provider answered ${status} without a Messages error`, ...around };
}

function parsed(body: string): Json | undefined {
  try {
    return JSON.parse(body) as Json;
  } catch {
    return undefined;
  }
}

/** What an error body, or the error event of a stream (which has no status), means. */
export function failureOfError(wire: JsonObject, status?: number): Failure {
  const error = wire['error'] as JsonObject;
  const type = textOf(error['type']);
  const message = textOf(error['message']) ?? 'the provider gave no reason';
  const details = error['details'];
  const code = isObject(details) ? textOf(details['error_code']) : undefined;
  return {
    kind: kindOf({ status, type: type ?? '', message, code }),
    message,
    ...present({ code, type, param: paramOf(message), requestId: textOf(wire['request_id']) }),
    wire: { dialect: NAME, body: wire },
  };
}

const textOf = (value: Json | undefined): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);

/** Validation messages begin with the field: `messages.0.content.1.tool_use.id: String should …`. */
function paramOf(message: string): string | undefined {
  const path = /^([a-z_]+(?:\.[a-z0-9_]+)*): /.exec(message)?.[1];
  return path?.replace(/\.(\d+)/g, '[$1]');
}

interface Told {
  readonly status: number | undefined;
  readonly type: string;
  readonly message: string;
  readonly code: string | undefined;
}

/** Sorts by what is said before how: Anthropic answers 400 for an empty purse and for a prompt too long. */
function kindOf({ status = 0, type, message, code = '' }: Told): FailureKind {
  if (type === 'billing_error' || status === 402 || EXHAUSTED.test(code) || (status < 500 && EXHAUSTED.test(message))) return 'exhausted';
  const invalid = type === 'invalid_request_error' || status === 400;
  if ((invalid || status === 413) && TOO_LONG.test(message)) return 'tooLong';
  if (invalid && FILTERED.test(message)) return 'filtered';
  return entryOf(TYPES, type) ?? kindOfStatus(status);
}

const EXHAUSTED = /credit balance is too low|spend(ing)?[ _]limit|specified api usage limits|organization_on_hold/i;
const TOO_LONG = /prompt is too long|exceeds? (the )?(context (limit|window)|maximum context)|context (length|window) exceeded/i;
const FILTERED = /content filtering policy/i;

const TYPES: Readonly<Record<string, FailureKind>> = {
  invalid_request_error: 'invalid',
  authentication_error: 'denied',
  permission_error: 'denied',
  not_found_error: 'missing',
  request_too_large: 'oversized',
  rate_limit_error: 'throttled',
  overloaded_error: 'overloaded',
  timeout_error: 'slow',
  api_error: 'broken',
  // Both SDKs try a conflict again.
  conflict_error: 'broken',
};

/** The failure as an Anthropic client expects it. What Anthropic itself said passes unchanged. */
export function encodeFailure(failure: Failure): FailedAnswer {
  const { kind, retryAfterMs: after } = failure;
  return {
    status: statusOf(failure),
    headers: {
      'content-type': 'application/json',
      ...(HOPELESS.has(kind) && { 'x-should-retry': 'false' }),
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
  const details = present({ error_code: kind === 'lossy' ? 'headgate_unsupported' : code, param });
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
};
