import type { Ask } from '../../store/ask.ts';
import { DatabaseError } from '../../store/database.ts';
import type { World } from '../../world/world.ts';

/** How long a database may take that is known to be in trouble. */
const PATIENCE_MS = 1_000;

/**
 * Asks the database, and the one in memory where it does not answer soon: what is told twice has the same id. What
 * ends must end in both, as it may have begun in either.
 */
export const urgently = (ask: Ask, memory: Ask, world: World): Ask =>
  (async (name, input) => {
    if (name !== 'resolveAlert') return soon(ask(name, input), world).catch(() => memory(name, input));
    const [kept, remembered] = await Promise.all([soon(ask(name, input), world).catch(() => false), memory(name, input)]);
    return kept || remembered;
  }) as Ask;

/**
 * Asks the database, and the one in memory where it refuses the question itself: it would refuse it for ever, and
 * everything that waits behind it.
 */
export const unrefused = (ask: Ask, memory: Ask): Ask =>
  (async (name, input) => {
    try {
      return await ask(name, input);
    } catch (error) {
      if (error instanceof DatabaseError && !error.passing) return memory(name, input);
      throw error;
    }
  }) as Ask;

function soon<T>(work: Promise<T>, world: World): Promise<T> {
  let cancel = () => {};
  const patience = new Promise<T>((_, reject) => {
    cancel = world.after(PATIENCE_MS, () => reject(new Error('the database takes too long')), 'upkeep');
  });
  return Promise.race([work, patience]).finally(cancel);
}
