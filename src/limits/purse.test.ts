import assert from 'node:assert/strict';
import test from 'node:test';
import type { BudgetAccount } from '../accounting/charge.ts';
import type { Money } from '../model/money.ts';
import type { Ask } from '../store/ask.ts';
import { budgetStates, chargeBudgets, sweepHolds } from '../store/budgets.ts';
import type { Database } from '../store/database.ts';
import { migrate } from '../store/migrate.ts';
import { sqlite } from '../store/sqlite.ts';
import { runTask } from '../store/tasks.ts';
import { type SimulatedWorld, simulatedWorld } from '../world/simulated.ts';
import type { Stake } from './lease.ts';
import { createPurse, type Purse, type Shortage } from './purse.ts';

const START_MS = Date.UTC(2026, 0, 1);
const account: BudgetAccount = { budget: 'total per month', value: '', startMs: START_MS, endMs: Date.UTC(2026, 1, 1) };
const LIMIT = 10_000n;
const DEADLINE_MS = 1000;
const TTL_MS = DEADLINE_MS + 180_000;

async function opened() {
  const db = sqlite({ file: ':memory:', busyMs: 0 });
  await migrate(db);
  const asked: string[] = [];
  const ask = (async (name, input) => {
    asked.push(name);
    return runTask(db, name, input);
  }) as Ask;
  return { db, ask, asked };
}

const reserve = (purse: Purse, world: SimulatedWorld, amount: bigint) =>
  new Promise<Stake | Shortage>((decide) =>
    purse.reserve([{ account, scope: {}, limit: LIMIT, amount }], world.now() + DEADLINE_MS + 60_000, decide),
  );

const state = async (db: Database, nowMs: number) => (await budgetStates(db, { nowMs, budgets: [] }))[0]!;

/** Lets what was asked of the store be answered. */
const answered = () => new Promise<void>((resolve) => setImmediate(resolve));

test('most calls are let in without asking the store, and wait for it in order where they must', async () => {
  const { ask, asked } = await opened();
  const world = simulatedWorld();
  const purse = createPurse({ ask, world });
  const order: number[] = [];
  for (let call = 0; call < 50; call += 1)
    void reserve(purse, world, 4n).then((outcome) => {
      if (!('length' in outcome)) return;
      order.push(call);
      purse.settle(outcome, [4n]);
    });
  for (let turn = 0; turn < 20; turn += 1) await answered();
  assert.deepEqual(
    order,
    Array.from({ length: 50 }, (_, call) => call),
  );
  assert.ok(asked.filter((name) => name === 'holdBudgets').length <= 3, asked.join());
});

test('what calls leave over is given back soon, and all of it when nobody calls', async () => {
  const { db, ask } = await opened();
  const world = simulatedWorld();
  const purse = createPurse({ ask, world });
  const stake = await reserve(purse, world, 5000n);
  assert.ok('length' in stake);
  purse.settle(stake, [10n]);
  await chargeBudgets(db, [{ account, amount: 10n as Money, holder: stake[0]!.lease.holder }]);
  world.advance(50);
  await answered();
  assert.deepEqual([(await state(db, world.now())).held <= LIMIT / 50n, (await state(db, world.now())).spent], [true, 10n]);
  for (let second = 0; second < 11; second += 1) {
    world.advance(1000);
    await answered();
  }
  assert.equal((await state(db, world.now())).held, 0n);
});

test('a store that does not answer lets in what is ready, and then nothing', async () => {
  const { ask } = await opened();
  const world = simulatedWorld();
  let away = false;
  const flaky = ((name, input) => (away ? Promise.reject(new Error('gone')) : ask(name, input))) as Ask;
  const purse = createPurse({ ask: flaky, world });
  await reserve(purse, world, 1n);
  away = true;
  assert.ok('length' in (await reserve(purse, world, 100n)));
  assert.deepEqual(await reserve(purse, world, 5000n), { away: 'gone' });
});

test('a store that hangs is waited for five seconds', async () => {
  const world = simulatedWorld();
  const purse = createPurse({ ask: (() => new Promise(() => {})) as Ask, world });
  const outcome = reserve(purse, world, 1n);
  world.advance(5000);
  assert.deepEqual(await outcome, { away: 'no answer within 5 s' });
});

test('while a store hangs one call asks it, and the others are refused at once', async () => {
  const { ask } = await opened();
  const world = simulatedWorld();
  let answers: (() => void)[] = [];
  const slow = ((name, input) =>
    new Promise((resolve, reject) => {
      answers.push(() => void ask(name, input).then(resolve as never, reject));
    })) as Ask;
  const purse = createPurse({ ask: slow, world });
  const outcomes: string[] = [];
  const come = (name: string) =>
    void reserve(purse, world, 1n).then((outcome) => outcomes.push(`${name} ${'away' in outcome ? 'refused' : 'let in'}`));
  come('first');
  world.advance(4000);
  come('second');
  world.advance(1000);
  await answered();
  assert.deepEqual(outcomes, ['first refused', 'second refused']);
  come('third');
  await answered();
  assert.deepEqual(outcomes.slice(2), ['third refused']);
  for (const answer of answers.splice(0)) answer();
  for (let turn = 0; turn < 5; turn += 1) await answered();
  answers = [];
  come('fourth');
  for (let turn = 0; turn < 5; turn += 1) await answered();
  assert.deepEqual(outcomes.slice(3), ['fourth let in']);
});

interface Process {
  purse: Purse;
  readonly calls: Set<{ readonly stake: Stake; readonly amount: bigint }>;
}

for (const seed of [1, 2, 3, 4]) {
  test(`fifty killed processes and lost answers of the store leave the sums right (seed ${seed})`, async () => {
    const { db, ask } = await opened();
    const world = simulatedWorld({ seed });
    const upTo = (most: number) => 1 + Math.floor(world.random() * most);
    // Now and then an answer of the store is lost, when the work was done and when it was not.
    const flaky = (async (name: never, input: never) => {
      const luck = world.random();
      if (luck < 0.02) throw new Error('lost before');
      const value = await ask(name, input);
      if (luck > 0.98) throw new Error('lost after');
      return value;
    }) as unknown as Ask;
    const begin = (): Process => ({ purse: createPurse({ ask: flaky, world }), calls: new Set() });
    const processes = [begin(), begin(), begin(), begin()];
    let spent = 0n;
    let kills = 0;
    let refusedWrongly = 0;

    async function settle(process: Process, call: { readonly stake: Stake; readonly amount: bigint }, isAlive: boolean): Promise<void> {
      const cost = BigInt(upTo(Number(call.amount)));
      spent += cost;
      if (isAlive) process.purse.settle(call.stake, [cost]);
      await chargeBudgets(db, [{ account, amount: cost as Money, holder: call.stake[0]!.lease.holder }]);
    }

    while (kills < 50) {
      const process = processes[upTo(4) - 1]!;
      const luck = world.random();
      if (luck < 0.03) {
        kills += 1;
        // Of its calls some were journalled and are written by its successor; the others took nothing anyone knows of.
        for (const call of process.calls) if (world.random() < 0.5) await settle(process, call, false);
        processes[processes.indexOf(process)] = begin();
      } else if (luck < 0.55) {
        const amount = BigInt(upTo(40));
        void reserve(process.purse, world, amount).then((outcome) => {
          if ('length' in outcome) process.calls.add({ stake: outcome, amount });
          else if ('short' in outcome && outcome.short.spent + outcome.short.held + amount <= LIMIT) refusedWrongly += 1;
        });
      } else {
        const [call] = process.calls;
        if (!call) continue;
        process.calls.delete(call);
        await settle(process, call, true);
      }
      if (world.random() < 0.2) world.advance(upTo(400));
      await answered();
      const { spent: booked, held } = await state(db, 0).catch(() => ({ spent: 0n, held: 0n }));
      assert.ok(booked + held <= LIMIT, `${booked} spent and ${held} held`);
    }

    for (const process of processes) for (const call of process.calls) await settle(process, call, true);
    for (const { purse } of processes) await purse.close();
    world.advance(TTL_MS);
    await answered();
    await sweepHolds(db, { nowMs: world.now() });
    const after = await state(db, world.now());
    assert.deepEqual([after.spent, after.held, refusedWrongly], [spent, 0n, 0]);
  });
}
