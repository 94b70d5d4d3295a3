import type { Letter, Post, PostAnswer } from '../../model/post.ts';
import type { Letter as Kept } from '../../store/alerts.ts';
import type { Ask } from '../../store/ask.ts';
import type { World } from '../../world/world.ts';
import { newsIn } from './news.ts';
import type { Recipient } from './recipients/recipient.ts';

/** Carries letters from the outbox to one recipient, until each has arrived or was given up. */
export interface Delivery {
  /** The recipient's. */
  readonly name: string;
  /** There may be something to deliver. */
  kick(): void;
  /** Says again what is open, where the recipient forgets. */
  remind(): void;
  /** Since when nothing has arrived, and what the last trial came to; undefined: all is well. */
  readonly failing: { readonly sinceMs: number; readonly message: string } | undefined;
  /** Begins no other letter; resolves once the one under way is settled. */
  stop(): Promise<void>;
}

export interface DeliveryOptions {
  readonly name: string;
  readonly recipient: Recipient;
  readonly ask: Ask;
  readonly post: Post;
  readonly world: World;
  /** A letter that has not arrived so long after it was written is given up, in milliseconds. */
  readonly deadAfterMs: number;
  readonly onDead: (message: string) => void;
}

/** How long nobody else takes a letter that is under way: longer than `post` may take. */
const LEASE_MS = 30_000;
const RETRY_MS = 1_000;
const RETRY_MS_MAX = 60_000;
/** A recipient that asks for more patience than this is tried again all the same. */
const PATIENCE_MS_MAX = 3_600_000;

/** One letter after another; other recipients have deliveries of their own and wait for nobody. */
export function createDelivery({ name, recipient, ask, post, world, deadAfterMs, onDead }: DeliveryOptions): Delivery {
  let stopped = false;
  let busy = false;
  let again = false;
  let wantsReminder = false;
  let cancelRetry = () => {};
  let failing: Delivery['failing'];
  let underWay: Promise<void> = Promise.resolve();

  async function run(): Promise<void> {
    if (wantsReminder && recipient.remind) {
      wantsReminder = false;
      await remind(recipient.remind);
    }
    while (!stopped) {
      // One at a time: each has its lease to itself, and a recipient that hangs holds up one letter.
      const [letter] = await ask('claimLetters', { recipient: name, nowMs: world.now(), leaseMs: LEASE_MS, most: 1 });
      if (!letter || !(await deliver(letter))) return;
    }
  }

  /** False: the recipient takes none at the moment. */
  async function deliver(kept: Kept): Promise<boolean> {
    const news = newsIn(kept.body);
    const outcome = await trial(() => recipient.write(news, kept.id, world.now()));
    if (outcome === undefined) {
      await ask('settleLetter', { id: kept.id, outcome: 'sent' });
      return true;
    }
    if (world.now() - kept.createdMs >= deadAfterMs) {
      await ask('settleLetter', { id: kept.id, outcome: 'dead' });
      onDead(`"${news.summary}" did not reach ${name}: ${outcome.message}`);
      return true;
    }
    const waitMs = outcome.waitMs ?? retryMs(kept.tries, world.random());
    await ask('settleLetter', { id: kept.id, outcome: 'later', dueMs: world.now() + waitMs });
    retryIn(waitMs);
    return false;
  }

  /** Undefined: it arrived. */
  async function trial(write: () => Letter): Promise<{ message: string; waitMs?: number } | undefined> {
    let answer: PostAnswer;
    try {
      answer = await post(write());
    } catch (error) {
      return failed({ message: noAnswer(error) });
    }
    if (answer.status >= 200 && answer.status < 300) {
      failing = undefined;
      return undefined;
    }
    const waitMs = patienceMs(answer.headers['retry-after'], world.now());
    return failed({ message: refusal(answer), ...(waitMs !== undefined && { waitMs }) });
  }

  function failed<T extends { message: string }>(outcome: T): T {
    failing = { sinceMs: failing?.sinceMs ?? world.now(), message: outcome.message };
    return outcome;
  }

  async function remind(write: NonNullable<Recipient['remind']>): Promise<void> {
    const open = (await ask('openAlerts', {})).map(({ body }) => newsIn(body));
    if (open.length > 0) await trial(() => write(open, world.now()));
  }

  function retryIn(ms: number): void {
    cancelRetry();
    cancelRetry = world.after(ms, kick, 'upkeep');
  }

  function kick(): void {
    if (stopped) return;
    if (busy) {
      again = true;
      return;
    }
    busy = true;
    again = false;
    underWay = run()
      // The database is not there at the moment; the outbox is looked into again.
      .catch(() => (stopped ? undefined : retryIn(RETRY_MS)))
      .finally(() => {
        busy = false;
        if (again) kick();
      });
  }

  return {
    name,
    kick,
    remind() {
      if (!recipient.remind) return;
      wantsReminder = true;
      kick();
    },
    get failing() {
      return failing;
    },
    stop() {
      stopped = true;
      cancelRetry();
      return underWay;
    },
  };
}

/** Twice as long each time, a minute at most, and never quite the same for everybody. */
const retryMs = (tries: number, chance: number): number => Math.min(RETRY_MS_MAX, RETRY_MS * 2 ** (tries - 1)) * (0.5 + chance / 2);

/** What a `retry-after` asks for: seconds or a date. */
function patienceMs(retryAfter: string | undefined, nowMs: number): number | undefined {
  if (retryAfter === undefined) return undefined;
  const ms = /^\d+$/.test(retryAfter) ? Number(retryAfter) * 1000 : Date.parse(retryAfter) - nowMs;
  return Number.isNaN(ms) ? undefined : Math.min(PATIENCE_MS_MAX, Math.max(RETRY_MS, ms));
}

const WORDS_MAX = 200;

/** What an answer says that is no yes, in words. */
export const refusal = ({ status, body }: PostAnswer): string =>
  `it answers with status ${status}${body && `: ${body.slice(0, WORDS_MAX)}`}`;

/** Why there was no answer, in words. */
export function noAnswer(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === 'TimeoutError') return 'it does not answer in time';
  // What fetch throws says "fetch failed"; why is in its cause.
  const { code, message } = (error.cause instanceof Error ? error.cause : error) as NodeJS.ErrnoException;
  return `it cannot be reached (${code ?? message})`;
}
