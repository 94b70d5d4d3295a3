import type { Pricer } from './accounting/pricer.ts';
import type { UsageRecord } from './accounting/record.ts';
import { type Batching, createBatching, type Hooks, type Place, type WorkerRooms } from './batch/index.ts';
import type { Config } from './config/config.ts';
import type { Destinations, DestinationTarget } from './destinations.ts';
import { dialectFor } from './lanes/index.ts';
import type { Asking, Inbound } from './lanes/lane.ts';
import type { Funds } from './limits/funds.ts';
import type { DeferredCall } from './model/deferred.ts';
import type { Network } from './model/exchange.ts';
import type { Failure } from './model/failure.ts';
import { JOB_KEPT_MS } from './model/job.ts';
import type { Running, Sink } from './model/sink.ts';
import { signedLetter } from './monitor/alerts/recipients/webhook.ts';
import { readOnLoss } from './policy/on-loss.ts';
import { forbidden } from './policy/scopes.ts';
import type { Routing } from './routing.ts';
import type { Ask } from './store/ask.ts';
import type { Store } from './store/store.ts';
import type { TaskName } from './store/tasks.ts';
import { post } from './transport/post.ts';
import type { World } from './world/world.ts';

/** What moves lines of jobs, pieces of files, or answers. */
const BULK: ReadonlySet<TaskName> = new Set<TaskName>([
  'addPiece',
  'filePiece',
  'addLines',
  'waitingLines',
  'linesNamed',
  'chunkLines',
  'settleLines',
  'jobResults',
]);

/** The store's `ask`, while `onBulk` hears of what moves lines. */
export const heard =
  (ask: Ask, onBulk: () => void): Ask =>
  (name, input) => {
    if (BULK.has(name)) onBulk();
    return ask(name, input);
  };

/** Jobs, on the rooms of a gateway. */
export function batchingOn(
  store: Store,
  rooms: {
    readonly world: World;
    readonly network: Network;
    readonly destinations: () => Destinations;
    readonly routing: Routing;
    readonly pricer: () => Pricer;
    readonly funds: Funds;
    readonly webhooks: () => Config['webhooks'];
    call(asking: Asking, sink: Sink): Running;
    book(rows: readonly UsageRecord[], inbound: Inbound): void;
    tell(state: 'failing' | 'recovered', message: string): void;
  },
  works: boolean,
): Batching {
  const { world, network, destinations, routing, pricer, funds, webhooks, call, tell } = rooms;
  const all: WorkerRooms = {
    world,
    network,
    ask: store.ask,
    pricer,
    place: (asking) => placeOf(destinations(), routing, asking),
    call,
    book(rows, inbound, work) {
      rooms.book(rows, inbound);
      store.ledger.onceSafe(work);
    },
    flush: () => store.ledger.flush(),
    funds,
    hooks: hooksOf(webhooks, world),
    tell,
  };
  return createBatching(all, { keepMs: JOB_KEPT_MS, works });
}

function hooksOf(webhooks: () => Config['webhooks'], world: World): Hooks {
  return {
    names: () => [...webhooks().keys()],
    async tell(name, call) {
      const hook = webhooks().get(name);
      if (!hook) return false;
      const letter = signedLetter(hook, toldOf(call), call.id, world.now());
      return post(letter).then(
        ({ status }) => status < 300,
        () => false,
      );
    },
  };
}

/** The body of a webhook, version 1; the answer as it would be fetched. */
const toldOf = ({ id, state, createdMs, deadlineMs, answer, callId }: DeferredCall) => ({
  version: 1,
  type: 'deferred.ended',
  id,
  state,
  created_at: new Date(createdMs).toISOString(),
  deadline: new Date(deadlineMs).toISOString(),
  ...(callId !== undefined && { call_id: callId }),
  ...(answer && { status: answer.status, answer: JSON.parse(answer.body) as unknown }),
});

/** Where a line goes: to the first of its model's targets, in the dialect its provider's batch API takes. */
function placeOf(destinations: Destinations, routing: Routing, asking: Asking): Place | Failure {
  const { inbound, caller } = asking;
  const beyond = forbidden(caller, inbound.operation, inbound.head.model);
  if (beyond) return beyond;
  const route = destinations(inbound.head.model);
  if ('kind' in route) return route;
  const target = routing.order(route, asking)[0]!;
  const dialect = dialectFor(inbound, target.provider.dialects, target.facts);
  const batch = batchApiOf(target);
  return {
    target: target.choice(dialect).target,
    facts: target.facts,
    onLoss: asking.onLoss === undefined ? route.onLoss : readOnLoss(asking.onLoss, route.onLoss),
    repair: route.repair,
    ...(batch && { batch }),
    keys: Math.max(1, target.provider.keys.length),
  };
}

/** The vendors' own APIs take batches; compatible servers and other clouds mostly do not. */
function batchApiOf({ provider: { vendor, dialects, batch = true } }: DestinationTarget): Place['batch'] {
  if (!batch || vendor === 'other') return undefined;
  return vendor === 'anthropic' || dialects.length > 1 ? vendor : undefined;
}
