import type { Provider } from '../model/provider.ts';
import { DEFAULT_RETRY } from '../policy/next.ts';
import { DEFAULT_ON_LOSS } from '../policy/on-loss.ts';
import { buildAlerts } from './build-alerts.ts';
import { buildBudgets, buildLimits } from './build-budgets.ts';
import { buildInflux, buildOtel } from './build-exporters.ts';
import { buildIdempotency } from './build-idempotency.ts';
import { buildAdmin, buildKeys } from './build-keys.ts';
import { buildLedger } from './build-ledger.ts';
import { buildMetrics } from './build-metrics.ts';
import { buildPrices } from './build-prices.ts';
import { buildProvider, type Complain } from './build-provider.ts';
import { buildRouting, buildTarget } from './build-routing.ts';
import { buildBreaker, buildRules } from './build-rules.ts';
import type { Config, ModelRoute, RouteRules, ServerConfig } from './config.ts';
import type { Environment } from './interpolate.ts';
import { present } from './present.ts';
import { pathText } from './problems.ts';
import type { Written } from './schema.ts';

type WrittenServer = NonNullable<Written['server']>;
type WrittenModel = NonNullable<Written['models']>[string];

/** Rules of a call whose configuration says nothing. */
const RULES: RouteRules = {
  deadlineMs: 600_000,
  retry: DEFAULT_RETRY,
  onCut: 'fail',
  onLoss: DEFAULT_ON_LOSS,
  repair: false,
  ceilings: {},
};

/**
 * Gives every default its value and checks what settings mean together; `complain` hears what is
 * wrong. `fallback`: the providers of a file that names none; `env`: for what has variables of its own.
 */
export function build(written: Written, fallback: ReadonlyMap<string, Provider>, complain: Complain, env: Environment = {}): Config {
  const providers = written.providers
    ? new Map(Object.entries(written.providers).map(([name, one]) => [name, buildProvider(name, one, complain)]))
    : fallback;
  const idempotency = buildIdempotency(written.idempotency);
  const ledger = buildLedger(written.ledger, complain);
  const defaults = buildRules(written.defaults ?? {}, RULES);
  const budgets = buildBudgets(written.budgets ?? [], complain);
  if (budgets.length > 0 && !ledger) complain(['budgets'], 'budgets need a ledger to be kept in: remove "ledger: off"');
  const admin = buildAdmin(written.admin, complain);
  const server = buildServer(written.server ?? {}, admin !== undefined && written.ledger !== 'off', complain);
  const spender = ledger ? -1 : server.keys.findIndex(({ limits }) => limits?.budgets);
  if (spender >= 0) complain(['server', 'keys', spender, 'limits', 'budgets'], 'budgets need a ledger to be kept in: remove "ledger: off"');
  const alerts = buildAlerts(written, complain);
  const metrics = buildMetrics(written.metrics, server.keys);
  const otel = buildOtel(written.otel, env);
  const influx = buildInflux(written.influx, complain);
  return {
    server,
    providers,
    models: new Map(
      Object.entries(written.models ?? {}).map(([name, one]) => [name, buildModel(name, one, providers, defaults, complain)]),
    ),
    breaker: buildBreaker(written.breaker ?? {}),
    defaults,
    modelFacts: new Map(Object.entries(written.modelFacts ?? {}).map(([name, facts]) => [name, present(facts)])),
    prices: buildPrices(written.prices ?? {}, providers, complain),
    budgets,
    limits: buildLimits(written.limits ?? [], complain),
    attribution: { featureRequired: written.attribution?.feature === 'required' },
    ...(admin && { admin }),
    ...(idempotency && { idempotency }),
    ...(ledger && { ledger }),
    log: { level: written.log?.level ?? 'info' },
    ...(metrics && { metrics }),
    ...(otel && { otel }),
    ...(influx && { influx }),
    ...(alerts && { alerts }),
    webhooks: new Map(
      Object.entries(written.webhooks ?? {}).map(([name, { headers = {}, ...hook }]) => [name, { ...present(hook), headers }]),
    ),
  };
}

function buildServer(written: WrittenServer, managed: boolean, complain: Complain): ServerConfig {
  const { host = '127.0.0.1', port = 4000, keys = [], open, drain = 2000, limits = {} } = written;
  const server: ServerConfig = {
    host,
    port,
    keys: buildKeys(keys, complain),
    open: open === 'anyone',
    drainMs: drain,
    limits: {
      bodyBytesMax: limits.bodyMax ?? 32 * 1024 ** 2,
      headersBytesMax: limits.headersMax ?? 32 * 1024,
      depthMax: limits.depthMax ?? 128,
      connectionsMax: limits.connectionsMax ?? 10_000,
    },
  };
  const exposed = exposure({ ...server, managed });
  if (exposed) complain(['server', 'host'], exposed);
  return server;
}

/**
 * Why a server may not listen where it would; undefined when it may: strangers must not spend the operator's
 * money unasked. `managed`: keys are kept in the database, or can be, so that one is asked for at that address.
 */
export function exposure({
  host,
  keys,
  open,
  managed = false,
}: Pick<ServerConfig, 'host' | 'keys' | 'open'> & { readonly managed?: boolean }): string | undefined {
  if (keys.length > 0 || open || managed || isLocal(host)) return undefined;
  return `server.host "${host}" can be reached from other machines, and anyone there could spend on your keys: add server.keys, set admin.token and make keys with "headgate keys", or write "open: anyone" under server`;
}

/** Whether an address can be reached from this machine only. */
export const isLocal = (host: string): boolean => /^(localhost|(::ffff:)?127(\.\d+){3}|::1|\[::1\])$/i.test(host);

/** Whether gateway keys can be made while the gateway runs. */
export const managesKeys = ({ admin, ledger }: Pick<Config, 'admin' | 'ledger'>): boolean => admin !== undefined && ledger !== undefined;

function buildModel(name: string, written: WrittenModel, providers: Config['providers'], base: RouteRules, complain: Complain): ModelRoute {
  const path = ['models', name];
  const { targets, strategy = 'ordered', prefer, split, shadow, ...rules } = spelledOut(written);
  return {
    ...buildRules(rules, base),
    ...buildRouting({ prefer, split, shadow }, path, providers, complain),
    strategy,
    targets: targets.map(({ target, at }) => {
      const where = [...path, ...at];
      const { to, weight } = typeof target === 'string' ? { to: target, weight: undefined } : target;
      if (weight !== undefined && strategy !== 'weighted') {
        complain(where, `${pathText(where)} has a weight, which counts only with strategy "weighted"`);
      }
      return buildTarget(to, weight ?? 1, where, providers, complain);
    }),
  };
}

/** The long form of a model written as one target or as a list of them; `at`: where each target stands in the short one. */
function spelledOut(written: WrittenModel) {
  if (typeof written === 'string') return { targets: [{ target: written, at: [] }] };
  if (Array.isArray(written)) return { targets: written.map((target, index) => ({ target, at: [index] })) };
  return { ...written, targets: written.targets.map((target, index) => ({ target, at: ['targets', index] })) };
}
