import type { Ask } from '../store/ask.ts';
import { inTime } from '../world/in-time.ts';
import type { World } from '../world/world.ts';
import type { Keyring } from './keyring.ts';

/** How soon another process's changes are taken over, and what is used is noted, in milliseconds. */
const LOOK_MS = 2000;
const NOTE_MS = 60_000;

/** How long a gateway that starts waits for the database to say its keys, in milliseconds. */
const FIRST_LOOK_MS = 5000;

/** A keyring that follows the database. */
export interface LiveKeys {
  /** Takes over what has changed, at once. Rejects when the database cannot say, and what was known stays. */
  refresh(): Promise<void>;
  /** Follows no more, and notes the last uses. */
  stop(): Promise<void>;
}

/** What a keyring needs to follow the database. */
export interface LiveKeysOptions {
  readonly ask: Ask;
  readonly keyring: Keyring;
  readonly world: World;
  /** Hears, once for each time it begins and ends, that the database cannot say its keys. */
  readonly onState: (state: 'failing' | 'recovered', message: string) => void;
}

/**
 * Fills the keyring and keeps it full: a look at the number of the last change every two seconds. Calls never
 * wait for it. Where the keys cannot be read at first every caller must show one, as there may be some.
 */
export async function followKeys({ ask, keyring, world, onState }: LiveKeysOptions): Promise<LiveKeys> {
  let seen: number | undefined;
  let failing = false;
  let stopped = false;
  let notedAtMs = world.elapsed();
  let callOff = () => {};
  let turn: Promise<void> = Promise.resolve();

  function refresh(): Promise<void> {
    // One after the other: an answer that is overtaken would put old keys in the place of new ones.
    turn = turn.then(read, read);
    return turn;
  }

  async function read(): Promise<void> {
    const news = await ask('readKeys', { seen });
    if (!news) return;
    seen = news.revision;
    keyring.stock(news.keys);
  }

  async function look(): Promise<void> {
    try {
      await refresh();
      if (world.elapsed() - notedAtMs >= NOTE_MS) await note();
      if (failing) onState('recovered', 'the gateway keys of the database can be read again');
      failing = false;
    } catch (error) {
      if (!failing) onState('failing', `the gateway keys of the database cannot be read: ${(error as Error).message}`);
      failing = true;
    }
  }

  async function note(): Promise<void> {
    notedAtMs = world.elapsed();
    const uses = keyring.takeUses();
    if (uses.length > 0) await ask('touchKeys', uses);
  }

  function again(): void {
    if (stopped) return;
    callOff = world.after(LOOK_MS, () => void look().then(again), 'upkeep');
  }

  keyring.stock(undefined);
  const first = look();
  await inTime(FIRST_LOOK_MS, first, undefined, world);
  void first.then(again);
  return {
    refresh,
    async stop() {
      stopped = true;
      callOff();
      await note().catch(() => undefined);
    },
  };
}
