import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import type { UsageRecord } from './accounting/record.ts';
import type { Config, InfluxConfig, MetricsConfig, OtelConfig } from './config/config.ts';
import type { Inbound, Operation } from './lanes/lane.ts';
import type { BudgetStanding } from './limits/standings.ts';
import type { FailureKind } from './model/failure.ts';
import type { Notices } from './model/notice.ts';
import type { Post } from './model/post.ts';
import type { Backlog } from './monitor/export/backlog.ts';
import { createSpill } from './monitor/export/spill.ts';
import { createInflux } from './monitor/influx/influx.ts';
import type { Counted } from './monitor/metrics/accounts.ts';
import { EXPOSITION_TYPE } from './monitor/metrics/exposition.ts';
import { createMetrics, type Metrics, type MetricsSources } from './monitor/metrics/metrics.ts';
import { watchProcess } from './monitor/metrics/process.ts';
import type { Registry } from './monitor/metrics/registry.ts';
import { createOtlp, type Otlp } from './monitor/otlp/otlp.ts';
import { traceContextOf } from './monitor/otlp/trace-context.ts';
import { metricsPage } from './server/metrics-page.ts';
import type { Page, RequestHead } from './server/rooms.ts';
import type { Ledger } from './store/ledger.ts';
import { realDisk } from './store/real-disk.ts';
import { post } from './transport/post.ts';
import type { World } from './world/world.ts';

/** What tells others how the gateway does, put together: the numbers, and where they go. */
export interface Monitoring {
  /** Hears of a call that is over, before its caller sees the end: what takes long is done later. */
  count(records: readonly UsageRecord[], asked: Pick<Inbound, 'operation' | 'headers'>): void;
  /** Hears of a call refused before anything was sent. */
  refuse(kind: FailureKind): void;
  /** Lets the series of another configuration begin. Where things are sent stays as it was. */
  reload(next: Config): void;
  /** The page for scrapers, when the request is for it. */
  page(head: RequestHead, metrics: MetricsConfig | undefined, exposed: boolean): Page | undefined;
  /** Sends what waits to be exported. */
  close(): Promise<void>;
}

/** What monitoring needs of the rooms beside it. */
export interface MonitoringRooms {
  readonly world: World;
  readonly notices: Notices;
  readonly ledger: Ledger | undefined;
  readonly sources: MetricsSources;
}

export function createMonitoring(config: Config, { world, notices, ledger, sources }: MonitoringRooms): Monitoring {
  const tells = (sink: string) => (state: 'failing' | 'recovered', message: string) =>
    notices.tell({ type: 'export', sink, state, message });
  const influx = config.influx && openInflux(config.influx, config.server.port, { world, post, onChange: tells('influx') });
  const exporters: { sink: string; exporter: { readonly dropped: number; close(): Promise<void> } }[] = [];
  const metrics = createMetrics({
    version: VERSION,
    exportDropped: () => exporters.map(({ sink, exporter }) => [sink, exporter.dropped]),
    ...sources,
    alertRules: new Set(config.alerts?.rules.map(({ rule }) => rule)),
    ...(config.metrics && { linesMax: config.metrics.linesMax }),
  });
  expectAllOf(config);
  const otlp = config.otel && openOtlp(config.otel, metrics.registry, { world, post, onChange: tells('otlp') });
  if (influx) exporters.push({ sink: 'influx', exporter: influx });
  if (otlp) exporters.push({ sink: 'otlp', exporter: otlp });
  const stopWatching = config.metrics || config.otel ? watchProcess(metrics.registry, world.now() - process.uptime() * 1000) : () => {};
  const stopHearing = notices.hear(metrics.hear);
  if (ledger && config.metrics) void expectFrom(ledger, metrics, world.now());

  function expectAllOf(next: Config): void {
    for (const provider of next.providers.keys()) metrics.expectProvider(provider);
    for (const known of knownFrom(next)) metrics.expect(known);
  }

  return {
    count(records, { operation, headers }) {
      metrics.count(records);
      if (influx) for (const record of records) influx.add(record);
      otlp?.add({ records, operation: OPERATIONS[operation], parent: traceContextOf(headers) });
    },
    refuse: metrics.refuse,
    reload: expectAllOf,
    page: (head, door, exposed) => door && metricsPage(head, { ...door, exposed: exposed && !door.open }, metrics.text, EXPOSITION_TYPE),
    async close() {
      stopWatching();
      stopHearing();
      await Promise.all(exporters.map(({ exporter }) => exporter.close()));
    },
  };
}

/** How budgets stand, as the metrics tell it. Those by users and tags are left out: they have no end. */
export const budgetReadings = (standings: readonly BudgetStanding[]) =>
  standings
    .filter(({ scope }) => Object.keys(scope).every((field) => field === 'feature' || field === 'key' || field === 'model'))
    .map(({ budget, value, spent, limit }) => ({ scope: value === '' ? budget : `${budget} (${value})`, spent, limit }));

interface Way {
  readonly world: World;
  readonly post: Post;
  readonly onChange: (state: 'failing' | 'recovered', message: string) => void;
}

/** Gateways on one machine differ by their port. */
function openInflux({ instance, spill, ...address }: InfluxConfig, port: number, way: Way): Backlog<UsageRecord> {
  const mark = Math.floor(way.world.random() * 2 ** 32)
    .toString(16)
    .padStart(8, '0');
  return createInflux({
    ...way,
    address,
    instance: instance ?? `${hostname()}:${port}`,
    ...(spill && { spill: createSpill({ ...spill, mark }, realDisk, way.world.now) }),
  });
}

const openOtlp = ({ service, ...rest }: OtelConfig, registry: Registry, way: Way): Otlp =>
  createOtlp({
    ...way,
    ...rest,
    registry,
    resource: { 'service.name': service, 'service.version': VERSION, 'service.instance.id': hostname() },
  });

/** What we call operations in the words of OpenTelemetry. */
const OPERATIONS = { generate: 'chat', count: 'count_tokens', embed: 'embeddings' } as const satisfies Record<Operation, string>;

const VERSION = (JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }).version;

/** Every target a model name leads to, for what has no feature and for the features that are known. */
function* knownFrom({ models, metrics }: Config): Iterable<Counted> {
  for (const { targets } of models.values()) {
    for (const { provider, model } of targets) {
      yield { provider, model };
      for (const feature of metrics?.features ?? []) yield { provider, model, feature };
    }
  }
}

/** Whoever called last week will call again: their series are there before they do, so that a restart hides nobody's first call. */
async function expectFrom(ledger: Ledger, metrics: Metrics, nowMs: number): Promise<void> {
  // Between midnights: sums by day are there for ever, rows may be kept for less than a week, and are many.
  const toMs = (Math.floor(nowMs / DAY_MS) + 1) * DAY_MS;
  const week = { fromMs: toMs - WEEK_MS - DAY_MS, toMs, by: ['provider', 'model', 'feature'] } as const;
  const sums = await ledger.usage(week).catch(() => []);
  for (const { provider, model, feature } of sums.toSorted((a, b) => b.calls - a.calls).slice(0, EXPECTED_MAX)) {
    if (provider !== undefined && model !== undefined) metrics.expect({ provider, model, ...(feature && { feature }) });
  }
}

const DAY_MS = 86_400_000;
const WEEK_MS = 7 * DAY_MS;
/** Leaves room for whoever is new. */
const EXPECTED_MAX = 60;
