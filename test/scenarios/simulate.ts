/*
 * The whole gateway in a simulated world, from seeds: npm run simulate -- [--seeds 100000] [--from 1]
 * One seed again, with what went wrong: npm run simulate -- --seed 4711
 */
import { parseArgs } from 'node:util';
import { problemsIn } from './invariants.ts';
import { play } from './scenario.ts';

const { values } = parseArgs({ options: { seeds: { type: 'string' }, from: { type: 'string' }, seed: { type: 'string' } } });
const from = Number(values.seed ?? values.from ?? 1);
const count = values.seed === undefined ? Number(values.seeds ?? 100_000) : 1;

let failures = 0;
const beganMs = performance.now();
for (let seed = from; seed < from + count; seed += 1) {
  const problems = await play(seed).then(problemsIn, (error: unknown) => [String(error instanceof Error ? error.stack : error)]);
  if (problems.length > 0) {
    failures += 1;
    console.log(`seed ${seed}:\n  ${problems.join('\n  ')}\n  again: npm run simulate -- --seed ${seed}`);
  }
  if ((seed - from + 1) % 1000 === 0)
    console.log(`${seed - from + 1} seeds, ${failures} failed, ${((performance.now() - beganMs) / 1000).toFixed(0)} s`);
}
console.log(`${count} seeds, ${failures} failed, ${((performance.now() - beganMs) / 1000).toFixed(1)} s`);
process.exit(failures > 0 ? 1 : 0);
