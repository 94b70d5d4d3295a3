import type { World } from '../world/world.ts';
import type { LedgerEvent } from './ledger.ts';

const TELL_MS = 1_000;

/** Counts lost records and tells of them once a second at most. */
export function createDrops(world: World, onEvent: (event: LedgerEvent) => void) {
  let count = 0;
  let untold = 0;
  let why = '';
  const tell = (): void => {
    if (untold > 0) onEvent({ type: 'dropped', count: untold, message: why });
    untold = 0;
  };
  return {
    get count() {
      return count;
    },
    drop(lost: number, message: string): void {
      if (untold === 0) world.after(TELL_MS, tell);
      count += lost;
      untold += lost;
      why = message;
    },
    tell,
  };
}
