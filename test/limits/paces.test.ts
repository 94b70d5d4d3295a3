import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import { createRates, type Paced, type Rates, type Taken } from '../../src/limits/rates.ts';
import { createSharedRates } from '../../src/limits/shared-rates.ts';
import type { Ask } from '../../src/store/ask.ts';
import { connect } from '../../src/store/connect.ts';
import { migrate } from '../../src/store/migrate.ts';
import { runTask } from '../../src/store/tasks.ts';
import { type SimulatedWorld, simulatedWorld } from '../../src/world/simulated.ts';
import { engines } from '../support/engines.ts';
import { gateway } from './gateway.ts';

const GATEWAYS = 8;
const STEP_MS = 20;

/** Gateways that are asked for more than they may let in, and how many calls they let in each second. */
async function crowd(
  world: SimulatedWorld,
  gateways: readonly Rates[],
  plan: { readonly paced: Paced; readonly perSecond: number; readonly seconds: number; readonly tokens?: number; readonly used?: number },
): Promise<number[]> {
  const { paced, perSecond, seconds, tokens = 0, used } = plan;
  const letIn: number[] = [];
  const ask = (rates: Rates) =>
    new Promise<void>((over) =>
      rates.prepare([paced], tokens, () => {
        const found = rates.look([paced], tokens);
        if (!('retryAfterMs' in found)) admit(found);
        over();
      }),
    );
  function admit(taken: readonly Taken[]): void {
    for (const one of taken) one.take();
    letIn[letIn.length - 1]! += 1;
    if (used !== undefined) world.after(2000, () => taken.forEach((one) => void (one.of === 'tokens' && one.settle(used))));
  }
  for (let second = 0; second < seconds; second += 1) {
    letIn.push(0);
    for (let stepMs = 0; stepMs < 1000; stepMs += STEP_MS) {
      const due = ((perSecond / gateways.length) * STEP_MS) / 1000;
      const asked = gateways.flatMap((rates) => Array.from({ length: Math.floor(due + world.random()) }, () => ask(rates)));
      await Promise.all(asked);
      world.advance(STEP_MS);
    }
  }
  return letIn;
}

const sum = (numbers: readonly number[]) => numbers.reduce((all, one) => all + one, 0);

const ENGINES = engines();

for (const { name, skip, fresh } of ENGINES) {
  const shared = async (t: TestContext, world: SimulatedWorld) => {
    const db = await connect(await fresh());
    t.after(() => db.close());
    await migrate(db);
    const asked = { times: 0, away: false };
    const ask = ((task, input) => {
      asked.times += 1;
      return asked.away ? Promise.reject(new Error('away')) : runTask(db, task, input);
    }) as Ask;
    return { db, asked, gateways: Array.from({ length: GATEWAYS }, () => createSharedRates({ ask, world })) };
  };

  test(`eight gateways let in what one may, nearly all of it and no more, on ${name}`, { skip }, async (t) => {
    const world = simulatedWorld();
    const { gateways, asked } = await shared(t, world);
    const limits = { requestsPerMinute: 6000 };
    const letIn = await crowd(world, gateways, { paced: { name: 'key ci', limits }, perSecond: 300, seconds: 30 });
    // A sixth of a minute's requests at once, then a hundred a second.
    const [all, steady] = [sum(letIn), sum(letIn.slice(10))];
    t.diagnostic(`${all} in 30 s, ${steady} in the last 20; the store was asked ${asked.times} times`);
    assert.ok(all <= 1000 + 3000, `too many: ${all}`);
    assert.ok(steady <= 2000 * 1.01, `too many: ${steady}`);
    assert.ok(steady >= 2000 * 0.97, `too few: ${steady}`);
  });

  test(`a busy gateway asks ten times a second, however many calls it lets in, on ${name}`, { skip }, async (t) => {
    const world = simulatedWorld();
    const { gateways, asked } = await shared(t, world);
    const limits = { requestsPerMinute: 600_000 };
    const letIn = await crowd(world, gateways.slice(0, 1), { paced: { name: 'key ci', limits }, perSecond: 400, seconds: 10 });
    assert.ok(sum(letIn) > 3500, String(sum(letIn)));
    assert.ok(asked.times <= 120, `asked too often: ${asked.times}`);
  });

  test(`of ten requests a minute none is let in twice, on ${name}`, { skip }, async (t) => {
    const world = simulatedWorld();
    const { gateways } = await shared(t, world);
    const letIn = await crowd(world, gateways, {
      paced: { name: 'key ci', limits: { requestsPerMinute: 10 } },
      perSecond: 40,
      seconds: 60,
    });
    assert.equal(sum(letIn.slice(0, 5)), 10);
    assert.ok([19, 20].includes(sum(letIn)), String(sum(letIn)));
  });

  test(`tokens are shared as they are used, on ${name}`, { skip }, async (t) => {
    const world = simulatedWorld();
    const { gateways } = await shared(t, world);
    const paced = { name: 'key ci', limits: { tokensPerMinute: 60_000 } };
    const letIn = await crowd(world, gateways, { paced, perSecond: 20, seconds: 40, tokens: 500, used: 200 });
    // A minute's tokens at once, then a thousand a second; 500 of each call are kept for two seconds.
    const used = sum(letIn) * 200;
    const other = simulatedWorld();
    const single = await crowd(other, [createRates(other.elapsed)], { paced, perSecond: 20, seconds: 40, tokens: 500, used: 200 });
    t.diagnostic(`${used} tokens in 40 s; one gateway lets in ${sum(single) * 200}`);
    assert.ok(used <= 100_000, `too many: ${used}`);
    assert.ok(used >= sum(single) * 200 * 0.97, `too few: ${used}`);
  });

  test(`without the store each gateway paces by itself, and with the others again when it is back, on ${name}`, { skip }, async (t) => {
    const world = simulatedWorld();
    const { gateways, asked } = await shared(t, world);
    const limits = { requestsPerMinute: 60 };
    const paced = { name: 'key ci', limits };
    const before = sum(await crowd(world, gateways, { paced, perSecond: 40, seconds: 5 }));
    assert.ok(before >= 14 && before <= 15, String(before));
    asked.away = true;
    assert.ok(sum(await crowd(world, gateways, { paced, perSecond: 40, seconds: 5 })) > 60);
    asked.away = false;
    await crowd(world, gateways, { paced, perSecond: 40, seconds: 2 });
    const back = sum(await crowd(world, gateways, { paced, perSecond: 40, seconds: 10 }));
    assert.ok(back <= 11 && back >= 9, String(back));
  });

  test(`what a gateway had ready is there for others when it stops, on ${name}`, { skip }, async (t) => {
    const world = simulatedWorld();
    const { gateways, db } = await shared(t, world);
    const paced = { name: 'key ci', limits: { requestsPerMinute: 6000 } };
    await crowd(world, gateways, { paced, perSecond: 80, seconds: 1 });
    await Promise.all(gateways.map((rates) => rates.close()));
    const [row] = await db.all('select due_ns from pace');
    assert.ok(Number(BigInt(row!['due_ns']!) / 1_000_000n) - world.now() <= 10, 'something is still taken');
  });
}

const postgres = ENGINES.find(({ name }) => name === 'PostgreSQL')!;

test('two gateways on one PostgreSQL keep to one limit, and tell callers what is left of it', { skip: postgres.skip }, async (t) => {
  const location = await postgres.fresh();
  assert.ok('url' in location);
  const limits = 'limits: [{ scope: {}, requestsPerMinute: 6 }]';
  const gateways = [];
  for (const _ of [1, 2]) gateways.push(await gateway(t, limits, `{ url: "${location.url}", journal: off }`));
  const seen: [status: number, left: string | null][] = [];
  for (let call = 0; call < 8; call += 1) {
    const { ask, provider } = gateways[call % 2]!;
    let answer: Response | undefined;
    void ask(10).then((response) => (answer = response));
    while (!answer) {
      provider.waiting[0]?.answer(1);
      await new Promise((resolve) => setImmediate(resolve));
    }
    const { status, headers } = answer;
    seen.push([status, headers.get('x-ratelimit-remaining-requests')]);
  }
  assert.deepEqual(
    seen.map(([status]) => status),
    [200, 200, 200, 200, 200, 200, 429, 429],
  );
  assert.deepEqual(
    seen.slice(0, 6).map(([, left]) => left),
    ['5', '4', '3', '2', '1', '0'],
  );
});

test('eight gateways that know nothing of each other let in eight times as much', async () => {
  const world = simulatedWorld();
  const gateways = Array.from({ length: GATEWAYS }, () => createRates(world.elapsed));
  const paced = { name: 'key ci', limits: { requestsPerMinute: 60 } };
  const letIn = await crowd(world, gateways, { paced, perSecond: 40, seconds: 30 });
  assert.ok(sum(letIn) > 7 * 40, String(sum(letIn)));
});
