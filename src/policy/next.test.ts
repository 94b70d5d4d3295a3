import assert from 'node:assert/strict';
import test from 'node:test';
import type { Attempt, Target } from '../model/attempt.ts';
import type { Failure, FailureKind } from '../model/failure.ts';
import { DEFAULT_RETRY, nextStep, type RetryPolicy, type Standing, type View } from './next.ts';

const target = (provider: string): Target => ({ provider, model: 'm', dialect: 'openai-chat' });
const a = target('a');
const b = target('b');
const c = target('c');
const failed = (at: Target, kind: FailureKind, more: Partial<Failure> = {}): Attempt => ({
  target: at,
  startedAtMs: 0,
  durationMs: 1,
  losses: 0,
  delivered: false,
  failure: { kind, message: kind, ...more },
});

const READY: Standing = { waitMs: 0, restMs: 0 };

interface Scene {
  readonly targets?: readonly Target[];
  readonly standing?: Readonly<Record<string, Partial<Standing>>>;
  readonly noRetry?: string;
  readonly panics?: string;
  readonly windows?: Readonly<Record<string, number>>;
  readonly remainingMs?: number;
  readonly policy?: Partial<RetryPolicy>;
}

/** The next step in words. */
function next(past: readonly Attempt[], { targets = [a, b], ...scene }: Scene = {}): string {
  const view: View = {
    remainingMs: scene.remainingMs ?? 60_000,
    random: 0.5,
    standing: ({ provider }) => ({ ...READY, ...scene.standing?.[provider] }),
    mayRetry: ({ provider }) => scene.noRetry !== provider,
    panics: ({ provider }) => scene.panics === provider,
    contextTokens: ({ provider }) => scene.windows?.[provider],
  };
  const step = nextStep(targets, past, { ...DEFAULT_RETRY, ...scene.policy }, view);
  if (step.do === 'attempt') return `${step.target.provider} after ${step.afterMs}`;
  return `stop ${step.failure.kind}${step.soonestMs === undefined ? '' : `, ask again after ${step.soonestMs}`}`;
}

const busy = failed(a, 'overloaded');
const slowDown = (at: Target, retryAfterMs: number) => failed(at, 'throttled', { retryAfterMs });

const rows: [string, readonly Attempt[], Scene, string][] = [
  ['nothing tried: the first target, at once', [], {}, 'a after 0'],
  ['overloaded once: here again, after half the backoff', [busy], {}, 'a after 250'],
  ['overloaded twice: here once more, after half of twice the backoff', [busy, busy], {}, 'a after 500'],
  ['overloaded three times: elsewhere', [busy, busy, busy], {}, 'b after 0'],
  ['its retries are spent: elsewhere', [busy], { noRetry: 'a' }, 'b after 0'],
  ['its retries are spent, and there is nowhere else: stop', [busy], { targets: [a], noRetry: 'a' }, 'stop overloaded'],
  ['it says that asking again is no use: elsewhere', [failed(a, 'broken', { shouldRetry: false })], {}, 'b after 0'],
  ['it says that asking again helps, of a fault it finds: here', [failed(a, 'invalid', { shouldRetry: true })], {}, 'a after 250'],
  ['our key is refused: elsewhere', [failed(a, 'denied')], { standing: { a: { waitMs: 60_000 } } }, 'b after 0'],
  ['our key is refused, another is there: here, at once', [failed(a, 'denied')], {}, 'a after 0'],
  [
    'no credit on any key, nowhere else: stop',
    [failed(a, 'exhausted')],
    { targets: [a], standing: { a: { waitMs: 60_000 } } },
    'stop exhausted',
  ],
  ['too long for it: a larger one', [failed(a, 'tooLong')], { targets: [a, b, c], windows: { a: 8, b: 4, c: 16 } }, 'c after 0'],
  ['too long for it, sizes unknown: elsewhere', [failed(a, 'tooLong')], {}, 'b after 0'],
  ['too long for it, all others smaller: stop', [failed(a, 'tooLong')], { windows: { a: 8, b: 4 } }, 'stop tooLong'],
  ['would lose content: elsewhere', [failed(a, 'lossy')], {}, 'b after 0'],
  ['the request is wrong: nowhere', [failed(a, 'invalid')], {}, 'stop invalid'],
  [
    'the request is wrong for a later target: on to the next',
    [busy, failed(b, 'invalid')],
    { targets: [a, b, c], noRetry: 'a' },
    'c after 0',
  ],
  ['… and trouble that may pass is what is told in the end', [busy, failed(b, 'invalid')], { noRetry: 'a' }, 'stop overloaded'],
  ['too long for a later target: the first one’s trouble is told', [busy, failed(b, 'tooLong')], { noRetry: 'a' }, 'stop overloaded'],
  [
    'another of our keys was refused: the trouble that may pass is told',
    [slowDown(a, 40_000), failed(a, 'denied')],
    { targets: [a], standing: { a: { waitMs: 40_000 } } },
    'stop throttled',
  ],
  ['refused for safety: nowhere', [failed(a, 'filtered')], {}, 'stop filtered'],
  ['refused for safety by a later target: nowhere, and that is told', [busy, failed(b, 'filtered')], {}, 'stop filtered'],
  ['asked to wait a little: here', [slowDown(a, 1500)], { standing: { a: { waitMs: 1500 } } }, 'a after 1500'],
  ['asked to wait, and another key is free: here, at once', [slowDown(a, 1500)], {}, 'a after 0'],
  ['asked to wait too long: elsewhere', [slowDown(a, 30_000)], { standing: { a: { waitMs: 30_000 } } }, 'b after 0'],
  [
    'both asked to wait: the sooner',
    [slowDown(a, 30_000), slowDown(b, 9000)],
    { standing: { a: { waitMs: 30_000 }, b: { waitMs: 9000 } } },
    'b after 9000',
  ],
  [
    'asked to wait longer than anyone should: the caller is told when',
    [slowDown(a, 30_000), slowDown(b, 90_000)],
    { standing: { a: { waitMs: 30_000 }, b: { waitMs: 60_000 } } },
    'stop throttled, ask again after 30000',
  ],
  [
    'asked to wait past the deadline: stop',
    [slowDown(a, 5000)],
    { targets: [a], remainingMs: 4000, standing: { a: { waitMs: 5000 } } },
    'stop throttled, ask again after 5000',
  ],
  ['silent to the end of its time: not there again', [failed(a, 'slow')], {}, 'b after 0'],
  ['silent, and there is nowhere else: there again', [failed(a, 'slow')], { targets: [a] }, 'a after 250'],
  ['all tries used up: the last failure', [busy, busy, busy, failed(b, 'broken'), failed(b, 'broken'), failed(b, 'slow')], {}, 'stop slow'],
  ['at rest: elsewhere', [], { standing: { a: { restMs: 4000 } } }, 'b after 0'],
  [
    'all at rest: told when to come back',
    [],
    { standing: { a: { restMs: 4000 }, b: { restMs: 3000 } } },
    'stop overloaded, ask again after 3000',
  ],
  ['all at rest: one may be sent all the same', [], { standing: { a: { restMs: 4000 }, b: { restMs: 3000 } }, panics: 'b' }, 'b after 0'],
  [
    'the rest is nearly over: it is not waited for',
    [],
    { targets: [a], standing: { a: { restMs: 50 } } },
    'stop overloaded, ask again after 50',
  ],
  [
    'no key works, nothing tried: that is told',
    [],
    { targets: [a], standing: { a: { waitMs: 60_000, failure: { kind: 'denied', message: 'no' } } } },
    'stop denied, ask again after 60000',
  ],
  ['no time left: stop', [], { remainingMs: 0 }, 'stop slow, ask again after 0'],
];

for (const [name, past, scene, expected] of rows) test(`next: ${name}`, () => assert.equal(next(past, scene), expected));
