import { hash } from 'node:crypto';
import { createPricer, type Pricer } from './accounting/pricer.ts';
import { priceBook } from './accounting/prices/index.ts';
import { recordsOf, type UsageRecord } from './accounting/record.ts';
import { alertView, budgetView, upstreamsOf } from './admin-views.ts';
import { createAlerting } from './alerting.ts';
import { batchingOn, heard } from './batching.ts';
import { createCaching } from './caching.ts';
import { exposure, isLocal, managesKeys } from './config/build.ts';
import type { Config } from './config/config.ts';
import { describe } from './config/describe.ts';
import { admissionOf, capped, type Destination, type Destinations, destinationsOf, listingOf, listingsOf } from './destinations.ts';
import { type CallEstimate, estimateCall } from './estimate-call.ts';
import { canonicalInbound } from './lanes/canonical.ts';
import { conversationOf } from './lanes/conversation.ts';
import type { Asking, Inbound } from './lanes/lane.ts';
import { createVault } from './lanes/vault.ts';
import { createLimiter } from './limits/limiter.ts';
import type { BudgetStanding } from './limits/standings.ts';
import type { Caller } from './model/caller.ts';
import type { Deferrals } from './model/deferred.ts';
import type { Network } from './model/exchange.ts';
import { type Failure, HeadgateError } from './model/failure.ts';
import type { Files, Jobs } from './model/job.ts';
import type { CallTerms, MakeCall } from './model/make-call.ts';
import { type Money, zero } from './model/money.ts';
import { createNotices, type Happening, type Notice } from './model/notice.ts';
import type { ModelRequest } from './model/request.ts';
import type { Sink } from './model/sink.ts';
import { inputTokens, outputTokens } from './model/usage.ts';
import { budgetReadings, createMonitoring } from './monitoring.ts';
import { type Calls, createCalls } from './pipeline/calls.ts';
import { createCrowd } from './pipeline/crowd.ts';
import { createHealth, type Health } from './pipeline/health.ts';
import { createIdempotency } from './pipeline/idempotency.ts';
import { callMaker } from './pipeline/make-call.ts';
import type { Admission, FinishedCall, Refusal } from './pipeline/rooms.ts';
import { mayUse } from './policy/scopes.ts';
import { createRouting } from './routing.ts';
import { createDoor, type Door } from './server/door.ts';
import { doorFetch } from './server/fetch.ts';
import { createKeyring } from './server/keyring.ts';
import { type Listening, listen } from './server/listen.ts';
import { followKeys } from './server/live-keys.ts';
import type { ModelListing } from './server/rooms.ts';
import { fingerprintsOf, healthSetup, limitRules, lineLimits, secretsOf, watchEveryMsFor } from './setups.ts';
import { createShadows } from './shadows.ts';
import type { Ledger, LedgerEvent } from './store/ledger.ts';
import { type Ground, openStore } from './store/open-store.ts';
import { createTranscripts } from './transcripts.ts';
import { type ClosableNetwork, createNetwork } from './transport/network.ts';
import { warmUp } from './warm-up.ts';
import { inTime } from './world/in-time.ts';
import { realWorld } from './world/real.ts';
import type { World } from './world/world.ts';

/** A gateway, built and running; it serves whoever `fetch`es or, once told to `listen`, whoever connects. */
export interface Headgate {
  /** The gateway without a socket: give it to an SDK as its `fetch`. */
  readonly fetch: typeof globalThis.fetch;
  /** The same as a function without promises: for other servers, and for simulations. */
  readonly door: Door;
  /** The same for programs that ask in canonical form. No key is asked of them: whose call it is they say themselves. */
  readonly makeCall: MakeCall;
  /** How large and how dear such a call would be at each target of its model; nothing is sent. Throws where its model leads nowhere. */
  sizeUp(request: ModelRequest, terms: Pick<CallTerms, 'providerOptions' | 'maxVisibleTokens'>): Promise<readonly CallEstimate[]>;
  /** Whose calls in process are that name no account: `anonymous`, who must name a feature where one is required. */
  readonly insider: Caller;
  /** Of the configuration as it is now. */
  readonly providerNames: readonly string[];
  /** Serves HTTP. Rejects when the address cannot be had, or others could reach it and no key is asked of them. */
  listen(address: { readonly host: string; readonly port: number }): Promise<Address>;
  /**
   * Takes over another configuration for calls from now on; those under way end under the old one. Address and
   * ledger stay. Throws, and stays with the old one, when the new one asks no key where others can reach us.
   */
  reload(config: Config): void;
  /** Whether callers must show a gateway key. */
  readonly asksKeys: boolean;
  /** How budgets stand; none where no ledger is kept. */
  budgets(): Promise<readonly BudgetStanding[]>;
  /** What calls cost, if a ledger is kept. */
  readonly ledger: Ledger | undefined;
  /** Batches, and the files they come from; none where no ledger is kept. */
  readonly jobs: Jobs | undefined;
  readonly files: Files | undefined;
  /** Calls that may be answered later; none where no ledger is kept. */
  readonly deferrals: Deferrals | undefined;
  /** What was learnt of upstreams and keys. */
  readonly health: Pick<Health, 'states' | 'keys'>;
  /** Calls under way. */
  readonly running: number;
  /** Refuses new calls, lets those under way end for at most `graceMs` (30,000 unless told), and closes everything; once. */
  close(graceMs?: number): Promise<void>;
}

/** Where the gateway can be reached. */
export interface Address {
  /** Such as `http://127.0.0.1:4000`. */
  readonly url: string;
  /**
   * Says it is not ready, serves on for `drainMs` (0 unless told) while callers are told to go elsewhere, then takes no
   * more of them and lets calls under way end, for at most `graceMs` (30,000 unless told).
   */
  close(graceMs?: number, drainMs?: number): Promise<void>;
}

const GRACE_MS = 30_000;

/** What a gateway may be told besides its configuration. */
export interface HeadgateOptions {
  /** Clock and chance; the machine's unless told. */
  readonly world?: World;
  /** Hears what people running the gateway should know. */
  readonly onNotice?: (notice: Notice) => void;
  /** The way to the providers, for tests and simulations; absent: HTTP. */
  readonly network?: Network;
  /** Hears of every call that is over, as the rows the ledger gets: one for each attempt. */
  readonly onCall?: (records: readonly UsageRecord[]) => void;
  /** What the ledger stands on, for tests and simulations; absent: this machine's files and a thread. */
  readonly ground?: Ground;
  /** Stands between calls and what is learnt of upstreams, for tests that must see a rule matter. */
  readonly health?: (own: Health) => Health;
  /** Hears, time and again, while lines of jobs and pieces of their files pass through this process. */
  readonly onBulk?: () => void;
  /** Whether `listen` warms the process up before `/readyz` says yes; calls are answered meanwhile. Default false. */
  readonly warms?: boolean;
  /** Asks nobody for a key or a feature, as for the one who runs a command; everyone is `anonymous`. Default false. */
  readonly keyless?: boolean;
  /** Whether this process looks after jobs; one that only reads the ledger does not. Default true. */
  readonly worksOnJobs?: boolean;
}

/** Builds the rooms and hands them to each other. Rejects when the ledger cannot be opened. */
export async function createHeadgate(
  first: Config,
  {
    world = realWorld,
    onNotice,
    network: given,
    onCall,
    ground,
    health: between,
    onBulk,
    warms = false,
    keyless = false,
    worksOnJobs = true,
  }: HeadgateOptions = {},
): Promise<Headgate> {
  const notices = createNotices(world.now);
  if (onNotice) notices.hear(onNotice);
  const store = first.ledger && (await openStore({ ...first.ledger, onEvent: (event) => notices.tell(happeningOf(event)) }, world, ground));
  const vault = createVault();
  const hosts = new Set<string>();
  const keyring = createKeyring(world.now);
  const listenings = new Set<Listening>();
  let draining = false;
  let closing = false;
  let closed: Promise<void> | undefined;
  let warm = true;
  let config = first;
  let destinations: Destinations;
  let network: ClosableNetwork;
  let pricer: Pricer;
  /** By provider; those of configurations before too, as calls under way were sent with them. */
  const secrets = new Map<string, Set<string>>();
  let listings: readonly ModelListing[];
  let watchEveryMs: number;
  /** Whichever configuration's network there is at the moment. */
  const currentNetwork: Network = { send: (request, receiver) => network.send(request, receiver) };
  const routing = createRouting(world, () => pricer);
  const shadows = createShadows();
  const learnt = createHealth(healthSetup(first), world, notices);
  const health = between ? between(learnt) : learnt;
  const sharesRates = first.ledger !== undefined && 'url' in first.ledger;
  const limiter = createLimiter({ world, ...(store && { ask: store.ask }), sharesRates, tell: notices.tell });
  const crowd = createCrowd(lineLimits(first), world, notices);
  const budgets = async (): Promise<readonly BudgetStanding[]> => (await limiter.standings?.read()) ?? [];

  function take(next: Config): void {
    config = next;
    health.configure(healthSetup(next));
    crowd.configure(lineLimits(next));
    watchEveryMs = watchEveryMsFor(next);
    destinations = destinationsOf(next);
    network = given ? { send: given.send, underWay: 0, close: async () => {} } : createNetwork(next.providers, world);
    pricer = createPricer(priceBook(next.prices), next.providers);
    for (const [name, provider] of next.providers) secrets.set(name, new Set([...(secrets.get(name) ?? []), ...secretsOf(provider)]));
    keyring.configure(next.server.keys, next.attribution);
    askForKeys();
    listings = listingsOf(next);
    limiter.configure(limitRules(next, pricer));
  }

  /** Where strangers could call a key is asked for, also while there is none. */
  function askForKeys(): void {
    keyring.askAlways(!config.server.open && [...hosts].some((host) => !isLocal(host)));
  }

  const isReady = () => warm && !draining && !closing;

  /** Closes a network once nothing runs over it any more. */
  function retire(old: ClosableNetwork): void {
    if (old.underWay > 0) world.after(1000, () => retire(old));
    else void old.close();
  }

  const records = ({ callId, asking: { inbound, caller }, attempts, overheadMs }: FinishedCall) =>
    recordsOf({ callId, caller, model: inbound.head.model, dialect: inbound.dialect, channel: 'sync', overheadMs }, attempts, pricer);

  take(first);
  const monitoring = createMonitoring(first, {
    world,
    notices,
    ledger: store?.ledger,
    sources: {
      running: () => calls.running,
      pricesChecked: () => Date.parse(pricer.checkedOn) / 1000,
      journalLag: () => store?.ledger.state.waiting ?? 0,
      retryTokens: () => health.states().map(({ provider, model, retryTokens }) => [`${provider}/${model}`, retryTokens]),
      budgets: () => budgetReadings(limiter.standings?.recent() ?? []),
    },
  });
  const alerting = createAlerting(first, {
    world,
    notices,
    store,
    keys: fingerprintsOf,
    budgets,
  });
  const onState = (state: 'failing' | 'recovered', message: string) => notices.tell({ type: 'keys', state, message });
  const keys = store && !keyless && (await followKeys({ ask: store.ask, keyring, world, onState }));
  const caching = createCaching({
    world,
    pricer: () => pricer,
    ask: store?.ask,
    tell: (feature, upstream, { place, change }) => notices.tell({ type: 'churn', feature, upstream, place, change }),
  });
  const calls: Calls = createCalls({
    world,
    vault,
    health,
    crowd,
    watchEveryMs: () => watchEveryMs,
    network: currentNetwork,
    admit({ callId, asking }, told) {
      const decide = (outcome: Admission | Refusal) => {
        if ('kind' in outcome) monitoring.refuse(outcome.kind);
        told(outcome);
      };
      if (closing) return decide(CLOSING);
      const admission = admissionOf(destinations, routing, asking);
      if ('kind' in admission) return decide(admission);
      limiter.reserve({ callId, asking }, admission, (outcome) => {
        if ('kind' in outcome) return decide(outcome);
        decide(outcome === admission ? admission : { ...admission, ...outcome });
        if (asking.copied) shadows.copy(asking, destinations, calls.start);
      });
    },
    sent(asking, choice) {
      const mode = routeOf(asking)?.cache;
      return mode === undefined ? asking.inbound : caching.sent(asking, choice, mode);
    },
    affinity(asking) {
      const route = routeOf(asking);
      if (route?.cache !== 'auto' && route?.strategy !== 'sticky') return undefined;
      return Number.parseInt(hash('sha256', conversationOf(asking)).slice(0, 8), 16);
    },
    covers: limiter.mayAttempt,
    hideKeys: (provider, said) => [...(secrets.get(provider) ?? [])].reduce((text, secret) => text.replaceAll(secret, '[key]'), said),
    ...(store && { onceSafe: store.ledger.onceSafe }),
    account(call) {
      const { callId, attempts, asking } = call;
      const rows = limiter.settle(callId, attempts, records(call));
      if (rows.length === 0) {
        asking.booked?.({ callId, attempts, tokens: 0, cost: zero });
        return null;
      }
      book(rows, asking.inbound);
      learn(call);
      idempotency?.settled(call);
      asking.booked?.({ callId, attempts, tokens: tokensOf(rows), cost: costOf(rows) });
      return rows.at(-1)!.cost;
    },
  });
  const idempotency = first.idempotency && createIdempotency(world, first.idempotency, calls.start);
  const transcripts = store && first.ledger?.transcripts && createTranscripts(first.ledger.transcripts, { world, notices, ask: store.ask });
  const call = (asking: Asking, sink: Sink) =>
    (asking.idempotencyKey !== undefined && idempotency ? idempotency : calls).start(
      placed(capped(destinations, asking)),
      transcripts ? transcripts(asking, sink) : sink,
    );

  /** Where the call's model leads; undefined: nowhere. */
  function routeOf({ inbound }: Asking): Destination | undefined {
    const route = destinations(inbound.head.model);
    return 'kind' in route ? undefined : route;
  }

  function placed(asking: Asking): Asking {
    const route = routeOf(asking);
    return route ? routing.placed(route, asking) : asking;
  }

  function learn(call: FinishedCall): void {
    const route = routeOf(call.asking);
    if (route) routing.learn(route, call);
  }

  /** Books rows, and lets everyone who counts hear of them. */
  function book(rows: readonly UsageRecord[], inbound: Inbound): void {
    store?.ledger.book(rows);
    monitoring.count(rows, inbound);
    alerting.hear(rows);
    onCall?.(rows);
  }

  const batching =
    store &&
    batchingOn(
      onBulk ? { ...store, ask: heard(store.ask, onBulk) } : store,
      {
        world,
        network: currentNetwork,
        destinations: () => destinations,
        routing,
        pricer: () => pricer,
        funds: limiter.funds,
        webhooks: () => config.webhooks,
        call: calls.start,
        book,
        tell: (state, message) => notices.tell({ type: 'jobs', state, message }),
      },
      worksOnJobs,
    );
  const door = createDoor({
    world,
    limits: first.server.limits,
    refused: monitoring.refuse,
    call,
    page: (head) =>
      monitoring.page(
        head,
        config.metrics,
        [...hosts].some((host) => exposure({ host, keys: [], open: config.server.open }) !== undefined),
      ),
    authenticate: keyless ? () => ({ key: 'anonymous' }) : keyring.authenticate,
    models: (caller) => (caller.scopes?.models ? listings.filter(({ id }) => mayUse(caller, id)) : listings),
    model: (id, caller) => (mayUse(caller, id) ? listingOf(config, id) : undefined),
    ready: isReady,
    idempotency: first.idempotency,
    ...(batching && { batches: batching }),
    admin: {
      tokens: () => config.admin?.tokens ?? [],
      now: world.now,
      changed: (change) => notices.tell({ type: 'adminChange', ...change }),
      config: () => describe(config),
      configKeys: () => config.server.keys,
      ask: store?.ask,
      ledger: store?.ledger,
      refreshKeys: async () => (keys ? keys.refresh() : undefined),
      status: () => ({
        ready: isReady(),
        running: calls.running,
        ...(store && { ledger: { ...store.ledger.state } }),
      }),
      upstreams: () => upstreamsOf(config, health),
      ...(limiter.standings && { budgets: async () => (await budgets()).map(budgetView) }),
      ...(store && { alerts: async () => (await store.ask('openAlerts', {})).map(alertView) }),
    },
  });

  async function close(graceMs: number): Promise<void> {
    closing = true;
    const untilMs = world.elapsed() + graceMs;
    const leftMs = () => Math.max(0, untilMs - world.elapsed());
    await Promise.all([...listenings].map((listening) => listening.close(graceMs)));
    // What is half done is gone on with by the next process.
    if (batching) await inTime(leftMs(), batching.stop(), undefined, world);
    await calls.ended(leftMs());
    await caching.close();
    await network.close();
    await alerting.close();
    await monitoring.close();
    if (keys) await keys.stop();
    await limiter.close();
    await store?.close();
  }

  return {
    fetch: doorFetch(door),
    door,
    makeCall: callMaker(call),
    async sizeUp(request, { providerOptions, maxVisibleTokens }) {
      const estimates = await estimateCall(config, world, canonicalInbound(request, providerOptions, maxVisibleTokens));
      if ('kind' in estimates) throw new HeadgateError(estimates);
      return estimates;
    },
    get insider() {
      return keyring.anonymous;
    },
    get providerNames() {
      return [...config.providers.keys()];
    },
    health,
    async listen({ host, port }) {
      refuseExposure(config, host, keyring.stocked);
      const listening = await listen(door, { ...first.server.limits, host, port }, world);
      listenings.add(listening);
      hosts.add(host);
      askForKeys();
      if (warms) {
        warm = false;
        void warmUp(world).finally(() => {
          warm = true;
        });
      }
      return {
        url: listening.url,
        close(graceMs = GRACE_MS, drainMs = 0) {
          draining = true;
          return listening.close(graceMs, drainMs);
        },
      };
    },
    reload(next) {
      for (const host of hosts) refuseExposure(next, host, keyring.stocked);
      const old = network;
      take(next);
      alerting.reload(next);
      monitoring.reload(next);
      retire(old);
    },
    get asksKeys() {
      return !keyless && keyring.asks;
    },
    budgets,
    ledger: store?.ledger,
    jobs: batching?.jobs,
    files: batching?.files,
    deferrals: batching?.deferrals,
    get running() {
      return calls.running;
    },
    close(graceMs = GRACE_MS) {
      closed ??= close(graceMs);
      return closed;
    },
  };
}

const tokensOf = (rows: readonly UsageRecord[]): number => rows.reduce((sum, row) => sum + inputTokens(row) + outputTokens(row), 0);

/** What the attempts of a call cost together; null when one of them has no price. */
const costOf = (rows: readonly UsageRecord[]): Money | null =>
  rows.reduce<Money | null>((sum, { cost }) => (sum === null || cost === null ? null : ((sum + cost) as Money)), zero);

function happeningOf(event: LedgerEvent): Happening {
  switch (event.type) {
    case 'dropped':
      return { type: 'ledgerDropped', count: event.count, message: event.message };
    case 'damaged':
      return { type: 'ledgerDamaged', count: event.count, message: event.message };
    case 'failing':
      return { type: 'ledger', state: 'failing', message: event.message };
    case 'recovered':
      return { type: 'ledger', state: 'recovered', message: 'the ledger can be written again' };
    default:
      return event satisfies never;
  }
}

function refuseExposure(config: Config, host: string, keys: number): void {
  const exposed = exposure({ ...config.server, host, managed: managesKeys(config) || keys > 0 });
  if (exposed) throw new Error(exposed);
}

/** Another instance, or this one started again, may take it soon. */
const CLOSING: Failure = { kind: 'closing', message: 'the gateway is shutting down', retryAfterMs: 1000, shouldRetry: true };
