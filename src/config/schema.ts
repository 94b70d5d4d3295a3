import { z } from 'zod';
import { DURATION, durationMs } from '../model/duration.ts';
import type { ModelFacts } from '../model/facts.ts';
import { BUDGET_PERIODS, KEY_OPERATIONS, OVERRIDES } from '../model/key.ts';
import { MOMENT_WORDS, momentMs } from '../model/moment.ts';
import { usd } from '../model/money.ts';
import { METERS, type Meter } from '../model/usage.ts';
import { ON_CUT } from '../policy/on-cut.ts';
import { STRATEGIES } from '../policy/route.ts';
import { LOG_LEVELS, OTEL_CONVENTIONS } from './config.ts';
import { alertSettings } from './schema-alerts.ts';
import { routingSettings } from './schema-routing.ts';
import { DOLLARS, dollars, SIZE, sizeBytes } from './units.ts';

/*
 * Every message below ends the sentence "<path> must be …": problems.ts writes the rest. Unknown
 * keys are refused everywhere, because a mistyped key is a rule that silently does not hold.
 */

const text = (what = 'text') => z.string({ error: what }).min(1, { error: what });
const oneOf = <const T extends readonly string[]>(words: T) => z.enum(words, { error: words.map((word) => `"${word}"`).join(' or ') });
const list = <T extends z.ZodType>(item: T, what: string) => z.array(item, { error: what }).min(1, { error: what });
const object = <T extends z.core.$ZodShape>(shape: T) => z.strictObject(shape, { error: 'a mapping of settings' });
const named = <T extends z.ZodType>(value: T, what: string) => z.record(z.string(), value, { error: what });

// A variable is always text: `port: ${PORT}` has to read as the number it spells.
const spelled = (value: unknown) => (typeof value === 'string' && /^(\d+|true|false)$/.test(value) ? JSON.parse(value) : value);
const flag = () => z.preprocess(spelled, z.boolean({ error: 'true or false' }));
const whole = (min: number, max: number) => {
  const error = `a whole number from ${min} to ${max}`;
  return z.preprocess(spelled, z.int({ error }).min(min, { error }).max(max, { error }));
};
const count = () => whole(1, 1_000_000_000);

const DURATION_WORDS = 'a duration with its unit, such as "120s", "1m30s" or "500ms"';
const duration = (words = DURATION_WORDS) =>
  z
    .string({ error: words })
    .regex(DURATION, { error: words })
    .transform((written) => durationMs(written) ?? 0)
    .refine((ms) => ms > 0, { error: 'longer than nothing' });

const SIZE_WORDS = 'a size with its unit, such as "64KB" or "32MB"';
const size = () =>
  z
    .string({ error: SIZE_WORDS })
    .regex(SIZE, { error: SIZE_WORDS })
    .transform((written) => sizeBytes(written) ?? 0)
    .refine((bytes) => bytes > 0, { error: 'larger than nothing' });

const DOLLAR_WORDS = 'dollars per million tokens with their sign, such as "$3" or "$0.25"';
const amount = () =>
  z
    .string({ error: DOLLAR_WORDS })
    .regex(DOLLARS, { error: DOLLAR_WORDS })
    .transform((written) => dollars(written) ?? '');

const patterns = (what: string) => z.array(text(what), { error: `a list of ${what}` });
const secret = (what: string) => z.string({ error: 'text' }).min(16, { error: `a ${what} of at least 16 characters` });
const digest = () => z.string({ error: 'a digest' }).regex(/^[0-9a-fA-F]{64}$/, { error: '64 hexadecimal digits' });

const scopes = object({
  models: patterns('model names').optional().describe('Names its calls may give as `model`; `*` stands for any text'),
  features: patterns('features').optional().describe('Features its calls may be charged to; `*` stands for any text'),
  operations: z
    .array(oneOf(KEY_OPERATIONS), { error: 'a list of operations' })
    .optional()
    .describe('Answers (`generate`), token counts (`count`), vectors (`embed`)'),
  overrides: z
    .array(oneOf(OVERRIDES), { error: 'a list' })
    .optional()
    .describe('What its calls may say of themselves, over what the key says: `feature`, `user`, `tags`'),
}).describe('What the key may ask for; what is left out is not limited');

const BUDGET_WORDS = 'an amount of dollars with its sign, such as "$50" or "$0.25"';
const dollarSum = () =>
  z
    .string({ error: BUDGET_WORDS })
    .regex(DOLLARS, { error: BUDGET_WORDS })
    .transform((written) => usd(dollars(written) ?? '0'));

const rateLimits = {
  requestsPerMinute: count().optional(),
  tokensPerMinute: count().optional().describe('Tokens of questions and answers together'),
};
const ceilings = {
  callTokensMax: count().optional().describe('Most tokens of one call, as estimated before it is sent'),
  callCostMax: dollarSum().optional().describe('Most dollars of one call, as estimated before it is sent'),
};
const keyLimits = object({
  ...rateLimits,
  ...ceilings,
  budgets: z
    .array(
      object({
        limit: dollarSum(),
        period: oneOf(BUDGET_PERIODS),
        exceeded: oneOf(['block', 'alert']).optional().describe('What happens to calls that could exceed it; block'),
      }),
      { error: 'a list of budgets' },
    )
    .optional(),
}).describe('How much the key may take');

const moment = () =>
  z
    .string({ error: MOMENT_WORDS })
    .regex(/^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d)?(Z|[+-]\d\d:\d\d))?$/, { error: MOMENT_WORDS })
    .refine((written) => momentMs(written) !== undefined, { error: MOMENT_WORDS })
    .transform((written) => momentMs(written)!);

const gatewayKey = object({
  id: text('a name for the key').describe('Names the key in the ledger and in logs'),
  key: secret('key').optional().describe('The key itself; best from a variable'),
  sha256: digest().optional().describe('Digest of the key, so that the file need not hold it'),
  feature: text().optional().describe('Feature its calls are charged to unless they say otherwise'),
  user: text().optional().describe('User its calls are charged to unless they say otherwise'),
  tags: named(text(), 'a mapping of tags').optional().describe('Tags of its calls, beside those they name'),
  featureRequired: flag().optional().describe('Whether a call that names no feature is refused; as under `attribution`'),
  expiresAt: moment().optional().describe('From then on it opens nothing; a day begins at midnight UTC'),
  scopes: scopes.optional(),
  limits: keyLimits.optional(),
});

const limits = object({
  bodyMax: size().optional().describe('Largest request body; 32MB'),
  headersMax: size().optional().describe('Largest request head; 32KB'),
  depthMax: whole(8, 1000).optional().describe("Deepest nesting of a request's JSON; 128"),
  connectionsMax: count().optional().describe('Most open connections of callers; 10000'),
});

const server = object({
  host: text('an address to listen on').optional().describe('Address to listen on; 127.0.0.1'),
  port: whole(0, 65_535).optional().describe('Port to listen on, 0 for any free one; 4000'),
  keys: list(gatewayKey, 'a list of keys').optional().describe('Keys callers must show one of'),
  open: oneOf(['anyone'])
    .optional()
    .describe('`anyone` lets everyone who can reach the address call without a key; needed to listen beyond this machine without keys'),
  drain: duration().optional().describe('How long callers are still served, and told to go elsewhere, after SIGTERM; 2s'),
  limits: limits.optional(),
});

const timeouts = object({
  connect: duration().optional().describe('To connect; 10s'),
  firstByte: duration().optional().describe("From the request's last byte to the answer's first; 5m"),
  firstContent: duration()
    .optional()
    .describe('From the start of an attempt that streams to its first word, thought or call; as long as it takes'),
  stall: duration().optional().describe('Longest silence inside an answer; 5m'),
  growth: z
    .preprocess(
      spelled,
      z.number({ error: 'a number from 1 to 10' }).min(1, { error: 'a number from 1 to 10' }).max(10, { error: 'a number from 1 to 10' }),
    )
    .optional()
    .describe('How much longer these are with each further attempt of a call (connect not through a proxy); 1'),
});

const address = (what: string) => z.string({ error: what }).regex(/^https?:\/\/[^\s/?#]+[^\s?#]*$/, { error: what });

/** Of something that is posted to as it stands. */
const hook = () => z.string({ error: 'an http(s) address' }).regex(/^https?:\/\/[^\s/?#]+[^\s#]*$/, { error: 'an http(s) address' });

/** How a provider's `dialect` may be written. */
const PROVIDER_DIALECTS = ['openai', 'openai-chat', 'openai-responses', 'anthropic'] as const;

const share = (error = 'a number greater than 0', most = Number.MAX_VALUE) =>
  z.preprocess(spelled, z.number({ error }).positive({ error }).max(most, { error }));
const weightedKey = object({ key: text('a key'), weight: share().optional().describe('Share of calls relative to the other keys; 1') });

const provider = object({
  dialect: oneOf(PROVIDER_DIALECTS).describe(
    'What it speaks; `openai` is Chat Completions and Responses, `openai-chat` any compatible server',
  ),
  baseUrl: address('an http(s) address without query, such as "https://api.example.com/v1"')
    .optional()
    .describe("Where it is; the vendor's own address for `openai` and `anthropic`. OpenAI's ends in /v1, Anthropic's does not"),
  vendor: oneOf(['openai', 'anthropic', 'other'])
    .optional()
    .describe("Whose model rules hold; told from dialect and address unless said, e.g. behind a company's own proxy"),
  apiKey: text('a key').optional().describe('Its key; leave out for one that takes none'),
  apiKeys: list(z.union([text('a key'), weightedKey]), 'a list of keys')
    .optional()
    .describe('Several keys, used in turn; one that is refused, empty or told to slow down is left alone meanwhile'),
  headers: named(z.string({ error: 'text' }), 'a mapping of header names to values')
    .optional()
    .describe('Sent with every request'),
  timeouts: timeouts.optional(),
  proxy: address('the http(s) address of a proxy').optional().describe('HTTP proxy to go through'),
  connections: count().optional().describe('Most connections held open; 2048'),
  limits: object(rateLimits).optional().describe('How fast it may be asked; what would be too fast goes elsewhere or is refused'),
  concurrency: object({
    max: count().describe('Calls under way at most'),
    queue: whole(0, 1_000_000).optional().describe('Calls waiting at most; as many as max'),
    wait: duration().optional().describe('Longest wait; 10s'),
  })
    .optional()
    .describe('How much it is given to do at once; beyond that calls wait, in fair turns, or are turned away'),
  batch: flag().optional().describe("Whether jobs are handed to its vendor's batch API; where it has one"),
  includeUsage: flag().optional().describe('Whether Chat streams may be asked for usage; false for servers that refuse `stream_options`'),
});

const TARGET_WORDS = 'a target such as "openai/gpt-5-mini"';
const target = z.string({ error: TARGET_WORDS }).regex(/^[^/]+\/.+$/, { error: TARGET_WORDS });
const weighted = object({
  to: target,
  weight: share().optional().describe('Share of calls relative to the other targets; 1'),
});
const targets = list(z.union([target, weighted]), 'a list of targets').describe('Where calls go, `provider/model`, best first');

const verdict = oneOf(['refuse', 'allow']);
const onLoss = object({
  content: verdict.optional().describe('Words, pictures, documents or calls that would go missing; refuse'),
  behavior: verdict.optional().describe('Settings the model would not see; allow'),
  cost: verdict.optional().describe('Cache marks and tiers that would go missing; allow'),
}).describe('Whether a request that would lose something on its way is refused, or sent and reported');

const retry = object({
  tries: whole(1, 10).optional().describe('Tries at one target, the first included; 3'),
  triesInAll: whole(1, 30).optional().describe('Tries in all, over every target; 6'),
  patience: duration().optional().describe('How long to wait for an earlier target before a later one is tried instead; 2s'),
  waitMax: duration().optional().describe('The longest wait for any target; a longer one is told to the caller; 10s'),
  backoff: duration().optional().describe('Longest first wait before another try at a target; doubles with each; 500ms'),
  backoffMax: duration().optional().describe('The longest such wait; 8s'),
}).describe('How often and how soon a call is tried again');

const hedge = object({
  percentile: whole(50, 99).optional().describe('A call is late when so many in a hundred had their first word by then; 95'),
  after: duration().optional().describe('It is never late before this; 1s'),
}).describe('Makes a second attempt beside one that is late; both are paid for');

const rules = {
  deadline: duration().optional().describe('How long a call may take over all attempts; 10m'),
  retry: retry.optional(),
  onCut: oneOf(ON_CUT).optional().describe('What becomes of a stream that breaks off: an error, or one of three ways to rescue it; fail'),
  hedge: z
    .union([oneOf(['off']), hedge])
    .optional()
    .describe('off'),
  onLoss: onLoss.optional(),
  repair: flag().optional().describe('Whether tool calls without a result get one and doubled results are merged before sending; false'),
  ...ceilings,
  outputTokens: count().optional().describe('What answers are limited to where the caller names no limit; as long as the model can'),
  onStarved: oneOf(['tell', 'retry'])
    .optional()
    .describe(
      'What becomes of an answer that reasoning used up before its words: told of, or asked for once more with a larger limit; tell',
    ),
  cache: oneOf(['off', 'plan', 'auto'])
    .optional()
    .describe('Whether it is learnt what of questions could be cached (`plan`), and they are sent so (`auto`); off'),
};

const model = z.union([
  target,
  targets,
  object({
    targets,
    strategy: oneOf(STRATEGIES).optional().describe('How targets are ordered; ordered'),
    ...routingSettings({ count, flag, list, named, object, oneOf, share, text, whole }, target),
    ...rules,
  }),
]);

const words = (what: string) => z.array(text(what), { error: `a list of ${what}` });
const facts = object({
  vendor: oneOf(['openai', 'anthropic', 'other']).optional(),
  contextTokens: count().optional(),
  outputTokensMax: count().optional(),
  reasons: flag().optional(),
  efforts: words('effort words').optional(),
  effortDefault: text('an effort word').optional(),
  thinking: z.array(oneOf(['adaptive', 'enabled', 'disabled', 'between_tools']), { error: 'a list' }).optional(),
  sampling: oneOf(['yes', 'effortNone', 'no']).optional(),
  stop: flag().optional(),
  forcedToolChoice: flag().optional(),
  toolsOnChat: oneOf(['yes', 'effortNone', 'no']).optional(),
  chat: flag().optional(),
  prefill: flag().optional(),
  systemTurns: flag().optional(),
  structuredOutput: flag().optional(),
  cacheMarks: flag().optional(),
  pdfPagesMax: count().optional(),
  cacheMinTokens: count().optional(),
} satisfies Record<keyof ModelFacts, z.ZodType>);

const rates = object(Object.fromEntries(METERS.map((meter) => [meter, amount().optional()])) as { [M in Meter]: z.ZodOptional<Amount> });
type Amount = ReturnType<typeof amount>;

const scope = z
  .union([
    oneOf(['total']),
    object({
      key: text('the id of a key, or "*"').optional(),
      feature: text('a feature, or "*"').optional(),
      user: text('a user, or "*"').optional(),
      model: text('a model, or "*"').optional(),
      tag: named(text('a value, or "*"'), 'a mapping of tags to values').optional(),
    }),
  ])
  .describe('Which calls it is for, all fields together; `*` is each value by itself, `total` all calls');

const budget = object({
  scope: scope.optional(),
  limit: dollarSum().describe('The most that may be spent, such as "$50"'),
  period: oneOf(BUDGET_PERIODS).describe('How often it begins anew'),
  timezone: text('the name of a time zone').optional().describe('Whose hours, days and months; UTC'),
  exceeded: oneOf(['block', 'alert']).optional().describe('What happens to calls that could exceed it: refused, or only told of; block'),
  onUnpriced: z
    .union([oneOf(['refuse', 'allow']), dollarSum()], {
      error: '"refuse", "allow" or an amount of dollars to count for each attempt, such as "$0.50"',
    })
    .optional()
    .describe('What happens to calls for a model without a price; refuse'),
});

const idempotency = object({
  window: duration().optional().describe('How long an answer is kept after its end; 24h'),
  bytesMax: size().optional().describe('Most memory for answers, the oldest go first; 64MB'),
});

const metrics = object({
  path: z
    .string({ error: 'a path' })
    .regex(/^\/[\w./-]*$/, { error: 'a path such as "/metrics"' })
    .optional()
    .describe('Path of the page; /metrics'),
  token: z
    .string({ error: 'text' })
    .min(16, { error: 'a token of at least 16 characters' })
    .optional()
    .describe('What a scraper must show as `authorization: Bearer …`; best from a variable'),
  open: oneOf(['anyone']).optional().describe('`anyone` lets everyone who can reach the address read the page without a token'),
  seriesMax: whole(500, 1_000_000).optional().describe('Most series; features and models beyond are counted as `__other__`; 2000'),
  features: list(text('the name of a feature'), 'a list of features')
    .optional()
    .describe('Features whose series begin at 0 before anybody calls'),
});

const ADDRESS_WORDS =
  'the address of a PostgreSQL server, such as "postgres://user:password@host/database" (in a password "@" is written %40, "/" %2F, "%" %25)';
const kept = () => z.union([duration(), oneOf(['forever']).transform(() => Number.POSITIVE_INFINITY)]);
const FSYNC_WORDS = '"always", "off" or a duration such as "50ms"';
const journal = z.union([
  oneOf(['off']),
  object({
    dir: text('a folder name').optional().describe("Its folder; the ledger's file name followed by .journal"),
    fsync: z
      .union([z.enum(['always', 'off'], { error: FSYNC_WORDS }), duration(FSYNC_WORDS)])
      .optional()
      .describe('How long a record may wait before it is made to survive the loss of power; 50ms'),
    maxBytes: size().optional().describe('Most it may hold while the database takes nothing; 4GB'),
  }).describe('Where records are safe before the caller sees the end of the answer'),
]);
const ledger = object({
  file: text('a file name').optional().describe('File of SQLite; ./headgate.sqlite'),
  url: z
    .string({ error: ADDRESS_WORDS })
    .regex(/^postgres(ql)?:\/\/[^\s/?#]*\/\S+$/, { error: ADDRESS_WORDS })
    .refine(URL.canParse, { error: ADDRESS_WORDS })
    .optional()
    .describe('PostgreSQL instead of a file, for gateways on several machines'),
  keep: object({
    records: kept().optional().describe('Rows, one for each attempt; 90d'),
    minutes: kept().optional().describe('Sums by minute; 2d'),
    hours: kept().optional().describe('Sums by hour; 90d'),
    tags: kept().optional().describe('Sums by tag; 400d'),
    transcripts: kept().optional().describe('What was said in calls, where that is kept at all; 7d'),
  })
    .optional()
    .describe('How long what is kept, or `forever`. Sums by day always are'),
  journal: journal.optional(),
  transcripts: z
    .union([
      oneOf(['off']),
      object({
        features: list(text('the name of a feature'), 'a list of features').optional().describe('Only their calls; all'),
        maxBytes: size().optional().describe('Most that is kept of a request, and of an answer; 64KB'),
      }),
    ])
    .optional()
    .describe('What callers asked and were answered, kept beside the rows; off'),
});

const otel = object({
  endpoint: address('an http(s) address without query, such as "http://127.0.0.1:4318"')
    .optional()
    .describe('Where the collector is, without /v1/…; OTEL_EXPORTER_OTLP_ENDPOINT, else http://127.0.0.1:4318'),
  headers: named(z.string({ error: 'text' }), 'a mapping of header names to values')
    .optional()
    .describe('Sent with every request; over those of OTEL_EXPORTER_OTLP_HEADERS'),
  service: text('a name').optional().describe('What the gateway is called there; OTEL_SERVICE_NAME, else headgate'),
  conventions: oneOf(OTEL_CONVENTIONS)
    .optional()
    .describe('Whose names calls to models get; 1.36, or genai-dev where OTEL_SEMCONV_STABILITY_OPT_IN says so'),
  share: z
    .preprocess(
      spelled,
      z.number({ error: 'a number from 0 to 1' }).min(0, { error: 'a number from 0 to 1' }).max(1, { error: 'a number from 0 to 1' }),
    )
    .optional()
    .describe("Share of traces kept that begin here; a caller's own trace is kept when the caller keeps it; 1"),
  interval: z
    .union([oneOf(['off']), duration()])
    .optional()
    .describe('How often metrics are sent, or `off`; 60s'),
});

const influx = object({
  url: address('an http(s) address without query, such as "http://127.0.0.1:8086"').describe('Where InfluxDB is'),
  version: whole(1, 3).describe('Its version, which says how it is written to: 1, 2 or 3'),
  database: text('a name').describe('Database (1, 3) or bucket (2)'),
  organization: text('a name').optional().describe('Version 2'),
  token: text('a token').optional().describe('Best from a variable'),
  user: text('a name').optional().describe('Version 1, with `password`'),
  password: text('a password').optional().describe('Best from a variable'),
  instance: text('a name').optional().describe("This gateway's name among those that write there; the machine's and the port"),
  spill: z
    .union([
      oneOf(['off']),
      object({
        dir: text('a folder name').optional().describe('Its folder; ./headgate.influx'),
        maxBytes: size().optional().describe('Most it may hold; 256MB'),
      }),
    ])
    .optional()
    .describe('Where points wait on disk while the server is away, or `off`: in memory'),
});
const values = { address, count, dollarSum, duration, flag, hook, list, named, object, oneOf, positive: share, secret, text, whole };
/** How values are written, for the parts of the schema that have a file of their own. */
export type Words = typeof values;

/** The configuration file, as it is written. */
export const schema = object({
  $schema: text().optional().describe('For editors; not read'),
  server: server.optional().describe('The door: where it is and who may come in'),
  providers: named(provider, 'a mapping of provider names to providers')
    .optional()
    .describe('Who answers. Left out: OpenAI and Anthropic, by their usual environment variables'),
  models: named(model, 'a mapping of model names to targets')
    .optional()
    .describe("Public model names. A vendor's own model name, and provider/model, work without an entry"),
  breaker: object({
    failuresInRow: whole(1, 1000).optional().describe('Opens after so many failures in a row; 8'),
    lasting: duration().optional().describe('… over at least this time; 500ms'),
    failurePercent: whole(1, 100).optional().describe('Opens when so many in a hundred failed; 60'),
    window: duration().optional().describe('… within this time; 10s'),
    triedMin: count().optional().describe('… of at least so many; 50'),
    rest: duration().optional().describe('How long an upstream rests before one call tries it, up to 60 % longer by chance; 5s'),
  })
    .optional()
    .describe('When a model at a provider is left alone after failures'),
  defaults: object(rules).optional().describe('Rules for every call whose model does not say otherwise'),
  modelFacts: named(facts, 'a mapping of model names to facts')
    .optional()
    .describe('What you know better than the catalogue, by `model` or `provider/model`'),
  prices: named(rates, 'a mapping of provider/model to prices')
    .optional()
    .describe('Prices of models nobody publishes, or your own for those that are, by `provider/model`: dollars per million tokens'),
  idempotency: z
    .union([oneOf(['off']), idempotency])
    .optional()
    .describe('Whether and how long the same `Idempotency-Key` gives the same answer for one charge'),
  budgets: z.array(budget, { error: 'a list of budgets' }).optional().describe('What may be spent, by whom, in which stretch of time'),
  limits: z
    .array(object({ scope: scope.optional(), ...rateLimits }), { error: 'a list of limits' })
    .optional()
    .describe('How fast calls may come, by whom'),
  attribution: object({
    feature: oneOf(['required', 'optional']).optional().describe('Whether a call that names no feature is refused; optional'),
  })
    .optional()
    .describe('What calls must say of themselves'),
  admin: object({
    token: secret('token').optional().describe('What opens the admin API; best from a variable'),
    tokens: list(secret('token'), 'a list of tokens').optional().describe('Several of them'),
  })
    .optional()
    .describe('The admin API under /admin/v1; left out, there is none'),
  ledger: z
    .union([oneOf(['off']), ledger])
    .optional()
    .describe('Where calls and costs are kept'),
  metrics: z
    .union([oneOf(['off']), metrics])
    .optional()
    .describe('What Prometheus may scrape from the door; on unless `off`'),
  otel: z
    .union([oneOf(['off']), otel])
    .optional()
    .describe('Traces and metrics over OpenTelemetry; also on when OTEL_EXPORTER_OTLP_ENDPOINT is set, unless `off`'),
  influx: influx.optional().describe('Where every attempt is written as a point'),
  ...alertSettings(values),
  log: object({ level: oneOf(LOG_LEVELS).optional().describe('info') }).optional(),
});

/** A configuration file that passed the schema; what fields mean together is checked in build.ts. */
export type Written = z.output<typeof schema>;

/**
 * The schema as published in `headgate.schema.json`, for editors and other tools. It takes a
 * `${VARIABLE}` in the place of any value, as the reader does.
 */
export const jsonSchema = (): z.core.JSONSchema.BaseSchema => ({
  title: 'Headgate configuration',
  ...z.toJSONSchema(schema, {
    io: 'input',
    override: ({ jsonSchema: node }) => {
      if (!('enum' in node || 'pattern' in node || node.type === 'integer' || node.type === 'number' || node.type === 'boolean')) return;
      const { description, ...value } = node;
      for (const key of Object.keys(node)) delete node[key];
      Object.assign(node, { ...(description !== undefined && { description }), anyOf: [value, { type: 'string', pattern: '\\$\\{' }] });
    },
  }),
});
