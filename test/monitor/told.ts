import type { Money } from '../../src/model/money.ts';
import type { Happening } from '../../src/model/notice.ts';
import { createMetrics } from '../../src/monitor/metrics/metrics.ts';

/** What a gateway that lives in a world of its own cannot show: a bad day of its providers and budgets, and its process. */
export const TOLD = {
  breakers: { 'cloud/sim-large': 'open', 'local/sim-small': 'closed', 'broke/sim-down': 'halfOpen' },
  retryTokens: { 'cloud/sim-large': 12, 'local/sim-small': 500 },
  parkedKeys: { broke: 1, cloud: 2 },
  shedding: 'local/sim-small',
  panic: 'large',
  /** Dollars. */
  budgets: {
    'feature:chat': { spent: 9, limit: 10 },
    'feature:search': { spent: 5, limit: 5 },
    total: { spent: 14, limit: 100 },
  },
  inFlight: 7,
  journalLag: 21,
  exportDropped: { influx: 3, otlp: 0 },
  ledgerDropped: 4,
  alerts: { budget: 'firing' },
  lagSeconds: 0.012,
  residentBytes: 150_000_000,
} as const;

interface Pages {
  readonly before: string;
  readonly after: string;
}

/** The pages of a gateway with the day of `TOLD` in the place of its own. */
export function toldPages({ before, after }: Pages): Pages {
  let dropped = 0;
  const metrics = createMetrics({
    alertRules: Object.keys(TOLD.alerts),
    running: () => TOLD.inFlight,
    journalLag: () => TOLD.journalLag,
    retryTokens: () => Object.entries(TOLD.retryTokens),
    exportDropped: () => Object.entries(TOLD.exportDropped).map(([sink, records]) => [sink, dropped * records]),
    budgets: () =>
      Object.entries(TOLD.budgets).map(([scope, { spent, limit }]) => ({ scope, spent: dollars(spent), limit: dollars(limit) })),
  });

  const quiet = metrics.text();
  dropped = 1;
  const happen = (happening: Happening) => metrics.hear({ atMs: 0, ...happening });
  for (const [upstream, state] of Object.entries(TOLD.breakers)) happen({ type: 'breaker', upstream, state, reason: '' });
  for (const [provider, count] of Object.entries(TOLD.parkedKeys)) {
    for (let key = 0; key < count; key += 1) happen({ type: 'keyParked', provider, key: String(key), reason: 'denied' });
  }
  happen({ type: 'shedding', upstream: TOLD.shedding, state: 'on' });
  happen({ type: 'panic', model: TOLD.panic, state: 'on' });
  happen({ type: 'ledgerDropped', count: TOLD.ledgerDropped, message: '' });
  for (const [rule, state] of Object.entries(TOLD.alerts))
    happen({ type: 'alert', rule, state, alert: rule, severity: 'warning', summary: '' });
  return { before: replaced(before, quiet), after: replaced(after, metrics.text()) };
}

const dollars = (usd: number) => (BigInt(usd) * 1_000_000_000_000n) as Money;

const OF_THE_DAY =
  /^(headgate_(breaker_state|retry_tokens|parked_keys|shedding|panic|budget_|requests_in_flight|usage_journal|export_dropped|ledger_dropped|alerts)|nodejs_|process_)/;

function replaced(page: string, day: string): string {
  const kept = page.split('\n').filter((line) => !OF_THE_DAY.test(line));
  const told = day.split('\n').filter((line) => OF_THE_DAY.test(line));
  return [
    ...kept,
    ...told,
    `nodejs_eventloop_lag_p99_seconds ${TOLD.lagSeconds}`,
    `process_resident_memory_bytes ${TOLD.residentBytes}`,
  ].join('\n');
}
