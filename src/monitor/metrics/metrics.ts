import type { UsageRecord } from '../../accounting/record.ts';
import type { AttemptReason } from '../../model/attempt.ts';
import { FAILURES, type FailureKind } from '../../model/failure.ts';
import type { Money } from '../../model/money.ts';
import type { Notice } from '../../model/notice.ts';
import { type Counted, createAccounts } from './accounts.ts';
import { countCall } from './count-call.ts';
import { exposition } from './exposition.ts';
import { FAMILIES } from './families.ts';
import { hearNotices } from './hear-notices.ts';
import { OUTCOME_OF } from './outcome.ts';
import { createRegistry, type Registry } from './registry.ts';

/** The numbers of a gateway: fed as things happen, read by whoever scrapes or exports. */
export interface Metrics {
  /** Counts a call that is over: one record for each attempt. */
  count(records: readonly UsageRecord[]): void;
  /** Counts a call refused before anything was sent. */
  refuse(kind: FailureKind): void;
  hear(notice: Notice): void;
  /** Lets series begin at 0, so that the first call of an upstream or a feature is an increase. */
  expect(known: Counted): void;
  /** The same for the failures of a provider, whatever models will be asked of it. */
  expectProvider(provider: string): void;
  /** What Prometheus is told. */
  text(): string;
  readonly registry: Registry;
}

/** Where the gauges come from: asked when somebody reads. Each may be left out. */
export interface MetricsSources {
  readonly version?: string;
  /** Calls under way. */
  readonly running?: () => number;
  /** What is left of each upstream's (`provider/model`) retry budget. */
  readonly retryTokens?: () => Iterable<readonly [upstream: string, tokens: number]>;
  /** The budgets of features, and of everything; never those of users, whose number has no end. */
  readonly budgets?: () => Iterable<BudgetReading>;
  /** Records of usage that the ledger's database does not hold yet. */
  readonly journalLag?: () => number;
  /** When the prices were last compared with their sources, in seconds (Unix). */
  readonly pricesChecked?: () => number;
  /** Records each exporter has had to let go so far. */
  readonly exportDropped?: () => Iterable<readonly [sink: string, records: number]>;
}

/** How a budget stands. */
export interface BudgetReading {
  /** Such as `feature:search` or `total`. */
  readonly scope: string;
  readonly spent: Money;
  readonly limit: Money;
}

export interface MetricsOptions extends MetricsSources {
  /** Most lines of the exposition; 2,000 unless told. */
  readonly linesMax?: number;
  /** Providers whose failures are counted from 0. */
  readonly providers?: Iterable<string>;
  /** Upstreams and features whose series begin at 0. */
  readonly known?: Iterable<Counted>;
  /** Rules whose alerts are counted from 0. */
  readonly alertRules?: Iterable<string>;
}

export const LINES_MAX = 2000;

export function createMetrics(options: MetricsOptions = {}): Metrics {
  const registry = createRegistry();
  if (options.version !== undefined) registry.number(FAMILIES.info, options.version).value = 1;
  const refused = new Map(REFUSALS.map((kind) => [kind, registry.number(FAMILIES.refused, kind)]));
  const common = {
    attempts: {
      first: attempts('first'),
      retry: attempts('retry'),
      fallback: attempts('fallback'),
      hedge: attempts('hedge'),
      starved: attempts('starved'),
    },
    overhead: registry.histogram(FAMILIES.overhead),
    failures: (provider: string, kind: string) => registry.number(FAMILIES.failures, provider, kind),
  };
  function attempts(reason: AttemptReason) {
    return registry.number(FAMILIES.attempts, reason);
  }
  for (const rule of options.alertRules ?? []) for (const state of ALERT_STATES) registry.number(FAMILIES.alerts, rule, state);
  const hear = hearNotices(registry);
  readSources(registry, options);
  const accounts = createAccounts(registry, options.linesMax ?? LINES_MAX);
  for (const provider of options.providers ?? []) expectProvider(provider);
  for (const known of options.known ?? []) accounts.of(known);

  function expectProvider(provider: string): void {
    for (const kind of UPSTREAM_FAILURES) common.failures(provider, kind);
  }

  return {
    count: (records) => countCall(records, accounts, common),
    refuse: (kind) => {
      const series = refused.get(kind) ?? registry.number(FAMILIES.refused, kind);
      series.value += 1;
    },
    hear,
    expect: accounts.of,
    expectProvider,
    text: () => exposition(registry),
    registry,
  };
}

const ALERT_STATES = ['firing', 'resolved'] as const;
const KINDS = Object.keys(FAILURES) as FailureKind[];
/** What a call can be refused with before anything is sent. */
const REFUSALS = KINDS.filter((kind) => OUTCOME_OF[kind] === 'refused' || kind === 'invalid');
/** What an attempt can fail with once it was sent. */
const UPSTREAM_FAILURES = KINDS.filter((kind) => OUTCOME_OF[kind] !== 'refused');

function readSources(
  registry: Registry,
  { running, retryTokens, budgets, pricesChecked, journalLag, exportDropped }: MetricsSources,
): void {
  const set = (read: (() => number) | undefined, family: (typeof FAMILIES)[keyof typeof FAMILIES]) => {
    if (!read) return;
    const gauge = registry.number(family);
    registry.beforeReading(() => {
      gauge.value = read();
    });
  };
  set(running, FAMILIES.running);
  set(pricesChecked, FAMILIES.pricesChecked);
  set(journalLag, FAMILIES.journalLag);
  registry.beforeReading(() => {
    for (const [upstream, tokens] of firstOf(retryTokens?.())) registry.number(FAMILIES.retryTokens, upstream).value = tokens;
    for (const [sink, records] of exportDropped?.() ?? []) registry.number(FAMILIES.exportDropped, sink).value = records;
    registry.clear(FAMILIES.budgetSpent);
    registry.clear(FAMILIES.budgetLimit);
    for (const { scope, spent, limit } of firstOf(budgets?.())) {
      registry.money(FAMILIES.budgetSpent, scope).value = spent;
      registry.money(FAMILIES.budgetLimit, scope).value = limit;
    }
  });
}

/** Most values of the label of one gauge: there can be a budget for each of a thousand features. */
const GAUGES_MAX = 50;

function* firstOf<T>(all: Iterable<T> = []): Iterable<T> {
  let count = 0;
  for (const one of all) if (++count <= GAUGES_MAX) yield one;
}
