import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import test from 'node:test';
import { type MetricsDoor, metricsPage } from './metrics-page.ts';

const OPEN: MetricsDoor = { path: '/metrics', exposed: false };
const KEYED: MetricsDoor = { path: '/metrics', exposed: true, tokenSha256: hash('sha256', 'a-token-for-scrapers') };

const ask = (door: MetricsDoor, { method = 'GET', target = '/metrics', authorization }: Record<string, string> = {}) =>
  metricsPage({ method, target, headers: { ...(authorization && { authorization }) } }, door, () => 'up 1\n', 'text/plain');

test('the page is given to whoever asks at its path, a query or not, GET or HEAD', () => {
  const page = { status: 200, headers: { 'content-type': 'text/plain', 'cache-control': 'no-store' }, body: 'up 1\n' };
  assert.deepEqual(
    [{}, { target: '/metrics?name=x' }, { method: 'HEAD' }].map((request) => ask(OPEN, request)),
    [page, page, page],
  );
});

const CASES: Record<string, [MetricsDoor, Record<string, string>, number | undefined]> = {
  'another path is not the page': [OPEN, { target: '/metrics/x' }, undefined],
  'nothing may be posted to it': [OPEN, { method: 'POST' }, 405],
  'the right token opens it': [KEYED, { authorization: 'Bearer a-token-for-scrapers' }, 200],
  'the word before the token may be written small': [KEYED, { authorization: 'bearer a-token-for-scrapers' }, 200],
  'a wrong token does not': [KEYED, { authorization: 'Bearer a-token-for-scraperz' }, 401],
  'no token does not': [KEYED, {}, 401],
  'without a token it is closed where strangers could read it': [{ ...OPEN, exposed: true }, {}, 403],
};
for (const [name, [door, request, status]] of Object.entries(CASES)) {
  test(name, () => assert.equal(ask(door, request)?.status, status));
}
