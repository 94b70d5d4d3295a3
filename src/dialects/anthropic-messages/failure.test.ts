import assert from 'node:assert/strict';
import test from 'node:test';
import type { Failure } from '../../model/failure.ts';
import { decodeFailure, encodeFailure, frameFailure } from './failure.ts';

const answer = (status: number, type: string, message: string, headers: Record<string, string> = {}) => ({
  status,
  headers,
  body: JSON.stringify({ type: 'error', error: { type, message }, request_id: 'req_1' }),
});

test('a validation error names the field at fault', () => {
  const body = {
    type: 'error',
    error: { type: 'invalid_request_error', message: 'messages.1.content.0.tool_use.id: bad' },
    request_id: 'req_1',
  };
  assert.deepEqual(decodeFailure({ status: 400, headers: {}, body: JSON.stringify(body) }), {
    kind: 'invalid',
    message: 'messages.1.content.0.tool_use.id: bad',
    type: 'invalid_request_error',
    param: 'messages[1].content[0].tool_use.id',
    requestId: 'req_1',
    rule: 'anthropic.invalid_request_error',
    wire: { dialect: 'anthropic-messages', body },
    status: 400,
  });
});

const KINDS: readonly [Failure['kind'], number, string, string][] = [
  ['exhausted', 400, 'invalid_request_error', 'Your credit balance is too low to access the Anthropic API.'],
  ['exhausted', 429, 'rate_limit_error', 'You have reached your spend limit.'],
  ['tooLong', 400, 'invalid_request_error', 'prompt is too long: 213462 tokens > 200000 maximum'],
  ['tooLong', 413, 'request_too_large', 'Prompt is too long'],
  ['tooLong', 400, 'invalid_request_error', 'input length and `max_tokens` exceed context limit: 196000 + 20000 > 200000'],
  ['oversized', 413, 'request_too_large', 'Request exceeds the maximum allowed number of bytes.'],
  ['throttled', 429, 'rate_limit_error', 'Slow down.'],
  ['overloaded', 529, 'overloaded_error', 'Overloaded'],
  ['denied', 403, 'permission_error', 'No.'],
  ['broken', 409, 'conflict_error', 'Busy.'],
  ['invalid', 422, 'tomorrow_error', 'New.'],
  ['broken', 500, 'tomorrow_error', 'the spend limit service is down'],
];

for (const [kind, status, type, message] of KINDS) {
  test(`${status} ${type} "${message}" is ${kind}`, () => assert.equal(decodeFailure(answer(status, type, message)).kind, kind));
}

test('waiting times come from whichever header tells them', () => {
  const wait = (headers: Record<string, string>) => decodeFailure(answer(429, 'rate_limit_error', 'Slow down.', headers)).retryAfterMs;
  const date = 'Mon, 23 Nov 2026 10:00:00 GMT';
  assert.deepEqual(
    [
      wait({ 'retry-after-ms': '250', 'retry-after': '1' }),
      wait({ 'retry-after': '17' }),
      wait({ 'retry-after': 'Mon, 23 Nov 2026 10:00:30 GMT', date }),
      wait({ 'retry-after': 'Mon, 23 Nov 2026 10:00:30 GMT' }),
      wait({ date, 'anthropic-ratelimit-tokens-remaining': '0', 'anthropic-ratelimit-tokens-reset': '2026-11-23T10:00:12Z' }),
      wait({ date, 'anthropic-ratelimit-tokens-remaining': '9', 'anthropic-ratelimit-tokens-reset': '2026-11-23T10:00:12Z' }),
      wait({ 'retry-after': 'soon' }),
    ],
    [250, 17_000, 30_000, undefined, 12_000, undefined, undefined],
  );
});

test('a page of a proxy is no secret leak: its text stays out of the message', () => {
  const failure = decodeFailure({ status: 502, headers: { 'request-id': 'req_9' }, body: '<html>secret</html>' });
  assert.deepEqual(failure, {
    kind: 'broken',
    message: 'the provider answered 502 with a web page',
    rule: 'http.5xx',
    status: 502,
    requestId: 'req_9',
  });
});

test('what Anthropic said passes unchanged', () => {
  const given = answer(429, 'rate_limit_error', 'Slow down.', { 'retry-after': '17' });
  assert.deepEqual(encodeFailure(decodeFailure(given)), {
    status: 429,
    headers: { 'content-type': 'application/json', 'retry-after': '17', 'retry-after-ms': '17000' },
    body: given.body,
  });
});

test('a provider that refuses our key never looks like a refusal of the caller’s', () => {
  const told = encodeFailure(decodeFailure(answer(401, 'authentication_error', 'invalid x-api-key')));
  assert.equal(told.status, 502);
  assert.equal(told.headers['x-should-retry'], 'false');
  assert.deepEqual(JSON.parse(told.body), {
    type: 'error',
    error: {
      type: 'api_error',
      message: 'the provider refused the gateway’s own credentials; the operator of the gateway must look into it',
    },
    request_id: 'req_1',
  });
});

test('an OpenAI failure is told in Anthropic’s words', () => {
  const told = encodeFailure({ kind: 'tooLong', message: 'Your input exceeds the window.', code: 'context_length_exceeded', status: 400 });
  assert.deepEqual(
    { ...told, body: JSON.parse(told.body) as unknown },
    {
      status: 400,
      headers: { 'content-type': 'application/json', 'x-should-retry': 'false' },
      body: {
        type: 'error',
        error: {
          type: 'invalid_request_error',
          message: 'prompt is too long: Your input exceeds the window.',
          details: { error_code: 'context_length_exceeded' },
        },
        request_id: null,
      },
    },
  );
});

const STATUSES: readonly [Failure['kind'], number, string][] = [
  ['exhausted', 402, 'billing_error'],
  ['overloaded', 529, 'overloaded_error'],
  ['unauthenticated', 401, 'authentication_error'],
  ['forbidden', 403, 'permission_error'],
  ['reused', 422, 'invalid_request_error'],
  ['crowded', 529, 'overloaded_error'],
  ['overBudget', 402, 'billing_error'],
  ['slow', 504, 'timeout_error'],
  ['unreachable', 502, 'api_error'],
  ['closing', 503, 'api_error'],
];

for (const [kind, status, type] of STATUSES) {
  test(`${kind} is told as ${status} ${type}`, () => {
    const told = encodeFailure({ kind, message: 'm' });
    assert.deepEqual([told.status, (JSON.parse(told.body) as { error: { type: string } }).error.type], [status, type]);
  });
}

test('in a stream the error is an event', () => {
  assert.deepEqual(frameFailure({ kind: 'interrupted', message: 'cut' }), {
    event: 'error',
    data: '{"type":"error","error":{"type":"api_error","message":"cut"},"request_id":null}',
  });
});
