import type { Family } from './registry.ts';

/** Of OpenTelemetry's GenAI conventions for durations, in seconds: 10 ms to 82 s, doubling. */
const SECONDS = [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92];
/** Our own share of a call is well under a millisecond when all is well. */
const OVERHEAD_SECONDS = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1];

/** Every metric of the gateway's own. Names and labels are a promise to dashboards and alerts: they change only with a major version. */
export const FAMILIES = {
  info: gauge('headgate_build_info', ['version'], 'The running version; always 1.'),
  requests: counter(
    'headgate_requests_total',
    ['provider', 'model', 'feature', 'outcome'],
    'Calls that are over, by the target that ended them.',
  ),
  running: gauge('headgate_requests_in_flight', [], 'Calls under way.'),
  refused: counter('headgate_refused_requests_total', ['kind'], 'Calls refused before anything was sent, by kind of failure.'),
  tokens: counter(
    'headgate_tokens_total',
    ['provider', 'model', 'feature', 'kind'],
    'Tokens of all attempts. The kinds never overlap: their sum is everything that passed.',
  ),
  reasoning: counter('headgate_reasoning_tokens_total', ['provider', 'model', 'feature'], 'Of the output tokens, how many were reasoning.'),
  starved: counter(
    'headgate_starved_calls_total',
    ['provider', 'model', 'feature'],
    'Calls whose answer came to its limit of tokens with most of them spent on reasoning.',
  ),
  cost: counter(
    'headgate_cost_usd_total',
    ['provider', 'model', 'feature', 'tier'],
    'What all attempts cost, in US dollars; where some of it has no price, the part that has.',
  ),
  unpriced: counter(
    'headgate_unpriced_calls_total',
    ['provider', 'model'],
    'Calls that cost more than is known, because no price is known for some of it.',
  ),
  duration: histogram(
    'headgate_request_duration_seconds',
    ['provider', 'model'],
    SECONDS,
    'From the start of a call’s first attempt to its end; batches left out, as nobody waits for them.',
  ),
  firstToken: histogram(
    'headgate_time_to_first_token_seconds',
    ['provider', 'model'],
    SECONDS,
    'From the start of a call’s first attempt to the first byte of content.',
  ),
  overhead: histogram('headgate_overhead_seconds', [], OVERHEAD_SECONDS, 'Of a call’s time, what was the gateway’s own doing.'),
  attempts: counter('headgate_attempts_total', ['reason'], 'Attempts that were sent, by why they were.'),
  failures: counter('headgate_failed_attempts_total', ['provider', 'kind'], 'Attempts that failed, by kind of failure.'),
  breaker: gauge('headgate_breaker_state', ['upstream'], 'Whether an upstream is trusted: 0 closed, 1 half open, 2 open.'),
  retryTokens: gauge('headgate_retry_tokens', ['upstream'], 'What is left of an upstream’s retry budget.'),
  parkedKeys: gauge('headgate_parked_keys', ['provider'], 'Keys of a provider that are not used for now.'),
  shedding: gauge('headgate_shedding', ['upstream'], 'Whether calls are turned away because the upstream has all it can take.'),
  panic: gauge('headgate_panic', ['model'], 'Whether calls are sent although every target of the model rests.'),
  budgetSpent: gauge('headgate_budget_spent_usd', ['scope'], 'Spent of a budget in its current period, in US dollars.'),
  budgetLimit: gauge('headgate_budget_limit_usd', ['scope'], 'What a budget allows in its current period, in US dollars.'),
  pricesChecked: gauge(
    'headgate_prices_checked_timestamp_seconds',
    [],
    'When the prices in use were last compared with their sources, Unix.',
  ),
  journalLag: gauge('headgate_usage_journal_lag_events', [], 'Records of usage that the ledger’s database does not hold yet.'),
  ledgerDropped: counter('headgate_ledger_dropped_total', [], 'Records of usage the ledger lost, or put aside as damaged.'),
  exportDropped: counter('headgate_export_dropped_total', ['sink'], 'Records an exporter had to let go; alerts nobody was told of.'),
  alerts: counter('headgate_alerts_total', ['rule', 'state'], 'Alerts that fired or were resolved.'),
  overflow: counter(
    'headgate_label_overflow_total',
    ['label'],
    'Attempts booked under __other__ because a label had all the values it may have.',
  ),
} as const satisfies Record<string, Family>;

function counter(name: string, labels: readonly string[], help: string): Family {
  return { name, type: 'counter', labels, help };
}

function gauge(name: string, labels: readonly string[], help: string): Family {
  return { name, type: 'gauge', labels, help };
}

function histogram(name: string, labels: readonly string[], bounds: readonly number[], help: string): Family {
  return { name, type: 'histogram', labels, bounds, help };
}
