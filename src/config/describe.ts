import type { Json, JsonObject } from '../model/json.ts';
import { formatUsd } from '../model/money.ts';
import type { Config } from './config.ts';

/**
 * A configuration as it was understood, for people: every default filled in, no secret shown. Sections are
 * named one by one, so that a new one is shown only once somebody has said what may be seen of it.
 */
export function describe(config: Config): JsonObject {
  const sections = Object.entries(VIEWS) as [keyof Config, (value: never) => unknown][];
  const shown = sections.flatMap(([name, view]) => (config[name] === undefined ? [] : [[name, plain(view(config[name] as never))]]));
  return Object.fromEntries(shown) as JsonObject;
}

const whole = <T>(value: T): T => value;

const VIEWS = {
  server: ({ keys, ...server }) => ({ ...server, keys: keys.map(({ id }) => id) }),
  providers: (providers) =>
    [...providers.values()].map(({ keys, headers, baseUrl, proxy, ...provider }) => ({
      ...provider,
      baseUrl: withoutPassword(baseUrl),
      ...(proxy !== undefined && { proxy: withoutPassword(proxy) }),
      keys: keys.length,
      headers: Object.keys(headers),
    })),
  models: whole,
  breaker: whole,
  defaults: whole,
  modelFacts: whole,
  prices: (sheets) => sheets.map(({ seller, models }) => ({ provider: seller, models: models.length })),
  budgets: (budgets) => budgets.map(({ limit, ...budget }) => ({ ...budget, limit: `$${formatUsd(limit)}` })),
  limits: whole,
  idempotency: whole,
  attribution: whole,
  admin: ({ tokens }) => ({ tokens: tokens.length }),
  ledger: (ledger) => ('url' in ledger ? { ...ledger, url: withoutPassword(ledger.url) } : ledger),
  log: whole,
  otel: ({ endpoint, headers, ...otel }) => ({ ...otel, endpoint: withoutPassword(endpoint), headers: Object.keys(headers) }),
  influx: ({ url, token, user: _, password, ...influx }) => ({
    ...influx,
    url: withoutPassword(url),
    credentials: token === undefined && password === undefined ? 'none' : 'set',
  }),
  // Settings are exact fractions and sets, which say less than the rule's name; an address of Slack's is a secret.
  alerts: ({ rules, recipients, deadAfterMs }) => ({
    rules: rules.map(({ rule, name, notify }) => ({ rule, name, notify })),
    recipients: new Map([...recipients].map(([name, { kind }]) => [name, kind])),
    deadAfterMs,
  }),
  webhooks: (webhooks) => [...webhooks.keys()],
  metrics: ({ tokenSha256, ...metrics }) => ({ ...metrics, token: tokenSha256 === undefined ? 'none' : 'set' }),
} satisfies { readonly [S in keyof Config]-?: (section: NonNullable<Config[S]>) => unknown };

/** An address without its user, password and query, any of which may be a secret. */
function withoutPassword(address: string): string {
  if (!URL.canParse(address)) return '(not an address)';
  const { protocol, host, pathname } = new URL(address);
  return `${protocol}//${host}${pathname}`;
}

/** Plain JSON: maps as objects, whole money as its digits, what JSON cannot say left out. */
function plain(value: unknown): Json {
  if (value instanceof Map) return plain(Object.fromEntries(value as Map<string, unknown>));
  if (Array.isArray(value)) return value.map(plain);
  if (value !== null && typeof value === 'object') {
    const fields = Object.entries(value).filter(([, field]) => field !== undefined);
    return Object.fromEntries(fields.map(([name, field]) => [name, plain(field)]));
  }
  if (typeof value === 'bigint') return String(value);
  return typeof value === 'string' || typeof value === 'boolean' || (typeof value === 'number' && Number.isFinite(value)) ? value : null;
}
