import assert from 'node:assert/strict';
import test from 'node:test';
import { setTimeout as later } from 'node:timers/promises';
import { startGateway, TARGETS } from '../conformance/gateway.ts';
import { startCollector } from '../support/collector.ts';

const PROMPT = 'the secret plan of the canary';

async function ask(url: string, headers: Record<string, string> = {}) {
  const body = JSON.stringify({ model: TARGETS['openai-chat'], messages: [{ role: 'user', content: PROMPT }] });
  const answer = await fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body,
  });
  assert.equal(answer.status, 200);
  return answer;
}

test('what a call was is on the page as soon as its caller has the answer', async (t) => {
  const { url } = await startGateway(t);
  const answer = await ask(url, { 'x-headgate-feature': 'search', 'x-headgate-user': 'ann' });
  const page = await fetch(`${url}/metrics`);
  const text = await page.text();
  assert.equal(page.headers.get('content-type'), 'text/plain; version=0.0.4; charset=utf-8');
  assert.match(text, /headgate_requests_total\{provider="chat",model="gpt-4\.1[^"]*",feature="search",outcome="ok"\} 1\n/);
  assert.ok(text.includes(`feature="search",tier="standard"} ${answer.headers.get('x-headgate-cost-usd')}\n`));
  assert.match(text, /headgate_overhead_seconds_count 1\n/);
  assert.match(text, /headgate_failed_attempts_total\{provider="claude",kind="denied"\} 0\n/);
  assert.match(text, /process_resident_memory_bytes \d{7,}\n/);
  assert.doesNotMatch(text, /ann|canary/);
  assert.equal((await fetch(`${url}/metrics`, { method: 'HEAD' })).status, 200);
  assert.equal((await fetch(`${url}/metrics`, { method: 'POST' })).status, 405);
});

test('the page is where it is said to be, or nowhere', async (t) => {
  const moved = await startGateway(t, [], { metrics: { path: '/internal/metrics', token: 'token-for-scrapers' } });
  const status = async (url: string, headers = {}) => (await fetch(url, { headers })).status;
  assert.deepEqual(
    [
      await status(`${moved.url}/metrics`),
      await status(`${moved.url}/internal/metrics`),
      await status(`${moved.url}/internal/metrics`, { authorization: 'Bearer token-for-scrapers' }),
    ],
    [404, 401, 200],
  );
  const { url } = await startGateway(t, [], { metrics: 'off' });
  assert.equal(await status(`${url}/metrics`), 404);
});

test('calls refused before anything was sent are counted by why, whoever refused them', async (t) => {
  const { url } = await startGateway(t, [], { server: { keys: [{ id: 'a', key: 'sixteen-characters' }] } });
  const refused = async (body: string, authorization = 'Bearer sixteen-characters') =>
    (await fetch(`${url}/v1/chat/completions`, { method: 'POST', headers: { authorization }, body })).status;
  const question = (model: string) => JSON.stringify({ model, messages: [{ role: 'user', content: 'hi' }] });
  assert.deepEqual(
    [await refused(question('nobody-knows-it')), await refused('no json'), await refused(question('x'), 'Bearer wrong'), await refused('')],
    [404, 400, 401, 400],
  );
  const text = await (await fetch(`${url}/metrics`)).text();
  const counted = [...text.matchAll(/headgate_refused_requests_total\{kind="(\w+)"\} ([1-9]\d*)\n/g)].map(
    ([, kind, count]) => `${kind} ${count}`,
  );
  assert.deepEqual(counted.sort(), ['invalid 2', 'unauthenticated 1', 'unroutable 1']);
});

test('a call is traced under its caller’s trace, told of what it took and of none of its words', async (t) => {
  const collector = await startCollector(t);
  const { url } = await startGateway(t, [], { otel: { endpoint: collector.url, conventions: 'genai-dev' } });
  const answer = await ask(url, { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', 'x-headgate-feature': 'search' });
  while (collector.received.length === 0) await later(20);
  const [call, attempt] = collector.received[0]!.spans;
  assert.deepEqual(
    [call?.traceId, call?.parentSpanId, attempt?.parentSpanId, attempt?.kind],
    ['0af7651916cd43dd8448eb211c80319c', 'b7ad6b7169203331', call?.spanId, 3],
  );
  const told = (key: string) => call?.attributes.find((attribute) => attribute.key === key)?.value;
  assert.deepEqual(told('headgate.cost_usd'), { doubleValue: Number(answer.headers.get('x-headgate-cost-usd')) });
  assert.doesNotMatch(JSON.stringify(collector.received), /canary/);
});

test('an exporter nobody listens to holds up no call, and says so once', async (t) => {
  const { url } = await startGateway(t, [], {
    otel: { endpoint: 'http://127.0.0.1:1', interval: 'off' },
    influx: { url: 'http://127.0.0.1:1', version: 1, database: 'llm', spill: 'off' },
  });
  for (let number = 0; number < 5; number += 1) await ask(url);
  const text = await (await fetch(`${url}/metrics`)).text();
  assert.match(text, /headgate_export_dropped_total\{sink="influx"\} 0\n/);
  assert.match(text, /headgate_export_dropped_total\{sink="otlp"\} 0\n/);
});
