import type { Keep } from '../accounting/keep.ts';
import type { PriceSheet } from '../accounting/sheet.ts';
import type { ModelFacts } from '../model/facts.ts';
import type { GatewayKey } from '../model/key.ts';
import type { Ceilings, RateLimits } from '../model/limits.ts';
import type { Provider } from '../model/provider.ts';
import type { AlertsConfig } from '../policy/alerts/recipients.ts';
import type { BreakerPolicy } from '../policy/breaker.ts';
import type { Budget } from '../policy/budget.ts';
import type { Hedge } from '../policy/hedge.ts';
import type { RetryPolicy } from '../policy/next.ts';
import type { OnCut } from '../policy/on-cut.ts';
import type { OnLoss } from '../policy/on-loss.ts';
import type { When } from '../policy/prefer.ts';
import type { Strategy } from '../policy/route.ts';
import type { Scope } from '../policy/spender.ts';

/** What Headgate was told to be, checked and with every default filled in: plain data, no secrets but provider keys. */
export interface Config {
  readonly server: ServerConfig;
  /** By name, in the order written: for a vendor's own model names the first provider of that vendor counts. */
  readonly providers: ReadonlyMap<string, Provider>;
  /** By the public name callers use. */
  readonly models: ReadonlyMap<string, ModelRoute>;
  /** When a model at a provider is left alone after failures. */
  readonly breaker: BreakerPolicy;
  /** What holds for a model that `models` does not name. */
  readonly defaults: RouteRules;
  /** What the operator knows better than the catalogue, by `model` or `provider/model`. */
  readonly modelFacts: ReadonlyMap<string, Partial<ModelFacts>>;
  /** The operator's own prices, for `priceBook`: one sheet for each provider that has some. */
  readonly prices: readonly PriceSheet[];
  /** Sums that calls may spend in a stretch of time. */
  readonly budgets: readonly Budget[];
  /** How fast the calls of scopes may come. */
  readonly limits: readonly RateRule[];
  /** Absent: idempotency keys count for nothing. */
  readonly idempotency?: IdempotencyConfig;
  /** What every call must say of itself. */
  readonly attribution: { readonly featureRequired: boolean };
  /** Absent: there is no admin API. */
  readonly admin?: AdminConfig;
  /** Absent: nothing is kept. */
  readonly ledger?: LedgerConfig;
  readonly log: { readonly level: LogLevel };
  /** Absent: nothing is served. */
  readonly metrics?: MetricsConfig;
  /** Absent: nothing is sent. */
  readonly otel?: OtelConfig;
  readonly influx?: InfluxConfig;
  /** Absent: nothing is watched for. */
  readonly alerts?: AlertsConfig;
  /** Whom callers may have told of answers, by the name they say. */
  readonly webhooks: ReadonlyMap<string, WebhookConfig>;
}

/** An address of the operator's that is told of answers. */
export interface WebhookConfig {
  readonly url: string;
  /** Signs every body. */
  readonly secret?: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Where every attempt is written as a point. */
export interface InfluxConfig {
  readonly url: string;
  readonly version: 1 | 2 | 3;
  /** The database (1, 3) or bucket (2). */
  readonly database: string;
  readonly organization?: string;
  readonly token?: string;
  readonly user?: string;
  readonly password?: string;
  /** This gateway's name among those that write there; absent: the machine's and the port. */
  readonly instance?: string;
  /** Where points wait while the server is away, and how many bytes of them; absent: in memory. */
  readonly spill?: { readonly directory: string; readonly bytesMax: number };
}

/** Versions of OpenTelemetry's conventions for generative AI whose names can be sent. */
export const OTEL_CONVENTIONS = ['1.36', '1.41', 'genai-dev'] as const;

/** Where traces and metrics go over OpenTelemetry's protocol. */
export interface OtelConfig {
  /** Without `/v1/…`. */
  readonly endpoint: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly service: string;
  readonly conventions: (typeof OTEL_CONVENTIONS)[number];
  /** Share of the traces kept that begin here, 0 to 1. */
  readonly share: number;
  /** How often metrics are sent, in milliseconds; 0: not at all. */
  readonly metricsMs: number;
}

/** What Prometheus is told, and where. */
export interface MetricsConfig {
  /** Path of the page on the door. */
  readonly path: string;
  /** Lower-case hex digest of the token a scraper must show; absent: none is asked. */
  readonly tokenSha256?: string;
  /** Set when the operator said that the page may be read without a token on an address others can reach. */
  readonly open: boolean;
  /** Most lines of the page. */
  readonly linesMax: number;
  /** Features whose series begin at 0 before anybody calls. */
  readonly features: readonly string[];
}

/** How long, and within how much memory, answers are kept for callers who ask again under the same key. */
export interface IdempotencyConfig {
  readonly windowMs: number;
  readonly bytesMax: number;
}

/** A file of SQLite, or the address of a PostgreSQL server, which may hold a password. */
export type LedgerConfig = ({ readonly file: string } | { readonly url: string }) & {
  readonly keep: Keep;
  /** Absent: records wait for the database in memory. */
  readonly journal?: JournalConfig;
  /** Absent: what was said in calls is not kept. */
  readonly transcripts?: TranscriptsConfig;
};

/** Which calls' words are kept, and how many bytes of each request and answer. */
export interface TranscriptsConfig {
  /** Absent: those of every feature. */
  readonly features?: readonly string[];
  readonly bytesMax: number;
}

/** Where rows are safe before the database has them. */
export interface JournalConfig {
  readonly directory: string;
  /** Longest time a record waits until it survives the loss of power, in milliseconds; `always`: none. */
  readonly fsync: number | 'always' | 'off';
  readonly bytesMax: number;
}

/** Who may use the admin API. */
export interface AdminConfig {
  /** Lower-case hex digests of the tokens that open it; the tokens themselves are not kept. */
  readonly tokens: readonly string[];
}

/** From nothing to everything. */
export const LOG_LEVELS = ['silent', 'error', 'warn', 'info', 'debug'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Where the gateway listens, and to whom. */
export interface ServerConfig {
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  /** Who may call, beside the keys of the database. None of either: anyone who can reach the address. */
  readonly keys: readonly GatewayKey[];
  /** Set when the operator said that anyone may call on an address others can reach. */
  readonly open: boolean;
  /** How long callers are served on and told to go elsewhere once it is told to stop, in milliseconds. */
  readonly drainMs: number;
  readonly limits: ServerLimits;
}

/** How much one caller may send. */
export interface ServerLimits {
  /** Largest request body, in bytes. */
  readonly bodyBytesMax: number;
  /** Largest request head, in bytes. */
  readonly headersBytesMax: number;
  /** Deepest nesting of a request's JSON. */
  readonly depthMax: number;
  /** Most callers' connections open at once. */
  readonly connectionsMax: number;
}

/** Rate limits for the calls of a scope. */
export interface RateRule extends RateLimits {
  readonly scope: Scope;
}

/** How calls for one model are carried out, whatever it is sent to. */
export interface RouteRules {
  /** How long a call may take over all its attempts, in milliseconds. */
  readonly deadlineMs: number;
  readonly retry: RetryPolicy;
  readonly onCut: OnCut;
  /** Absent: no second attempt is made beside one that is late. */
  readonly hedge?: Hedge;
  readonly onLoss: OnLoss;
  /** Whether tool calls without a result get one and results given twice are merged before sending. */
  readonly repair: boolean;
  /** The most one call may take. */
  readonly ceilings: Ceilings;
  /** What answers are limited to where the caller names no limit, in tokens. */
  readonly outputTokens?: number;
  /** `retry`: an answer that reasoning ate is asked for once more, with a larger limit; absent: it is told of. */
  readonly onStarved?: 'retry';
  /** Whether it is learnt what of questions could be cached (`plan`), and they are sent so (`auto`); absent: neither. */
  readonly cache?: 'plan' | 'auto';
}

/** A public model name: where calls for it go, and how. */
export interface ModelRoute extends RouteRules {
  readonly strategy: Strategy;
  /** At least one. */
  readonly targets: readonly RouteTarget[];
  /** Where calls of some kind go first; the first that fits counts. */
  readonly prefer?: readonly Preference[];
  /** Other targets that are tried on a share of the calls. */
  readonly split?: {
    readonly name: string;
    /** Greater than 0, at most 1. */
    readonly share: number;
    /** Whether each call is drawn, or each user once and for all. */
    readonly by: 'call' | 'user';
    readonly to: readonly RouteTarget[];
  };
  /** Where copies of a share of the calls go, for nobody to be answered with. */
  readonly shadow?: { readonly share: number; readonly concurrencyMax: number; readonly to: readonly RouteTarget[] };
}

/** Targets that come first for calls of some kind. */
export interface Preference {
  readonly when: When;
  /** Tried first, the targets of the model name after them. */
  readonly to: readonly RouteTarget[];
}

/** A model at a provider, as a route names it. */
export interface RouteTarget {
  readonly provider: string;
  /** The provider's own name for the model. */
  readonly model: string;
  /** Share of calls under `weighted`, relative to the others' weights; greater than 0. */
  readonly weight: number;
}
