import { simulatedWorld } from './simulated.ts';
import type { World } from './world.ts';

/**
 * The present with all waiting left out: once nothing has happened for a few turns of the event loop, time jumps to
 * the next thing waited for. Sockets work as ever, so programs in this process talk over real ones while a
 * minute takes as long as the work in it, on a busy machine too. Upkeep alone makes no time pass.
 */
export function hurriedWorld(): World {
  const world = simulatedWorld({ startMs: Date.now(), seed: Date.now() });
  let waited = 0;
  let turns = 0;
  let running = false;

  function turn(): void {
    turns += 1;
    if (turns >= TURNS) {
      turns = 0;
      world.advance(world.nextMs ?? 0);
    }
    running = waited > 0;
    if (running) setImmediate(turn);
  }

  return {
    now: world.now,
    elapsed: world.elapsed,
    random: world.random,
    soon: setImmediate,
    after(ms, work, upkeep) {
      if (upkeep) return world.after(ms, work);
      waited += 1;
      let due = true;
      const over = () => {
        if (due) waited -= 1;
        due = false;
      };
      const callOff = world.after(ms, () => {
        over();
        work();
      });
      if (!running) {
        running = true;
        setImmediate(turn);
      }
      return () => {
        over();
        callOff();
      };
    },
  };
}

/** A request takes a few turns from socket to socket; half again as many lets a busy one get there too. */
const TURNS = 12;
