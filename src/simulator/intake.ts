import type { World } from '../world/world.ts';
import type { ScriptedUpload } from './script.ts';

/** Takes in the body of one request as a script has it. */
export interface Intake {
  /** So many more bytes have come: calls `more` once the next may, or `broken` where it breaks. Returns what calls that off. */
  take(bytes: number, more: () => void, broken: () => void): () => void;
}

/** An intake at a script's pace, in the world's time: `more` and `broken` never come before `take` has returned. */
export function intakeBy(
  { bytesPerS = Number.POSITIVE_INFINITY, resetAtByte = Number.POSITIVE_INFINITY }: ScriptedUpload,
  world: Pick<World, 'after'>,
): Intake {
  let left = resetAtByte;
  return {
    take(bytes, more, broken) {
      const next = bytes > left ? broken : more;
      const taken = Math.min(bytes, left);
      left -= taken;
      return world.after((taken / bytesPerS) * 1000, next);
    },
  };
}
