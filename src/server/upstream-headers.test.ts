import assert from 'node:assert/strict';
import test from 'node:test';
import { upstreamHeaders } from './upstream-headers.ts';

test('what vendors and tracing define goes on; everything else stays here', () => {
  const goesOn = {
    'user-agent': 'OpenAI/JS 7.57.0',
    'x-client-request-id': 'r1',
    traceparent: '00-1-2-01',
    tracestate: 'a=b',
    'openai-beta': 'x',
    'openai-organization': 'org',
    'anthropic-version': '2026-10-21',
    'x-stainless-lang': 'js',
  };
  const stays = {
    host: 'gateway',
    connection: 'keep-alive',
    authorization: 'Bearer hg',
    'x-api-key': 'hg',
    cookie: 'a=1',
    'proxy-authorization': 'Basic x',
    'content-length': '2',
    'content-type': 'application/json',
    'content-encoding': 'gzip',
    'transfer-encoding': 'chunked',
    'accept-encoding': 'gzip',
    te: 'trailers',
    forwarded: 'for=1.2.3.4',
    'x-forwarded-for': '1.2.3.4',
    'x-headgate-feature': 'search',
    'idempotency-key': 'once',
    'x-portkey-config': '{}',
  };
  assert.deepEqual(upstreamHeaders({ ...stays, ...goesOn, 'anthropic-beta': ['one', 'two'] }), { ...goesOn, 'anthropic-beta': 'one, two' });
});
