import assert from 'node:assert/strict';
import test from 'node:test';
import type { Attempt, Target } from '../model/attempt.ts';
import type { Failure } from '../model/failure.ts';
import { createNotices, type Notice } from '../model/notice.ts';
import { DEFAULT_BREAKER } from '../policy/breaker.ts';
import { simulatedWorld } from '../world/simulated.ts';
import { createHealth, type HealthSetup, type Ticket } from './health.ts';

const target: Target = { provider: 'p', model: 'm', dialect: 'openai-chat' };

/** A provider with these keys; what is told of it is kept in words. */
function stage(...fingerprints: string[]) {
  const world = simulatedWorld({ startMs: 0 });
  const told: string[] = [];
  const bus = createNotices(world.now);
  bus.hear((notice) => told.push(wordsOf(notice)));
  const setup = (...named: string[]): HealthSetup => ({
    keys: new Map([['p', named.map((fingerprint) => ({ fingerprint, weight: 1 }))]]),
    breaker: DEFAULT_BREAKER,
  });
  const health = createHealth(setup(...fingerprints), world, bus);
  const attempt = (failure?: Failure): Attempt => ({
    target,
    startedAtMs: 0,
    durationMs: 1,
    losses: 0,
    delivered: failure === undefined,
    ...(failure ? { failure } : { finish: { reason: 'stop' } }),
  });
  const begin = () => health.begin(target, 'first', undefined);
  return {
    world,
    told,
    health,
    begin,
    settle: (ticket: Ticket, failure?: Failure) => health.settle(ticket, attempt(failure)),
    fails(times: number, kind: Failure['kind'] = 'broken') {
      for (let n = 0; n < times; n += 1) {
        health.settle(begin(), attempt({ kind, message: kind }));
        world.advance(100);
      }
    },
    reload: (...named: string[]) => health.configure(setup(...named)),
    keys: () => health.keys().map(({ key, parkedFor }) => `${key} ${parkedFor ?? 'works'}`),
  };
}

function wordsOf(notice: Notice): string {
  switch (notice.type) {
    case 'breaker':
      return `breaker ${notice.upstream} ${notice.state}`;
    case 'keyParked':
      return `parked ${notice.key} ${notice.reason}`;
    case 'keyRestored':
      return `restored ${notice.key}`;
    case 'keyRemoved':
      return `removed ${notice.key}`;
    case 'panic':
      return `panic ${notice.model} ${notice.state}`;
    default:
      return notice.type;
  }
}

const denied: Failure = { kind: 'denied', message: 'no', status: 401 };

test('a refused key is parked and told of, others go on; what it says later is told too', () => {
  const { begin, settle, told, keys, world } = stage('old', 'other');
  settle(begin(), denied);
  assert.deepEqual([told, keys()], [['parked old denied'], ['old denied', 'other works']]);
  world.advance(60_000);
  settle(begin());
  settle(begin());
  assert.deepEqual([told.slice(1), keys()], [['restored old'], ['old works', 'other works']]);
});

test('what a provider says of a key that was changed meanwhile does not stick to the new one', () => {
  const { begin, settle, told, keys, reload } = stage('old');
  const ticket = begin();
  reload('new');
  settle(ticket, denied);
  assert.deepEqual([told, keys()], [[], ['new works']]);
});

test('a key keeps what is known of it when others come before it', () => {
  const { begin, settle, told, keys, reload } = stage('old');
  const ticket = begin();
  reload('new', 'old');
  settle(ticket, denied);
  assert.deepEqual([told, keys()], [['parked old denied'], ['new works', 'old denied']]);
});

test('a parked key that is taken out of the configuration is told of', () => {
  const { begin, settle, told, reload } = stage('bad', 'slow', 'good');
  settle(begin(), denied);
  settle(begin(), { kind: 'throttled', message: 'slow', retryAfterMs: 30_000 });
  reload('new');
  assert.deepEqual(told, ['parked bad denied', 'parked slow throttled', 'removed bad', 'removed slow']);
});

test('a key told to slow down for a while is told of, and told of again when it works and waits for nothing', () => {
  const { begin, settle, told, world } = stage('only');
  settle(begin(), { kind: 'throttled', message: 'slow', retryAfterMs: 2000 });
  assert.deepEqual(told, []);
  const early = begin();
  settle(begin(), { kind: 'throttled', message: 'slow', retryAfterMs: 30_000 });
  settle(early);
  assert.deepEqual(told, ['parked only throttled']);
  world.advance(30_000);
  settle(begin());
  settle(begin());
  assert.deepEqual(told, ['parked only throttled', 'restored only']);
});

test('panic is told of under one name, when it begins and when it ends', () => {
  const { health, begin, settle, fails, told, world } = stage('k');
  fails(8);
  assert.equal(health.panics(target, 'smart'), true);
  world.advance(8000);
  settle(begin());
  assert.deepEqual(told, ['breaker p/m open', 'panic smart on', 'breaker p/m halfOpen', 'breaker p/m closed', 'panic smart off']);
});

test('a model that two names lead to panics under both, and is calm under both', () => {
  const { health, begin, settle, fails, told, world } = stage('k');
  fails(8);
  health.panics(target, 'smart');
  health.panics(target, 'clever');
  health.panics(target, 'smart');
  world.advance(8000);
  settle(begin());
  assert.deepEqual(
    told.filter((words) => words.startsWith('panic')),
    ['panic smart on', 'panic clever on', 'panic smart off', 'panic clever off'],
  );
});

test('a second attempt beside a late one is paid from the retry budget, and pays back when it helps', () => {
  const { health, settle } = stage('k');
  const tokens = () => health.states().map(({ retryTokens }) => retryTokens);
  const [retry, hedge] = [health.begin(target, 'retry', { kind: 'slow', message: 'slow' }), health.begin(target, 'hedge', undefined)];
  const afterBoth = tokens();
  settle(hedge);
  const afterHelp = tokens();
  settle(retry, { kind: 'broken', message: 'no' });
  assert.deepEqual([afterBoth, afterHelp, tokens()], [[485], [490], [490]]);
});

test('a trial that was called off leaves the next call to try', () => {
  const { health, begin, fails, world } = stage('k');
  fails(8);
  world.advance(8000);
  const trial = begin();
  assert.deepEqual([trial.trial, health.standing(target).restMs], [true, Number.POSITIVE_INFINITY]);
  health.callOff(trial);
  assert.equal(health.standing(target).restMs, 0);
});

test('upstreams that callers made up are forgotten, whatever became of them', () => {
  const { health } = stage('k');
  for (let n = 0; n < 3000; n += 1) {
    const made: Target = { ...target, model: `made-up-${n}` };
    const failure: Failure = { kind: 'broken', message: 'no' };
    health.settle(health.begin(made, 'first', undefined), {
      target: made,
      startedAtMs: 0,
      durationMs: 1,
      losses: 0,
      delivered: false,
      failure,
    });
  }
  assert.equal(health.states().length <= 1000, true);
});
