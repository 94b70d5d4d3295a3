import assert from 'node:assert/strict';
import test from 'node:test';
import type { AlertRule } from '../../src/policy/alerts/rules.ts';
import { bench } from '../support/alerting.ts';

const AUTH: AlertRule = { rule: 'upstream_auth', name: 'upstream_auth', notify: ['ops'], remindMs: 3_600_000 };
const refused = (key: string) => ({ type: 'keyParked', provider: 'openai', key, reason: 'denied', status: 401 }) as const;
const restored = (key: string) => ({ type: 'keyRestored', provider: 'openai', key }) as const;

test('what fired while a recipient was away for ten minutes all arrives after it, in order and none twice', async () => {
  let away = true;
  let asked = 0;
  const { tell, pass, posted, logged } = bench({
    rules: [AUTH],
    answer() {
      asked += 1;
      if (away) throw new Error('connect ECONNREFUSED');
      return { status: 200 };
    },
  });
  for (let minute = 0; minute < 10; minute += 1) {
    const key = minute % 2 === 0 ? 'k1' : 'k2';
    tell(refused(key));
    await pass(30_000, 1_000);
    tell(restored(key));
    await pass(30_000, 1_000);
  }
  // The log heard all of it meanwhile, and the one that is away was not asked all the time.
  assert.deepEqual([posted.length, logged.length, asked > 5 && asked < 40], [0, 20, true]);
  away = false;
  await pass(120_000, 1_000);
  assert.deepEqual(
    posted.map(({ type, about }) => `${type} ${about['key']}`).filter((line) => line.endsWith('k1')),
    Array.from({ length: 5 }, () => ['firing k1', 'resolved k1']).flat(),
  );
  assert.equal(new Set(posted.map(({ id }) => id)).size, 20);
  assert.equal(posted.length, 20);
});

test('a recipient that asks for patience gets it', async () => {
  const asked: number[] = [];
  const { tell, pass, world } = bench({
    rules: [AUTH],
    answer() {
      asked.push(world.elapsed());
      return asked.length === 1 ? { status: 429, headers: { 'retry-after': '40' } } : { status: 200 };
    },
  });
  tell(refused('k1'));
  await pass(60_000, 1_000);
  assert.deepEqual(asked, [0, 40_000]);
});

test('a letter nobody takes in time is given up and told of; the next one arrives', async () => {
  const lost: string[] = [];
  let refuses = true;
  const { tell, pass, posted } = bench({
    rules: [AUTH],
    answer: () => ({ status: refuses ? 400 : 200, body: 'bad key' }),
    onDead: (message) => lost.push(message),
    config: {
      rules: [AUTH],
      recipients: new Map([['ops', { kind: 'webhook', url: 'http://ops.test/', headers: {} }]]),
      deadAfterMs: 600_000,
    },
  });
  tell(refused('k1'));
  await pass(700_000, 5_000);
  assert.deepEqual(lost, [
    '"openai refuses the key k1; it is not used, other keys go on" did not reach ops: it answers with status 400: bad key',
  ]);
  refuses = false;
  tell(restored('k1'));
  await pass(70_000, 5_000);
  assert.deepEqual(
    posted.map(({ type }) => type),
    ['resolved'],
  );
});

test('one recipient that hangs holds up no other, and the others hear that it does', async () => {
  const health: AlertRule = { rule: 'undelivered', name: 'undelivered', notify: ['other'], afterMs: 300_000 };
  const arrived: string[] = [];
  const rule = { ...AUTH, notify: ['hangs', 'other'] };
  const recipient = (name: string) => [name, { kind: 'webhook', url: `http://${name}.test/`, headers: {} } as const] as const;
  const { tell, pass } = bench({
    rules: [rule, health],
    config: { rules: [rule, health], recipients: new Map([recipient('hangs'), recipient('other')]), deadAfterMs: 86_400_000 },
    post: async ({ url, body }) => {
      if (url.includes('hangs')) throw new DOMException('', 'TimeoutError');
      arrived.push((JSON.parse(String(body)) as { summary: string }).summary);
      return { status: 200, headers: {}, body: '' };
    },
  });
  tell(refused('k1'));
  await pass(0);
  assert.deepEqual(arrived, ['openai refuses the key k1; it is not used, other keys go on']);
  await pass(310_000, 1_000);
  assert.deepEqual(arrived.slice(1), ['hangs has taken no alert for 5 min: it does not answer in time']);
});
