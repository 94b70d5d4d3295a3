import { type AlertNews, type Contributor, fingerprintOf, linkTo } from '../../policy/alerts/alert.ts';
import type { AlertRule } from '../../policy/alerts/rules.ts';
import type { Ask } from '../../store/ask.ts';
import { inTime } from '../../world/in-time.ts';
import type { World } from '../../world/world.ts';
import type { Change } from './watcher.ts';

/** A change together with the rule it is of. */
export interface Wanted {
  readonly rule: Pick<AlertRule, 'notify' | 'link'>;
  readonly change: Change;
}

export interface EnactOptions {
  readonly ask: Ask;
  readonly world: World;
  /** Something new is in the outbox. */
  readonly onTold: () => void;
}

/** How long the telling of an alert waits for what the value is made of. */
const CONTRIBUTORS_MS = 1_000;
const RETRY_MS = 1_000;
/** Beyond this many nobody reads them; the oldest go. */
const WAITING_MAX = 10_000;

/** The recipient every alert has: the log. */
export const LOG = 'log';

/**
 * Writes changes into the database, in their order, each until it is there: alert and outbox at once. Whether
 * another process was first is found out there.
 */
export function createEnactor({ ask, world, onTold }: EnactOptions) {
  const queue: Wanted[] = [];
  /** When alerts began that this process fired, for what is told of them later. */
  const startedAtMs = new Map<string, number>();
  let busy = false;
  let underWay: Promise<void> = Promise.resolve();

  async function drain(): Promise<void> {
    for (let wanted = queue[0]; wanted; wanted = queue[0]) {
      await enact(wanted);
      queue.shift();
    }
  }

  async function enact({ rule, change }: Wanted): Promise<void> {
    const { alert, atMs } = change;
    const fingerprint = fingerprintOf(alert);
    const id = `${fingerprint}\n${alert.period}`;
    if (change.do === 'fire' && !startedAtMs.has(id)) startedAtMs.set(id, atMs);
    const news: AlertNews = {
      ...alert,
      contributors: alert.contributors.length > 0 ? alert.contributors : await contributorsOf(change, world),
      type: change.do === 'fire' ? 'firing' : change.do === 'repeat' ? 'repeated' : 'resolved',
      fingerprint,
      atMs,
      startedAtMs: startedAtMs.get(id) ?? atMs,
      ...(change.do === 'resolve' && { reason: change.reason }),
      ...(rule.link !== undefined && { link: linkTo(rule.link, alert.about) }),
    };
    const input = { fingerprint, period: alert.period, atMs, recipients: [...new Set([LOG, ...rule.notify])], body: JSON.stringify(news) };
    let told: boolean;
    switch (change.do) {
      case 'fire':
        told = await ask('fireAlert', { ...input, rule: alert.rule, level: change.level });
        break;
      case 'repeat':
        told = await ask('repeatAlert', { ...input, everyMs: change.everyMs });
        break;
      case 'resolve':
        told = await ask('resolveAlert', { ...input, closes: change.closes, level: change.level ?? 0 });
        startedAtMs.delete(id);
        break;
      default:
        return change satisfies never;
    }
    if (told) onTold();
  }

  function start(): void {
    if (busy || queue.length === 0) return;
    busy = true;
    underWay = drain().then(
      () => {
        busy = false;
        start();
      },
      () => {
        world.after(
          RETRY_MS,
          () => {
            busy = false;
            start();
          },
          'upkeep',
        );
      },
    );
  }

  return {
    push(wanted: Wanted): void {
      queue.push(wanted);
      if (queue.length > WAITING_MAX) queue.splice(1, 1);
      start();
    },
    /** Resolves once what was pushed is written, or could not be. */
    idle: (): Promise<void> => underWay,
    /** An alert that was open before this process began did so then. */
    began(news: AlertNews): void {
      startedAtMs.set(`${news.fingerprint}\n${news.period}`, news.startedAtMs);
    },
  };
}

async function contributorsOf(change: Change, world: World): Promise<readonly Contributor[]> {
  if (change.do !== 'fire' || !change.contributors) return [];
  return inTime(
    CONTRIBUTORS_MS,
    change.contributors().catch(() => []),
    [],
    world,
  );
}
