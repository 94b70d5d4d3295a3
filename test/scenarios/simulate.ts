/*
 * The whole gateway in a simulated world, from seeds:
 *
 *   npm run simulate                                   100,000 of them, on every core
 *   npm run simulate -- --seeds 1000 --from 5000 --jobs 2
 *   npm run simulate -- --seed 4711                    one again
 *
 * Prints every law that was broken with the command that shows it again, and ends with 1 if any was.
 */
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { problemsIn } from './invariants.ts';
import { play } from './scenario.ts';

/** Seeds given to a thread at a time. */
const SHARE = 200;

async function tryOut(seed: number): Promise<string[]> {
  try {
    return problemsIn(await play(seed));
  } catch (error) {
    return [String(error instanceof Error ? error.stack : error)];
  }
}

if (isMainThread) await lead();
else await follow(workerData as { from: number; count: number });

async function lead(): Promise<void> {
  const { values } = parseArgs({
    options: { seeds: { type: 'string' }, from: { type: 'string' }, seed: { type: 'string' }, jobs: { type: 'string' } },
  });
  const from = Number(values.seed ?? values.from ?? 1);
  const count = values.seed === undefined ? Number(values.seeds ?? 100_000) : 1;
  const jobs = Math.min(Number(values.jobs ?? availableParallelism()), Math.ceil(count / SHARE));
  const beganMs = performance.now();
  let next = from;
  let done = 0;
  let failures = 0;

  const tell = (): void => console.log(`${done} seeds, ${failures} failed, ${((performance.now() - beganMs) / 1000).toFixed(1)} s`);
  const hear = ({ seed, problems }: { seed: number; problems: readonly string[] }): void => {
    done += 1;
    if (problems.length > 0) {
      failures += 1;
      console.log(`seed ${seed}:\n  ${problems.join('\n  ')}\n  again: npm run simulate -- --seed ${seed}`);
    }
    if (done % 1000 === 0 && done < count) tell();
  };
  const share = async (): Promise<void> => {
    while (next < from + count) {
      const mine = { from: next, count: Math.min(SHARE, from + count - next) };
      next += mine.count;
      const worker = new Worker(new URL(import.meta.url), { workerData: mine });
      worker.on('message', hear);
      await new Promise((resolve, reject) => worker.on('exit', resolve).on('error', reject));
    }
  };
  await Promise.all(Array.from({ length: jobs }, share));
  tell();
  process.exitCode = failures > 0 ? 1 : 0;
}

async function follow({ from, count }: { from: number; count: number }): Promise<void> {
  for (let seed = from; seed < from + count; seed += 1) parentPort?.postMessage({ seed, problems: await tryOut(seed) });
}
