import assert from 'node:assert/strict';
import test from 'node:test';
import { createPricer } from '../accounting/pricer.ts';
import { priceBook } from '../accounting/prices/index.ts';
import { factsOf } from '../catalogue/index.ts';
import { inboundOf } from '../lanes/inbound.ts';
import type { Attempt, Target } from '../model/attempt.ts';
import type { Failure } from '../model/failure.ts';
import { usd } from '../model/money.ts';
import type { Provider } from '../model/provider.ts';
import { budgetName } from '../policy/budget.ts';
import type { Ask } from '../store/ask.ts';
import { migrate } from '../store/migrate.ts';
import { sqlite } from '../store/sqlite.ts';
import { runTask } from '../store/tasks.ts';
import { simulatedWorld } from '../world/simulated.ts';
import { type Admitted, createLimiter } from './limiter.ts';
import type { Choice } from './plan.ts';

const target: Target = { provider: 'openai', model: 'gpt-6-sol', dialect: 'openai-chat' };
const choice: Choice = { target, facts: factsOf('gpt-6-sol') };
const pricer = createPricer(priceBook([]), new Map([['openai', { name: 'openai', vendor: 'openai', baseUrl: '' } as Provider]]));
const rule = { scope: {}, period: 'day', timezone: 'UTC', exceeded: 'block' } as const;

/** A limiter with a budget for all calls, on a database in memory. */
async function limiterWith(limit: string) {
  const db = sqlite({ file: ':memory:', busyMs: 0 });
  await migrate(db);
  const world = simulatedWorld({ startMs: Date.UTC(2026, 10, 26) });
  const limiter = createLimiter({ world, ask: ((name, input) => runTask(db, name, input)) as Ask, tell: () => {} });
  limiter.configure({
    budgets: [{ name: budgetName(rule), limit: usd(limit), onUnpriced: 'refuse', ...rule }],
    rates: [],
    providers: new Map(),
    pricer,
  });
  return limiter;
}

// 10,000 tokens of output at $10 a million: ten cents, and next to nothing for the question.
const body = Buffer.from('{"model":"gpt-6-sol","max_tokens":10000,"messages":[]}');
const asking = { inbound: inboundOf('generate', 'openai-chat', {}, body), caller: { key: 'ci' } };
const failed = (more: Partial<Attempt> = {}): Attempt => ({
  target,
  startedAtMs: Date.UTC(2026, 10, 26),
  durationMs: 1,
  losses: 0,
  delivered: false,
  failure: { kind: 'broken', message: 'no' },
  ...more,
});
const billed = failed({ usage: { tokens: { output: 9000 } } });
const underWay: Attempt = { target, startedAtMs: 0, durationMs: 0, losses: 0, delivered: false };

const reserved = async (limit: string) => {
  const limiter = await limiterWith(limit);
  const outcome = await new Promise<Admitted<Choice> | Failure>((decide) =>
    limiter.reserve({ callId: 'call_1', asking }, { choices: [choice], deadlineMs: 1000 }, decide),
  );
  assert.ok('choices' in outcome, JSON.stringify(outcome));
  return limiter;
};

test('an attempt that failed for free may be repeated on what is set aside already', async () => {
  const limiter = await reserved('0.11');
  assert.equal(limiter.mayAttempt('call_1', target, [failed(), failed()]), true);
});

test('one that was billed, one that is under way and one that broke off unseen need as much again', async () => {
  for (const past of [billed, underWay, failed({ delivered: true })]) {
    assert.equal((await reserved('0.11')).mayAttempt('call_1', target, [past]), false);
    assert.equal((await reserved('50')).mayAttempt('call_1', target, [past]), true);
  }
});

test('calls that no budget counts may be repeated', async () => {
  assert.equal((await limiterWith('1')).mayAttempt('call_2', target, [billed]), true);
});

test('what the call before left over lets a cheaper target do where the first is too dear', async () => {
  const limiter = await limiterWith('0.18');
  const dear: Choice = { target: { ...target, model: 'gpt-6-astra' }, facts: factsOf('gpt-6-astra') };
  const reserve = (callId: string) =>
    new Promise<Admitted<Choice> | Failure>((decide) =>
      limiter.reserve({ callId, asking }, { choices: [dear, choice], deadlineMs: 1000 }, decide),
    );
  for (const callId of ['call_1', 'call_2']) {
    const outcome = await reserve(callId);
    assert.ok('choices' in outcome, JSON.stringify(outcome));
    assert.deepEqual(outcome.choices, [choice]);
    limiter.settle(callId, [], []);
  }
});

test('a refusal counts as set aside what calls under way hold, and not what is ready for the next', async () => {
  const limiter = await reserved('0.18');
  limiter.settle('call_1', [], []);
  const two = Buffer.from('{"model":"gpt-6-sol","max_tokens":20000,"messages":[]}');
  const larger = { ...asking, inbound: inboundOf('generate', 'openai-chat', {}, two) };
  const outcome = await new Promise<Admitted<Choice> | Failure>((decide) =>
    limiter.reserve({ callId: 'call_2', asking: larger }, { choices: [choice], deadlineMs: 1000 }, decide),
  );
  assert.ok('kind' in outcome);
  assert.match(outcome.message, /\$0 is spent and \$0 set aside/);
});
