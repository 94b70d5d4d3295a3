import { isDeepStrictEqual } from 'node:util';
import type { UsageRecord } from '../../accounting/record.ts';
import type { Notice } from '../../model/notice.ts';
import type { Post } from '../../model/post.ts';
import type { AlertNews } from '../../policy/alerts/alert.ts';
import type { AlertsConfig } from '../../policy/alerts/recipients.ts';
import type { AlertRule } from '../../policy/alerts/rules.ts';
import type { Ask } from '../../store/ask.ts';
import { memoryAsk } from '../../store/memory.ts';
import { inTime } from '../../world/in-time.ts';
import type { World } from '../../world/world.ts';
import { createDelivery, type Delivery } from './deliver.ts';
import { createEnactor, LOG } from './enact.ts';
import { newsIn } from './news.ts';
import { recipientOf } from './recipients/index.ts';
import type { Recipient } from './recipients/recipient.ts';
import { unrefused, urgently } from './urgent.ts';
import type { Change, Watcher } from './watcher.ts';
import { type Sources, watcherOf } from './watchers/index.ts';

/** The alerts of a gateway: watches what happens, and tells whoever is to know. */
export interface Alerts {
  /** The rows of a call that is over. */
  hear(records: readonly UsageRecord[]): void;
  notice(notice: Notice): void;
  /** Other rules and recipients from now on; what is open stays open where its rule is still there. */
  reload(config: AlertsConfig): void;
  /**
   * Looks once more, ends what is under way (for at most 5 s) and stops. What was not delivered waits in the
   * database.
   */
  close(): Promise<void>;
}

export interface AlertsOptions extends Omit<Sources, 'failingSince'> {
  readonly world: World;
  readonly config: AlertsConfig;
  /** The database; absent: alerts are kept in memory and go with the process. */
  readonly ask?: Ask;
  readonly post: Post;
  /** Hears what the log is to hold of every alert, once among all gateways on a database. */
  readonly onNews: (news: AlertNews) => void;
  /** Hears of letters that were given up. */
  readonly onDead: (message: string) => void;
}

/** How soon after a call it is looked at what changed, how often anyway; how often what is open is said again, and what is over swept. */
const SOON_MS = 250;
const TICK_MS = 500;
const REMIND_MS = 30_000;
const SWEEP_MS = 3_600_000;
const KEEP_MS = 30 * 86_400_000;
const CLOSE_MS = 5_000;

export function createAlerts(options: AlertsOptions): Alerts {
  const { world, post, onNews, onDead } = options;
  const memory = memoryAsk();
  const ask = options.ask ?? memory;
  /** Whether anything is in the memory's outbox: until then nobody looks there, and it is not made. */
  let spare = false;
  const spareAsk: Ask = (name, input) => {
    spare = true;
    return memory(name, input);
  };
  const kickAll = () => {
    for (const { place, delivery } of deliveries) if (place === ask || spare) delivery.kick();
  };
  const enactor = createEnactor({ ask: options.ask ? unrefused(ask, spareAsk) : memory, world, onTold: kickAll });
  // Trouble with the database cannot wait for the database.
  const urgent = createEnactor({ ask: options.ask ? urgently(ask, spareAsk, world) : memory, world, onTold: kickAll });
  let config = options.config;
  let deliveries: readonly { readonly place: Ask; readonly delivery: Delivery }[] = [];
  let watchers: readonly Working[] = [];
  let cancelLook: (() => void) | undefined;
  let cancelTick = () => {};
  let closed = false;
  let adopted = false;
  let adopting = false;
  let remindedAtMs = world.now();
  let sweptAtMs = Number.NEGATIVE_INFINITY;

  function take(next: AlertsConfig): void {
    for (const { delivery } of deliveries) void delivery.stop();
    config = next;
    const places = options.ask ? [ask, memory] : [memory];
    deliveries = places.flatMap((place) =>
      [...next.recipients]
        .map(([name, recipient]) => deliveryTo(name, recipientOf(recipient), post, place))
        .concat(logDelivery(place))
        .map((delivery) => ({ place, delivery })),
    );
    const before = watchers;
    watchers = next.rules.map((rule) => {
      // What a rule knows is kept as long as it watches for the same.
      const same = before.find((one) => isDeepStrictEqual(watched(one.rule), watched(rule)));
      return { rule, watcher: same?.watcher ?? watcherOf(rule, { ...options, failingSince }), adopts: same?.adopts ?? true };
    });
    adopted = false;
  }

  function deliveryTo(name: string, recipient: Recipient, send: Post, place: Ask): Delivery {
    return createDelivery({ name, recipient, ask: place, post: send, world, deadAfterMs: config.deadAfterMs, onDead });
  }

  function logDelivery(place: Ask): Delivery {
    const recipient: Recipient = { write: (news) => ({ url: '', headers: {}, body: JSON.stringify(news) }) };
    const send: Post = async ({ body }) => {
      onNews(newsIn(String(body)));
      return { status: 200, headers: {}, body: '' };
    };
    return deliveryTo(LOG, recipient, send, place);
  }

  function failingSince() {
    const failing = new Map<string, NonNullable<Delivery['failing']>>();
    for (const { delivery } of deliveries) if (delivery.failing) failing.set(delivery.name, delivery.failing);
    return failing;
  }

  function look(): void {
    cancelLook?.();
    cancelLook = undefined;
    const nowMs = world.now();
    for (const { rule, watcher } of watchers) for (const change of watcher.look(nowMs)) enact(rule, change);
  }

  function enact(rule: AlertRule, change: Change): void {
    (change.alert.rule === 'ledger' ? urgent : enactor).push({ rule, change });
  }

  function lookSoon(): void {
    if (!closed) cancelLook ??= world.after(SOON_MS, look, 'upkeep');
  }

  function tick(): void {
    const nowMs = world.now();
    if (!adopted) void adopt();
    look();
    if (nowMs - remindedAtMs >= REMIND_MS) {
      remindedAtMs = nowMs;
      // Also takes up what another process left behind.
      kickAll();
      for (const { place, delivery } of deliveries) if (place === ask || spare) delivery.remind();
    }
    if (nowMs - sweptAtMs >= SWEEP_MS) {
      sweptAtMs = nowMs;
      ask('sweepAlerts', { beforeMs: nowMs - KEEP_MS }).catch(() => undefined);
    }
    cancelTick = world.after(TICK_MS, tick, 'upkeep');
  }

  /** Takes over what was open before: whose rule is gone is resolved, the rest goes to its watcher. */
  async function adopt(): Promise<void> {
    if (adopting) return;
    adopting = true;
    try {
      const open = await ask('openAlerts', {});
      adopted = true;
      for (const { body, level } of open) {
        const news = newsIn(body);
        const found = watchers.find(({ rule }) => rule.name === news.name && rule.rule === news.rule);
        (news.rule === 'ledger' ? urgent : enactor).began(news);
        if (found?.adopts) found.watcher.adopt(news, level, world.now());
        else if (!found && !closed) enactor.push({ rule: { notify: [...config.recipients.keys()] }, change: removed(news, world.now()) });
      }
      for (const one of watchers) one.adopts = false;
      kickAll();
    } catch {
      // The next tick tries again.
    } finally {
      adopting = false;
    }
  }

  take(config);
  tick();

  return {
    hear(records) {
      for (const { watcher } of watchers) watcher.hear?.(records);
      lookSoon();
    },
    notice(notice) {
      for (const { watcher } of watchers) watcher.notice?.(notice);
      // A refused key is told of within a second: nothing here waits.
      if (!closed) look();
    },
    reload(next) {
      take(next);
      void adopt();
    },
    async close() {
      look();
      closed = true;
      cancelLook?.();
      cancelTick();
      const ended = Promise.all([enactor.idle(), urgent.idle()]).then(() => Promise.all(deliveries.map(({ delivery }) => delivery.stop())));
      await inTime(CLOSE_MS, ended, [], world);
      for (const { delivery } of deliveries) void delivery.stop();
    },
  };
}

/** A rule at work; `adopts`: what was open before it began is still to be handed to it. */
interface Working {
  readonly rule: AlertRule;
  readonly watcher: Watcher;
  adopts: boolean;
}

/** What of a rule says what is watched for: not who is told, nor where to look into it. */
const watched = ({ notify: _, link: __, ...rest }: AlertRule) => rest;

const removed = (news: AlertNews, atMs: number): Change => ({ do: 'resolve', closes: false, reason: 'rule_removed', atMs, alert: news });
