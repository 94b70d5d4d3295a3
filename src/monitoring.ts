import { readFileSync } from 'node:fs';
import type { UsageRecord } from './accounting/record.ts';
import type { Config, MetricsConfig } from './config/config.ts';
import type { FailureKind } from './model/failure.ts';
import type { Notices } from './model/notice.ts';
import type { Counted } from './monitor/metrics/accounts.ts';
import { EXPOSITION_TYPE } from './monitor/metrics/exposition.ts';
import { createMetrics, type Metrics, type MetricsSources } from './monitor/metrics/metrics.ts';
import { watchProcess } from './monitor/metrics/process.ts';
import { metricsPage } from './server/metrics-page.ts';
import type { Page, RequestHead } from './server/rooms.ts';
import type { Ledger } from './store/ledger.ts';
import type { World } from './world/world.ts';

/** What tells others how the gateway does, put together: the numbers, and where they go. */
export interface Monitoring {
  /** Hears of a call that is over, before its caller sees the end. */
  count(records: readonly UsageRecord[]): void;
  /** Hears of a call refused before anything was sent. */
  refuse(kind: FailureKind): void;
  /** The page for scrapers, when the request is for it. */
  page(head: RequestHead, metrics: MetricsConfig | undefined, exposed: boolean): Page | undefined;
  readonly metrics: Metrics;
  close(): Promise<void>;
}

export interface MonitoringRooms {
  readonly world: World;
  readonly notices: Notices;
  readonly ledger: Ledger | undefined;
  readonly sources: MetricsSources;
}

export function createMonitoring(config: Config, { world, notices, ledger, sources }: MonitoringRooms): Monitoring {
  const metrics = createMetrics({
    version: VERSION,
    ...sources,
    ...(config.metrics && { linesMax: config.metrics.linesMax }),
    providers: config.providers.keys(),
    known: knownFrom(config),
  });
  const stopWatching = config.metrics ? watchProcess(metrics.registry, world.now() - process.uptime() * 1000) : () => {};
  const stopHearing = notices.hear(metrics.hear);
  if (ledger && config.metrics) void expectFrom(ledger, metrics, world.now());
  return {
    count: metrics.count,
    refuse: metrics.refuse,
    page: (head, door, exposed) => door && metricsPage(head, { ...door, exposed: exposed && !door.open }, metrics.text, EXPOSITION_TYPE),
    metrics,
    async close() {
      stopWatching();
      stopHearing();
    },
  };
}

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
  const week = { fromMs: nowMs - WEEK_MS, toMs: nowMs, by: ['provider', 'model', 'feature'] } as const;
  const sums = await ledger.usage(week).catch(() => []);
  for (const { provider, model, feature } of sums.toSorted((a, b) => b.calls - a.calls).slice(0, EXPECTED_MAX)) {
    if (provider !== undefined && model !== undefined) metrics.expect({ provider, model, ...(feature && { feature }) });
  }
}

const WEEK_MS = 7 * 86_400_000;
/** Leaves room for whoever is new. */
const EXPECTED_MAX = 60;
