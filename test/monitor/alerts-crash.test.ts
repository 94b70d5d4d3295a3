import assert from 'node:assert/strict';
import test from 'node:test';
import type { AlertRule } from '../../src/policy/alerts/rules.ts';
import type { Ask } from '../../src/store/ask.ts';
import type { Database } from '../../src/store/database.ts';
import { migrate } from '../../src/store/migrate.ts';
import { sqlite } from '../../src/store/sqlite.ts';
import { runTask } from '../../src/store/tasks.ts';
import { simulatedWorld } from '../../src/world/simulated.ts';
import { type Bench, bench, dailySpend, type Posted, settled, usageRecord } from '../support/alerting.ts';

const AUTH: AlertRule = { rule: 'upstream_auth', name: 'upstream_auth', notify: ['ops'], remindMs: 3_600_000_000 };
/** Steps at which something fires or is resolved. */
const EVENTFUL = [2, 6, 10];
const RULES = [AUTH, dailySpend()];
const DAY = 86_400_000;
const MINUTE = 60_000;
/** Ten minutes before the day is over. */
const START_MS = Date.UTC(2026, 10, 26, 23, 50);

test('killed at any of 200 moments, everything that fired is told once and resolved once', async () => {
  const kills = simulatedWorld({ seed: 7 });
  const told = new Set<string>();
  for (let run = 0; run < 200; run += 1) {
    const db = await database();
    const arrived: Posted[] = [];
    // The end of a day in steps of a minute, spent through the ledger; whoever dies is started again a minute later.
    const steps = 15;
    let killAtStep = kills.random() < 0.5 ? Math.floor(kills.random() * steps) : EVENTFUL[Math.floor(kills.random() * EVENTFUL.length)]!;
    let gateway = begin(db, START_MS, arrived);
    await gateway.work.pass(1000);
    for (let step = 0; step < steps; step += 1) {
      const nowMs = START_MS + step * MINUTE;
      // 9 dollars a day before, 2 a minute now: it fires in the seventh minute, and the key is refused from the second to the fifth.
      if (step < 10) await spend(db, nowMs, 2);
      if (step >= 2 && step <= 5) gateway.work.tell({ type: 'keyParked', provider: 'openai', key: 'k1', reason: 'denied', status: 401 });
      if (step === 6) gateway.work.tell({ type: 'keyRestored', provider: 'openai', key: 'k1' });
      if (step > 6) gateway.answered();
      if (step === killAtStep) gateway.dieAfter(Math.floor(kills.random() * 6), kills.random() < 0.5);
      await gateway.work.pass(MINUTE, 5_000 + 1_000 * Math.floor(kills.random() * 30));
      if (gateway.dead) {
        killAtStep = -1;
        gateway = begin(db, nowMs + MINUTE, arrived);
      }
    }
    await gateway.work.pass(120_000, 15_000);
    const unique = [...new Map(arrived.map((news) => [news.id, `${news.type} ${news.fingerprint} ${news.period}`])).values()];
    assert.deepEqual(
      unique.toSorted(),
      [
        'firing daily_spend by feature{feature="chat"} 2026-11-26',
        'firing upstream_auth{provider="openai",key="k1"} ',
        'resolved daily_spend by feature{feature="chat"} 2026-11-26',
        'resolved upstream_auth{provider="openai",key="k1"} ',
      ],
      `run ${run}`,
    );
    for (const { id } of arrived) told.add(`${run} ${id}`);
    await db.close();
  }
  assert.equal(told.size, 800);
});

test('three gateways that see one fault tell of it once, a hundred times', async () => {
  for (let run = 0; run < 100; run += 1) {
    const db = await database();
    const arrived: Posted[] = [];
    await spend(db, START_MS, 40);
    const gateways = [0, 1, 2].map(() => begin(db, START_MS, arrived));
    for (const { work } of gateways) work.tell({ type: 'keyParked', provider: 'openai', key: 'k1', reason: 'denied', status: 401 });
    for (let step = 0; step < 8; step += 1) for (const { work } of gateways) await work.pass(1000, 1000);
    assert.deepEqual(
      arrived.map(({ type, rule }) => `${type} ${rule}`).toSorted(),
      ['firing daily_spend', 'firing upstream_auth'],
      `run ${run}`,
    );
    for (const { work } of gateways) await work.alerts.close();
    await db.close();
  }
});

interface Gateway {
  readonly work: Bench;
  /** After so many more questions to the database or the webhook; `done`: whether the last is carried out. */
  dieAfter(questions: number, done: boolean): void;
  /** Its provider answers calls, for all that is known with any of its keys. */
  answered(): void;
  readonly dead: boolean;
}

const never = () => new Promise<never>(() => {});

/** A gateway on a database, from a moment on. Once dead it does nothing more, and what it waits for never comes. */
function begin(db: Database, startMs: number, arrived: Posted[]): Gateway {
  let dead = false;
  let left = Number.POSITIVE_INFINITY;
  let done = false;
  /** Whether a question is carried out and answered. */
  const fate = (): { readonly carried: boolean; readonly answered: boolean } => {
    if (dead) return { carried: false, answered: false };
    left -= 1;
    if (left >= 0) return { carried: true, answered: true };
    dead = true;
    return { carried: done, answered: false };
  };
  const ask: Ask = (async (name, input) => {
    const { carried, answered } = fate();
    const value = carried ? await runTask(db, name, input) : undefined;
    return answered ? value : never();
  }) as Ask;
  const work = bench({
    rules: RULES,
    startMs,
    ask,
    books: { ask },
    keys: () => new Map([['openai', ['k1']]]),
    post: async ({ body }) => {
      const { carried, answered } = fate();
      if (carried) arrived.push(JSON.parse(String(body)) as Posted);
      return answered ? { status: 200, headers: {}, body: '' } : never();
    },
  });
  return {
    work,
    dieAfter(questions, carriedOut) {
      left = questions;
      done = carriedOut;
    },
    answered: () => work.alerts.hear([ANSWER]),
    get dead() {
      return dead;
    },
  };
}

const ANSWER = usageRecord({ feature: 'other' });

/** A database whose feature spent 9 dollars on each of three days. */
async function database(): Promise<Database> {
  const db = sqlite({ file: ':memory:', busyMs: 0 });
  await migrate(db);
  for (let day = 1; day <= 3; day += 1) await spend(db, START_MS - day * DAY, 9);
  return db;
}

const COLUMNS = [
  ...['calls', 'attempts', 'failures', 'unpriced', 'estimated', 'input_tokens', 'cache_read_tokens', 'cache_write_tokens'],
  ...['output_tokens', 'reasoning_tokens'],
];

/** As the ledger adds to its day. */
async function spend(db: Database, atMs: number, dollars: number): Promise<void> {
  await db.all(
    `insert into usage_bucket (level, start_ms, feature, user_id, model, key_id, provider, ${COLUMNS.join(', ')}, cost_micro, cost_pico)
     values ('day', $1, 'chat', '', 'm', 'k', 'openai', ${COLUMNS.map(() => 0).join(', ')}, $2, 0)
     on conflict (level, start_ms, feature, user_id, model, key_id, provider) do update set cost_micro = usage_bucket.cost_micro + excluded.cost_micro`,
    [Math.floor(atMs / DAY) * DAY, dollars * 1_000_000],
  );
  await settled();
}
