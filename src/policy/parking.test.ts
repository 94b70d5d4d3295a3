import assert from 'node:assert/strict';
import test from 'node:test';
import { type KeyState, keysWait, parkedKeys, restoredKeys, takenKey, workingKeys } from './parking.ts';

const park = (keys: readonly KeyState[], index: number, kind: 'denied' | 'exhausted' | 'throttled', nowMs: number, retryAfterMs?: number) =>
  parkedKeys(keys, index, { kind, ...(retryAfterMs !== undefined && { retryAfterMs }) }, 'm', nowMs) ?? keys;

/** Which keys are taken for the next calls. */
function takes(keys: readonly KeyState[], weights: readonly number[], count: number, nowMs = 0): number[] {
  let now = keys;
  return Array.from({ length: count }, () => {
    const taken = takenKey(now, weights, 'm', nowMs);
    now = taken.keys;
    return taken.index;
  });
}

test('keys share the calls by weight, evenly spread', () => {
  assert.deepEqual(takes(workingKeys(3), [1, 1, 1], 6), [0, 1, 2, 0, 1, 2]);
  assert.deepEqual(takes(workingKeys(2), [3, 1], 8), [0, 0, 1, 0, 0, 0, 1, 0]);
});

test('a refused key is passed over for a minute, then tried by one call at a time, ever more seldom', () => {
  const refused = park(workingKeys(2), 0, 'denied', 0);
  assert.deepEqual(takes(refused, [1, 1], 3, 59_999), [1, 1, 1]);
  assert.deepEqual(takes(refused, [1, 1], 4, 60_000).filter((index) => index === 0).length, 1);
  const twice = park(refused, 0, 'denied', 60_000);
  assert.deepEqual(takes(twice, [1, 1], 3, 179_999), [1, 1, 1]);
  assert.ok(takes(twice, [1, 1], 2, 180_000).includes(0));
});

test('a key that works again is one like the others', () => {
  const [key] = restoredKeys(park(workingKeys(1), 0, 'exhausted', 0), 0)!;
  assert.deepEqual([key!.untilMs, key!.times, key!.parkedFor], [0, 0, undefined]);
  assert.equal(restoredKeys(workingKeys(1), 0), undefined);
});

test('a key told to slow down rests for that model only, as long as it was told and no longer than a minute', () => {
  const slow = park(workingKeys(1), 0, 'throttled', 1000, 2000);
  assert.deepEqual(keysWait(slow, 'm', 1000), { waitMs: 2000, parkedFor: 'throttled' });
  assert.deepEqual(keysWait(slow, 'other', 1000), { waitMs: 0 });
  assert.deepEqual(keysWait(slow, 'm', 3000), { waitMs: 0 });
  assert.equal(keysWait(park(workingKeys(1), 0, 'throttled', 0, 86_400_000), 'm', 0).waitMs, 60_000);
});

test('where every key rests, the wait is that of the first to return, and why is told', () => {
  const both = park(park(workingKeys(2), 0, 'denied', 0), 1, 'throttled', 0, 9000);
  assert.deepEqual(keysWait(both, 'm', 0), { waitMs: 9000, parkedFor: 'throttled' });
  assert.deepEqual(keysWait(park(workingKeys(1), 0, 'denied', 0), 'm', 0), { waitMs: 60_000, parkedFor: 'denied' });
});

test('trouble that is not the key’s leaves it be', () => {
  assert.equal(parkedKeys(workingKeys(1), 0, { kind: 'overloaded', retryAfterMs: 1000 }, 'm', 0), undefined);
  assert.equal(parkedKeys(workingKeys(1), 0, { kind: 'throttled' }, 'm', 0), undefined);
});

test('with one key nobody is asked whose call it is', () => {
  const asked = () => assert.fail('it is the only key');
  assert.equal(takenKey(workingKeys(1), [1], 'm', 0, asked).index, 0);
});

test('calls of the same go by the same key, shared out by weight; when a key may not be used its share alone moves', () => {
  const keys = workingKeys(4);
  const weights = [1, 1, 2, 4];
  const taken = (from: readonly KeyState[], affinity: number) => takenKey(from, weights, 'm', 0, () => affinity).index;
  const calls = Array.from({ length: 8000 }, (_, call) => Math.imul(call + 1, 0x9e3779b1) >>> 0);
  const before = calls.map((affinity) => taken(keys, affinity));
  for (const [at, weight] of weights.entries()) {
    const share = before.filter((one) => one === at).length / calls.length;
    assert.ok(Math.abs(share - weight / 8) < 0.02, `${at}: ${share}`);
  }
  const parked = parkedKeys(keys, 3, { kind: 'denied' }, 'm', 0)!;
  for (const [call, affinity] of calls.entries()) {
    const now = taken(parked, affinity);
    assert.ok(before[call] === 3 ? now !== 3 : now === before[call]);
  }
});
