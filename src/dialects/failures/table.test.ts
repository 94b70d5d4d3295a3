import assert from 'node:assert/strict';
import test from 'node:test';
import type { DialectName } from '../../model/part.ts';
import { dialectOf } from '../registry.ts';
import { rowNamed } from './row.ts';
import { FAILURE_ROWS } from './table.ts';

interface Case {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
  readonly dialect?: DialectName;
}

const openai = (status: number, message: string, code: string | null = null, type = 'invalid_request_error'): Case => ({
  status,
  body: { error: { message, type, param: null, code } },
});
const anthropic = (status: number, type: string, message = 'm', error_code?: string): Case => ({
  status,
  dialect: 'anthropic-messages',
  body: { type: 'error', error: { type, message, ...(error_code && { details: { error_code } }) }, request_id: 'r' },
});
const page = (status: number, headers = {}): Case => ({ status, body: '<!doctype html><h1>context window</h1>', headers });

/** One answer for each row of the table, and the answers that are easily mistaken for others. */
const ANSWERS: readonly (readonly [rule: string, kind: string, answer: Case])[] = [
  ['openai.insufficient_quota', 'exhausted', openai(429, 'x', 'insufficient_quota', 'insufficient_quota')],
  ['openai.insufficient_quota', 'exhausted', openai(429, 'x', 'rate_limit_exceeded', 'insufficient_quota')],
  ['anthropic.billing_error', 'exhausted', anthropic(402, 'billing_error')],
  ['anthropic.billing_error', 'exhausted', anthropic(429, 'rate_limit_error', 'm', 'enforced_spend_limit_reached')],
  ['anthropic.credit_words', 'exhausted', anthropic(400, 'invalid_request_error', 'Your credit balance is too low.')],
  ['deepseek.insufficient_balance', 'exhausted', openai(402, 'x', 'insufficient_balance')],
  ['http.402', 'exhausted', openai(402, 'Insufficient Balance')],
  ['gemini.retry_in', 'throttled', openai(429, 'You exceeded your current quota. Please retry in 34.07s.')],
  ['openai.quota_words', 'exhausted', openai(429, 'You exceeded your current quota, please check your plan and billing details.')],
  ['openai.context_length_exceeded', 'tooLong', openai(400, 'x', 'context_length_exceeded')],
  ['openai.context_length_exceeded', 'tooLong', openai(400, 'x', null, 'exceed_context_size_error')],
  ['any.context_words', 'tooLong', anthropic(400, 'invalid_request_error', 'prompt is too long: 3 tokens > 2 maximum')],
  ['any.context_words', 'tooLong', openai(400, "This model's maximum context length is 4096 tokens.")],
  ['any.context_words', 'tooLong', openai(400, 'The input token count (9) exceeds the maximum number of tokens allowed (8).')],
  ['any.context_words', 'tooLong', openai(422, '`inputs` tokens + `max_new_tokens` must be <= 4097.')],
  [
    'openai.request_over_limit',
    'oversized',
    openai(429, 'Request too large for gpt-4o on tokens per min.', 'rate_limit_exceeded', 'tokens'),
  ],
  ['openai.request_over_limit', 'oversized', openai(413, 'Request too large for model `x` on TPM.', 'rate_limit_exceeded', 'tokens')],
  ['openai.content_policy', 'filtered', openai(400, 'x', 'content_policy_violation')],
  ['azure.content_filter', 'filtered', openai(400, 'x', 'content_filter')],
  ['openrouter.flagged', 'filtered', { status: 403, body: { error: { code: 403, message: 'x', metadata: { reasons: ['violence'] } } } }],
  ['anthropic.content_filtering', 'filtered', anthropic(400, 'invalid_request_error', 'Output blocked by content filtering policy')],
  ['openai.model_not_found', 'missing', openai(400, 'x', 'model_not_found')],
  ['azure.deployment_not_found', 'missing', openai(404, 'x', 'DeploymentNotFound')],
  ['anthropic.not_found_error', 'missing', anthropic(404, 'not_found_error', 'model: x')],
  ['openai.invalid_api_key', 'denied', openai(401, 'x', 'invalid_api_key')],
  ['anthropic.authentication_error', 'denied', anthropic(401, 'authentication_error')],
  ['anthropic.authentication_error', 'denied', anthropic(403, 'permission_error')],
  [
    'gemini.key_words',
    'denied',
    { status: 400, body: [{ error: { code: 400, message: 'API key not valid. Please pass one.', status: 'INVALID_ARGUMENT' } }] },
  ],
  ['gemini.key_words', 'denied', { status: 400, body: { code: 'invalid argument', error: 'Incorrect API key provided: xa***ed.' } }],
  ['cloudflare.challenge', 'broken', page(403, { 'cf-mitigated': 'challenge' })],
  ['openai.slow_down_503', 'overloaded', openai(503, 'x', 'slow_down')],
  ['openai.rate_limit_exceeded', 'throttled', openai(429, 'x', 'slow_down')],
  ['openai.rate_limit_exceeded', 'throttled', openai(429, 'x', 'rate_limit_exceeded', 'tokens')],
  ['anthropic.rate_limit_error', 'throttled', anthropic(429, 'rate_limit_error')],
  ['openai.server_is_overloaded', 'overloaded', openai(503, 'x', 'server_is_overloaded')],
  ['anthropic.overloaded_error', 'overloaded', anthropic(529, 'overloaded_error')],
  ['anthropic.request_too_large', 'oversized', anthropic(413, 'request_too_large')],
  ['anthropic.timeout_error', 'slow', anthropic(504, 'timeout_error')],
  ['anthropic.conflict_error', 'broken', anthropic(409, 'conflict_error')],
  ['anthropic.api_error', 'broken', anthropic(500, 'api_error')],
  ['anthropic.invalid_request_error', 'invalid', anthropic(400, 'invalid_request_error')],
  ['openai.vector_store_timeout', 'slow', openai(200, 'x', 'vector_store_timeout')],
  ['openai.image', 'invalid', openai(200, 'x', 'invalid_base64_image')],
  ['http.401', 'denied', page(401)],
  ['http.403', 'denied', openai(403, 'You are not allowed to sample from this model')],
  ['http.404', 'missing', page(404)],
  ['http.404', 'missing', openai(410, 'Retired.')],
  ['http.408', 'slow', openai(408, 'x')],
  ['http.409', 'broken', openai(409, 'x')],
  ['http.413', 'oversized', page(413)],
  ['http.425', 'broken', openai(425, 'x')],
  ['http.429', 'throttled', openai(429, 'Provider returned error')],
  ['http.429', 'throttled', page(429)],
  ['http.503', 'overloaded', page(503)],
  ['http.504', 'slow', page(504)],
  ['cloudflare.timeout', 'slow', page(524)],
  ['anthropic.529', 'overloaded', page(529)],
  ['proxy.unreadable', 'broken', page(400)],
  ['proxy.unreadable', 'broken', { status: 405, body: '' }],
  ['http.4xx', 'invalid', openai(400, 'x')],
  ['http.5xx', 'broken', page(502)],
  ['http.5xx', 'broken', page(521)],
  ['openai.server_error', 'broken', openai(200, 'x', 'server_error')],
  ['any.overloaded_words', 'overloaded', openai(200, 'The model is at capacity', null, 'provider_error')],
  ['openai.invalid_request_error', 'invalid', openai(200, 'x')],
  ['any.unknown', 'broken', openai(200, 'x', null, 'provider_error')],
];

for (const [rule, kind, { status, body = '', headers = {}, dialect = 'openai-chat' }] of ANSWERS) {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  test(`${status} ${text.slice(0, 140)} is ${kind}, by ${rule}`, () => {
    const failure = dialectOf(dialect).decodeFailure({ status, headers, body: text });
    assert.deepEqual({ rule: failure.rule, kind: failure.kind }, { rule, kind });
  });
}

test('every row decides something', () => {
  const tried = new Set(ANSWERS.map(([rule]) => rule));
  assert.deepEqual(
    FAILURE_ROWS.map(({ id }) => id).filter((id) => !tried.has(id)),
    [],
  );
});

test('rows have ids of their own, and say where they come from', () => {
  assert.equal(new Set(FAILURE_ROWS.map(({ id }) => id)).size, FAILURE_ROWS.length);
  assert.deepEqual(
    FAILURE_ROWS.filter(({ id, source }) => !/^[a-z]+\.[a-z0-9_]+$/.test(id) || source.length < 15).map(({ id }) => id),
    [],
  );
  assert.equal(rowNamed('openai.insufficient_quota')?.kind, 'exhausted');
  assert.equal(rowNamed('openai.nonsense'), undefined);
});
