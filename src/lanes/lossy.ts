import { notesOf } from '../dialects/losses.ts';
import type { Failure } from '../model/failure.ts';
import type { Loss } from '../model/loss.ts';
import type { CallerDialect } from '../model/part.ts';
import { callersPath } from './callers-path.ts';

/** The refusal to send a request that would lose these: every one of them at once, by the caller's own field names. */
export function lossyFailure(losses: readonly Loss[], caller: CallerDialect, target: string): Failure {
  const places = notesOf(losses).map(({ path, note, impact }) => ({ path: callersPath(path, caller), note, impact }));
  const list = places.map(({ path, note, impact }) => `${path}: ${note} (${impact})`).join('; ');
  const how = caller === 'canonical' ? 'Set onLoss: "allow"' : 'Send x-headgate-on-loss: allow';
  return {
    kind: 'lossy',
    code: 'headgate_unsupported',
    message: `${target} cannot be asked this without losing something: ${list}. ${how} to send it all the same.`,
    ...(places[0] && { param: places[0].path }),
  };
}
