import assert from 'node:assert/strict';
import test from 'node:test';
import { problemsIn } from './invariants.ts';
import { play } from './scenario.ts';

const SEEDS = Number(process.env['SEEDS'] ?? 60);

test(`whatever goes wrong in ${SEEDS} simulated worlds, every law holds`, async () => {
  const broken: string[] = [];
  for (let seed = 1; seed <= SEEDS && broken.length < 5; seed += 1) {
    for (const problem of problemsIn(await play(seed))) broken.push(`${problem} (again: npm run simulate -- --seed ${seed})`);
  }
  assert.deepEqual(broken, []);
});

test('a story is the same each time it is told', async () => {
  const told = async () => {
    const { heard, booked, notices } = await play(7);
    return { bodies: heard.map(({ body }) => body), booked, notices };
  };
  assert.deepEqual(await told(), await told());
});
