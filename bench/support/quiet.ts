import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** Cores of foreign work during a measurement above which it is taken again. */
const NOISE_MAX = 0.15;
const TRIES = 4;

/** Noise of the measurements that were kept, worst last: printed, so that a figure can be judged. */
export const noises: number[] = [];

/**
 * Measures while the machine is otherwise idle. Foreign work is what all cores did while nothing of
 * ours ran; it is looked at before and after, and a measurement in company is taken again.
 */
export async function quietly<T>(measure: () => Promise<T>): Promise<T> {
  let best: { noise: number; result: T } | undefined;
  for (let tries = 0; tries < TRIES; tries += 1) {
    const before = await foreignWork();
    const result = await measure();
    const noise = Math.max(before, await foreignWork());
    if (!best || noise < best.noise) best = { noise, result };
    if (noise <= NOISE_MAX) break;
    await sleep(2000);
  }
  noises.push(best!.noise);
  return best!.result;
}

async function foreignWork(): Promise<number> {
  const first = busyTicks();
  await sleep(500);
  return (busyTicks() - first) / 50;
}

/** What the machine's cores have done so far, hundredths of a second, time stolen by other machines included. */
function busyTicks(): number {
  const fields = readFileSync('/proc/stat', 'utf8').split('\n', 1)[0]!.trim().split(/\s+/).slice(1).map(Number);
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = fields;
  return user + nice + system + irq + softirq + steal;
}
