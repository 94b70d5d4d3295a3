import assert from 'node:assert/strict';
import test from 'node:test';
import type { Attempt, Target } from '../model/attempt.ts';
import type { FailureKind } from '../model/failure.ts';
import { DEFAULT_RETRY, nextStep } from './next.ts';

const a: Target = { provider: 'a', model: 'm', dialect: 'openai-chat' };
const b: Target = { provider: 'b', model: 'm', dialect: 'openai-chat' };
const failed = (target: Target, kind: FailureKind, retryAfterMs?: number): Attempt => ({
  target,
  startedAtMs: 0,
  durationMs: 1,
  losses: 0,
  delivered: false,
  failure: { kind, message: kind, ...(retryAfterMs !== undefined && { retryAfterMs }) },
});

const rows: [string, Attempt[], string][] = [
  ['nothing tried: the first target, at once', [], 'a after 0'],
  ['overloaded once: here again, after half the backoff', [failed(a, 'overloaded')], 'a after 250'],
  ['overloaded twice: elsewhere', [failed(a, 'overloaded'), failed(a, 'overloaded')], 'b after 0'],
  ['our key is refused: elsewhere', [failed(a, 'denied')], 'b after 0'],
  ['too long for it: elsewhere', [failed(a, 'tooLong')], 'b after 0'],
  ['would lose content: elsewhere', [failed(a, 'lossy')], 'b after 0'],
  ['the request is wrong: nowhere', [failed(a, 'invalid')], 'stop invalid'],
  ['refused for safety: nowhere', [failed(a, 'filtered')], 'stop filtered'],
  ['asked to wait a little: here', [failed(a, 'throttled', 1500)], 'a after 1500'],
  ['asked to wait too long: elsewhere', [failed(a, 'throttled', 30_000)], 'b after 0'],
  ['both asked to wait: the sooner', [failed(a, 'throttled', 30_000), failed(b, 'throttled', 9000)], 'b after 9000'],
  ['asked to wait past the deadline: stop', [failed(a, 'throttled', 90_000), failed(b, 'throttled', 90_000)], 'stop throttled'],
  ['all tries used up: the last failure', [failed(a, 'broken'), failed(a, 'broken'), failed(b, 'broken'), failed(b, 'slow')], 'stop slow'],
];

for (const [name, past, expected] of rows) {
  test(`next: ${name}`, () => {
    const step = nextStep([a, b], past, DEFAULT_RETRY, { remainingMs: 60_000, random: 0.5 });
    assert.equal(step.do === 'attempt' ? `${step.target.provider} after ${step.afterMs}` : `stop ${step.failure.kind}`, expected);
  });
}
