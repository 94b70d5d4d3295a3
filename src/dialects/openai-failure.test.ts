import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import test from 'node:test';
import { FAILURES, type Failure, type FailureKind } from '../model/failure.ts';
import { decodeOpenAIFailure, encodeOpenAIFailure, openAIError, openAIFailureOfError } from './openai-failure.ts';

const decode = (status: number, body: unknown, headers: Record<string, string> = {}) =>
  decodeOpenAIFailure({ status, headers, body: typeof body === 'string' ? body : JSON.stringify(body) }, 'openai-chat');

test('every failure on file is of its kind', () => {
  const files = globSync('fixtures/openai-chat/failure/*.json');
  assert.ok(files.length > 25);
  for (const file of files) {
    const { kind, ...answer } = JSON.parse(readFileSync(file, 'utf8')) as {
      kind: FailureKind;
      status: number;
      headers: Record<string, string>;
      body: string;
    };
    assert.equal(decodeOpenAIFailure(answer, 'openai-chat').kind, kind, file);
  }
});

test('a failure keeps what the provider said, whole', () => {
  const body = {
    error: { message: "Invalid 'messages[3]'.", type: 'invalid_request_error', param: 'messages[3]', code: 'invalid_value' },
    more: 1,
  };
  assert.deepEqual(decode(400, body, { 'x-request-id': 'req_1' }), {
    kind: 'invalid',
    message: "Invalid 'messages[3]'.",
    code: 'invalid_value',
    type: 'invalid_request_error',
    param: 'messages[3]',
    status: 400,
    requestId: 'req_1',
    rule: 'http.4xx',
    wire: { dialect: 'openai-chat', body },
  });
});

test('statuses without words are judged by themselves', () => {
  const kinds = [400, 401, 402, 403, 404, 408, 409, 413, 418, 422, 429, 500, 501, 502, 503, 504, 524, 529].map(
    (status) => [status, decode(status, { error: { message: 'x' } }).kind] as const,
  );
  assert.deepEqual(Object.fromEntries(kinds), {
    400: 'invalid',
    401: 'denied',
    402: 'exhausted',
    403: 'denied',
    404: 'missing',
    408: 'slow',
    409: 'broken',
    413: 'oversized',
    418: 'invalid',
    422: 'invalid',
    429: 'throttled',
    500: 'broken',
    501: 'broken',
    502: 'broken',
    503: 'overloaded',
    504: 'slow',
    524: 'slow',
    529: 'overloaded',
  });
});

test('a body that is no API error is not repeated', () => {
  assert.deepEqual(decode(400, '<!DOCTYPE html><p>the secret prompt</p>'), {
    kind: 'broken',
    message: 'the provider answered 400 with a web page',
    status: 400,
    rule: 'proxy.unreadable',
  });
  assert.deepEqual(decode(503, ''), {
    kind: 'overloaded',
    message: 'the provider answered 503 with an empty body',
    status: 503,
    rule: 'http.503',
  });
  assert.deepEqual(decode(500, '["x"]'), {
    kind: 'broken',
    message: 'the provider answered 500 with something that is no API error',
    status: 500,
    rule: 'http.5xx',
  });
});

test('a refused key is never repeated', () => {
  const failure = decode(401, { error: { message: 'Incorrect API key provided: sk-proj-12345678. See docs.', code: 'invalid_api_key' } });
  assert.deepEqual(failure, {
    kind: 'denied',
    message: 'Incorrect API key provided: (hidden). See docs.',
    code: 'invalid_api_key',
    status: 401,
    rule: 'openai.invalid_api_key',
  });
  assert.deepEqual(encodeOpenAIFailure(failure, 'openai-chat'), {
    status: 502,
    headers: { 'content-type': 'application/json', 'x-should-retry': 'false' },
    body: JSON.stringify({
      error: {
        message: 'the provider refused the credentials it was called with',
        type: 'server_error',
        param: null,
        code: 'provider_denied',
      },
    }),
  });
});

test('how long to wait is read from whatever says it', () => {
  const limited = { error: { message: 'Rate limit reached. Please try again in 1m1.5s.', code: 'rate_limit_exceeded' } };
  const mute = { error: { message: 'Rate limit reached.', code: 'rate_limit_exceeded' } };
  const waits = [
    decode(429, limited, { 'retry-after-ms': '1708', 'retry-after': '2' }),
    decode(429, limited, { 'retry-after': '2' }),
    decode(429, limited, { 'retry-after': 'Mon, 23 Nov 2026 10:00:30 GMT', date: 'Mon, 23 Nov 2026 10:00:00 GMT' }),
    decode(429, limited),
    decode(429, mute, {
      'x-ratelimit-remaining-requests': '0',
      'x-ratelimit-reset-requests': '6h0m0.5s',
      'x-ratelimit-reset-tokens': '7d',
    }),
    decode(429, mute, { 'retry-after': 'soon' }),
    decode(400, { error: { message: 'no' } }, { 'retry-after': '2' }),
  ].map(({ retryAfterMs }) => retryAfterMs);
  assert.deepEqual(waits, [1708, 2000, 30_000, 61_500, 21_600_500, undefined, undefined]);
});

test('an error in a stream has a kind without a status', () => {
  const kinds = [
    { message: 'x', type: 'server_error' },
    { message: 'x', code: 'context_length_exceeded' },
    { message: 'x', type: 'invalid_request_error' },
    { message: 'x', code: 429 },
    { message: 'x', code: 'tool_use_failed', status_code: 400 },
    { message: 'The model is overloaded' },
    { message: 'x', code: 'constructor' },
    {},
  ].map((error) => openAIFailureOfError(error, 'openai-chat').kind);
  assert.deepEqual(kinds, ['broken', 'tooLong', 'invalid', 'throttled', 'invalid', 'overloaded', 'broken', 'broken']);
});

test('each kind is told in OpenAI’s words', () => {
  const told = Object.fromEntries(
    Object.keys(FAILURES).map((kind) => {
      const failure: Failure = {
        kind: kind as FailureKind,
        message: 'm',
        wire: { dialect: 'anthropic-messages', body: {} },
        type: 'api_error',
      };
      const { status, headers, body } = encodeOpenAIFailure(failure, 'openai-chat');
      const { type, code } = JSON.parse(body).error;
      return [kind, [status, type, code, headers['x-should-retry'] ?? ''].join(' ').trim()];
    }),
  );
  assert.deepEqual(told, {
    invalid: '400 invalid_request_error',
    oversized: '413 invalid_request_error request_too_large',
    tooLong: '400 invalid_request_error context_length_exceeded',
    filtered: '400 invalid_request_error content_policy_violation',
    cancelled: '499 invalid_request_error request_cancelled',
    denied: '502 server_error provider_denied false',
    missing: '404 invalid_request_error model_not_found',
    exhausted: '429 insufficient_quota insufficient_quota false',
    throttled: '429 rate_limit_error rate_limit_exceeded',
    overloaded: '503 server_error server_is_overloaded',
    broken: '502 server_error',
    unreachable: '502 server_error',
    slow: '504 server_error timeout',
    interrupted: '502 server_error',
    unauthenticated: '401 invalid_request_error invalid_api_key',
    forbidden: '403 invalid_request_error key_scope',
    unroutable: '404 invalid_request_error model_not_found',
    lossy: '400 invalid_request_error headgate_unsupported',
    reused: '422 invalid_request_error idempotency_key_reused',
    crowded: '503 server_error server_is_overloaded',
    overBudget: '402 insufficient_quota budget_exceeded false',
    limited: '429 rate_limit_error rate_limit_exceeded',
    closing: '503 server_error',
  });
});

test('the same format’s own words go through unchanged, another’s are replaced where frameworks act on them', () => {
  const body = { error: { message: 'Over.', type: 'billing_error', param: null, code: 'project_spend_limit_exceeded' }, user_id: 'u' };
  const failure = decode(429, body);
  assert.deepEqual(JSON.parse(encodeOpenAIFailure(failure, 'openai-chat').body), body);
  assert.deepEqual(openAIError(failure), { message: 'Over.', type: 'billing_error', param: null, code: 'project_spend_limit_exceeded' });
  const foreign: Failure = {
    kind: 'tooLong',
    message: 'prompt is too long',
    code: 'x',
    type: 'y',
    wire: { dialect: 'anthropic-messages', body: {} },
  };
  assert.deepEqual(openAIError(foreign), {
    message: 'prompt is too long',
    type: 'invalid_request_error',
    param: null,
    code: 'context_length_exceeded',
  });
});

test('waits are passed on, and hopeless ones marked', () => {
  const headers = (retryAfterMs: number) => encodeOpenAIFailure({ kind: 'throttled', message: 'm', retryAfterMs }, 'openai-chat').headers;
  assert.deepEqual(headers(1708), { 'content-type': 'application/json', 'retry-after': '2', 'retry-after-ms': '1708' });
  assert.deepEqual(headers(90_000), {
    'content-type': 'application/json',
    'retry-after': '90',
    'retry-after-ms': '90000',
    'x-should-retry': 'false',
  });
});

test('a client of the same format gets the status the provider gave, where it is about the request', () => {
  const unknown = { error: { message: 'No such model.', type: 'invalid_request_error', param: 'model', code: 'model_not_found' } };
  const failure = decode(400, unknown);
  assert.equal(failure.kind, 'missing');
  assert.equal(encodeOpenAIFailure(failure, 'openai-chat').status, 400);
  assert.equal(encodeOpenAIFailure(failure, 'openai-responses').status, 404);
  assert.equal(encodeOpenAIFailure(decode(403, unknown), 'openai-chat').status, 404);
});
