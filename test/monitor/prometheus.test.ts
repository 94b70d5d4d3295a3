import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { setTimeout as later } from 'node:timers/promises';
import { readConfig } from '../../src/config/read.ts';
import { createHeadgate } from '../../src/headgate.ts';
import { formatUsd, type Money } from '../../src/model/money.ts';
import { createSimulator, networkOf } from '../../src/simulator/index.ts';
import { realWorld } from '../../src/world/real.ts';
import { lintMetrics, startPrometheus, withoutPrometheus } from '../support/prometheus.ts';
import { programFile } from '../support/servers.ts';

const skip = withoutPrometheus();

const CALLS = 10_000;
const FEATURES = 500;
const AT_ONCE = 50;

const CONFIG = `
providers:
  openai: { dialect: openai, apiKey: k }
  anthropic: { dialect: anthropic, apiKey: k }
models:
  cheap: openai/gpt-6-luna
  dear: anthropic/claude-opus-5-5
  free: openai/sim-free
ledger: { file: ":memory:" }
`;

test('what a real Prometheus scrapes under load is the ledger’s sum, in few series whatever callers name', { skip }, async (t) => {
  const read = readConfig(CONFIG, {});
  if ('problems' in read) assert.fail(JSON.stringify(read.problems));
  const network = networkOf(createSimulator({ world: realWorld }), realWorld, () => ({ authorization: 'Bearer k', 'x-api-key': 'k' }));
  const headgate = await createHeadgate(read.config, { network });
  const door = await headgate.listen({ host: '127.0.0.1', port: 0 });
  const prometheus = await startPrometheus({ scrapes: [new URL(door.url).host] });
  t.after(async () => {
    await prometheus.stop();
    await door.close(0);
    await headgate.close();
  });

  let next = 0;
  const one = async () => {
    for (let number = next++; number < CALLS; number = next++) {
      const model = ['cheap', 'cheap', 'dear', 'free'][number % 4];
      const answer = await headgate.fetch('http://headgate/v1/chat/completions', {
        method: 'POST',
        headers: { 'x-headgate-feature': `feature ${number % FEATURES}`, 'x-headgate-user': `user ${number}` },
        body: JSON.stringify({
          model,
          max_completion_tokens: 500,
          messages: [{ role: 'user', content: `${number}: ${'word '.repeat(number % 20)}` }],
        }),
      });
      assert.equal(answer.status, 200);
      await answer.arrayBuffer();
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, one));

  const all = { fromMs: 0, toMs: Date.now() + 86_400_000, by: [] };
  const [sum] = await headgate.ledger!.usage(all);
  const cost = Number(formatUsd(sum?.cost ?? (0n as Money)));
  assert.ok(cost > 1, `${cost} dollars`);
  const page = await (await fetch(`${door.url}/metrics`)).text();
  assert.equal(lintMetrics(page), '');
  assert.doesNotMatch(page, /user \d/);

  const scraped = async (expr: string) => (await prometheus.query(expr))[''] ?? 0;
  while ((await scraped('sum(headgate_requests_total)')) < CALLS) await later(100);
  const difference = Math.abs((await scraped('sum(headgate_cost_usd_total)')) - cost);
  assert.ok(difference < 1e-9, `${difference} dollars of ${cost} are missing or too many`);
  assert.deepEqual(
    [
      await scraped('sum(headgate_requests_total)'),
      await scraped('sum(headgate_tokens_total)'),
      await scraped('sum(headgate_unpriced_calls_total)'),
    ],
    [CALLS, (sum?.inputTokens ?? 0) + (sum?.outputTokens ?? 0), CALLS / 4],
  );
  const series = await scraped('sum(scrape_samples_scraped)');
  assert.ok(series > 500 && series <= 2000, `${series} series`);
});

test('the alert rules are sound, fire when they should and only then', { skip }, () => {
  for (const args of [
    ['check', 'rules', 'headgate.rules.yml'],
    ['test', 'rules', 'headgate.rules.test.yml'],
  ]) {
    const { status, stdout, stderr } = spawnSync(programFile('promtool')!, args, { cwd: 'deploy/prometheus', encoding: 'utf8' });
    assert.equal(status, 0, stdout + stderr);
  }
});

test('every alert rule has a case, and asks for metrics there are', () => {
  const rules = readFileSync('deploy/prometheus/headgate.rules.yml', 'utf8');
  const cases = readFileSync('deploy/prometheus/headgate.rules.test.yml', 'utf8');
  const names = [...rules.matchAll(/alert: (\w+)/g)].map(([, name]) => name);
  assert.deepEqual(
    names.filter((name) => !cases.includes(`alertname: ${name}\n`)),
    [],
  );
  const metrics = new Set([...rules.matchAll(/\bheadgate_[a-z_]+/g)].map(([name]) => name));
  const table = readFileSync('docs/monitoring.md', 'utf8');
  assert.deepEqual(
    [...metrics].filter((name) => !table.includes(`| \`${name}\` |`)),
    [],
  );
});
