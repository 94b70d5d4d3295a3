import { type SimulatedWorld, simulatedWorld } from '../../src/world/simulated.ts';

/** A simulated world whose wall clock can be set wrong or right, and whose process can be put to sleep. */
export interface UnsteadyWorld extends SimulatedWorld {
  /** Puts the wall clock forward, or back. */
  setClock(byMs: number): void;
  /** Time passes and nothing happens; what was to happen meanwhile happens once time passes again, in its order. */
  sleep(ms: number): void;
}

export function unsteadyWorld(options: Parameters<typeof simulatedWorld>[0] = {}): UnsteadyWorld {
  const world = simulatedWorld(options);
  const waits = new Set<{ readonly atMs: number; readonly work: () => void; callOff: () => void }>();
  let clockMs = 0;
  let sleptMs = 0;
  const elapsed = () => world.elapsed() + sleptMs;

  function after(ms: number, work: () => void): () => void {
    const wait = { atMs: elapsed() + Math.max(0, ms), work: () => waits.delete(wait) && work(), callOff: () => {} };
    waits.add(wait);
    wait.callOff = world.after(ms, wait.work);
    return () => {
      waits.delete(wait);
      wait.callOff();
    };
  }

  return {
    now: () => world.now() + Math.floor(sleptMs) + clockMs,
    elapsed,
    after,
    soon: (work) => void after(0, work),
    random: world.random,
    advance: world.advance,
    get nextMs() {
      return world.nextMs;
    },
    get pending() {
      return world.pending;
    },
    setClock(byMs) {
      clockMs += byMs;
    },
    sleep(ms) {
      sleptMs += ms;
      for (const wait of [...waits].sort((a, b) => a.atMs - b.atMs)) {
        wait.callOff();
        wait.callOff = world.after(wait.atMs - elapsed(), wait.work);
      }
    },
  };
}
