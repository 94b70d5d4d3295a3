import type { World } from '../world/world.ts';
import type { Answer } from './answer.ts';

/** Where a performed answer goes. */
export interface Stage {
  head(status: number, headers: Readonly<Record<string, string>>): void;
  write(bytes: Uint8Array): void;
  end(): void;
  /** The connection breaks. */
  reset(): void;
}

/** Plays an answer in the world's time; what needs no waiting happens at once. Returns what stops it. */
export function perform(answer: Answer, world: Pick<World, 'after'>, stage: Stage): () => void {
  let callOff = () => {};
  let next = -1;

  function step(): void {
    for (;;) {
      if (next < 0 && !answer.headless) stage.head(answer.status, answer.headers);
      else if (next >= 0 && next < answer.writes.length) stage.write(answer.writes[next]!.bytes);
      next += 1;
      const write = answer.writes[next];
      if (!write) return finish();
      if (write.afterMs > 0) {
        callOff = world.after(write.afterMs, step);
        return;
      }
    }
  }

  function finish(): void {
    if (answer.end === 'end') stage.end();
    else if (answer.end === 'reset') stage.reset();
  }

  if (answer.headMs > 0) callOff = world.after(answer.headMs, step);
  else step();
  return () => callOff();
}
