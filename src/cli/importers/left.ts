import { isSettings, numberIn, type Settings } from './imported.ts';

/** Where to look for what a setting was for. */
const HINTS: Readonly<Record<string, string>> = {
  alerting: 'see alerts',
  allowed_fails: 'see breaker',
  budget_duration: 'see budgets',
  cache: 'answers are not cached here; prompts are, see cache: auto',
  callbacks: 'see metrics, otel and influx',
  conditions: 'see prefer',
  cooldown_time: 'see breaker',
  database_url: 'Headgate keeps its own ledger (ledger.url) and keys (headgate keys); virtual keys are not carried over',
  extra_headers: 'see headers of providers',
  failure_callback: 'see metrics, otel and influx',
  json_logs: 'see log',
  max_budget: 'see budgets',
  max_parallel_requests: 'see concurrency of providers',
  max_retries: 'see retry',
  on_status_codes: 'what is tried again, here or elsewhere, follows from the kind of failure (docs/errors.md)',
  organization: 'see headers of providers',
  redis_host: 'several processes share one ledger instead',
  set_verbose: 'see log',
  stream_timeout: 'see timeouts of providers',
  success_callback: 'see metrics, otel and influx',
};

/** Says which settings were not carried over; never their values, which may be secret. */
export function left(settings: Settings, known: ReadonlySet<string>, place: string, notes: string[]): void {
  for (const [name, value] of Object.entries(settings))
    if (!known.has(name) && !isEmpty(value))
      notes.push(`${place === '' ? '' : `${place}.`}${name}: not carried over${HINTS[name] ? `; ${HINTS[name]}` : ''}`);
}

/** Says which of these settings should be numbers and are not. */
export function unread(settings: Settings, names: readonly string[], place: string, notes: string[]): void {
  for (const name of names)
    if (!isEmpty(settings[name]) && numberIn(settings[name]) === undefined) notes.push(`${place}.${name}: is no number; not carried over`);
}

const isEmpty = (value: unknown): boolean =>
  value === undefined ||
  value === null ||
  (Array.isArray(value) && value.length === 0) ||
  (isSettings(value) && Object.keys(value).length === 0);
