import type { World } from '../world/world.ts';

/** Waits between tries: 0.1 s, doubled each time up to 5 s; after a minute without a failure it begins anew. */
export interface Retries {
  again(work: () => void): void;
  close(): void;
}

const FIRST_MS = 100;
const MOST_MS = 5_000;
const CALM_MS = 60_000;

export function createRetries(world: World): Retries {
  let failures = 0;
  let failedAtMs = Number.NEGATIVE_INFINITY;
  let callOff = (): void => undefined;
  return {
    again(work) {
      const nowMs = world.elapsed();
      failures = nowMs - failedAtMs > CALM_MS ? 1 : failures + 1;
      failedAtMs = nowMs;
      callOff = world.after(Math.min(MOST_MS, FIRST_MS * 2 ** (failures - 1)), work);
    },
    close: () => callOff(),
  };
}
