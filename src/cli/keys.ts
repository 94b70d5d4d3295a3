import { durationMs } from '../model/duration.ts';
import type { JsonObject } from '../model/json.ts';
import { type AdminOptions, withAdmin } from './admin-client.ts';
import { EXIT, MisuseError } from './exit.ts';
import { complain, paint, say, table } from './print.ts';

export interface NewKeyOptions extends AdminOptions {
  readonly id?: string;
  readonly name?: string;
  readonly feature?: string;
  readonly user?: string;
  readonly tags?: string;
  readonly models?: string;
  readonly features?: string;
  readonly operations?: string;
  readonly overrides?: string;
  readonly requireFeature?: boolean;
  readonly expires?: string;
  readonly requestsPerMinute?: number;
  readonly tokensPerMinute?: number;
  readonly budget?: readonly string[];
  readonly json?: boolean;
}

/** `headgate keys create`: the secret goes to standard output, alone, so that a script can take it. */
export async function createKey(options: NewKeyOptions): Promise<number> {
  return done(options, async (ask) => {
    const answer = (await ask('POST', '/keys', bodyOf(options))) as unknown as WithSecret;
    tellSecret(answer, options.json, 'This is the only time it is shown.');
  });
}

/** `headgate keys rotate`. */
export async function rotateKey(id: string, { overlap = '1d', json, ...where }: AdminOptions & { overlap?: string; json?: boolean }) {
  const overlapMs = overlap === '0' ? 0 : durationMs(overlap);
  if (overlapMs === undefined || overlap === '')
    throw new MisuseError(`--overlap must be a duration such as 1d or 30m, or 0, got "${overlap}"`);
  return done(where, async (ask) => {
    const answer = (await ask('POST', `${pathOf(id)}/rotate`, { overlapMs })) as unknown as WithSecret;
    tellSecret(
      answer,
      json,
      overlapMs > 0 ? `The old secret opens until ${answer.key.oldSecretUntil}.` : 'The old secret opens nothing any more.',
    );
  });
}

/** `headgate keys revoke`, `disable` and `enable`. */
export async function changeKey(id: string, what: 'revoke' | 'disable' | 'enable', options: AdminOptions): Promise<number> {
  return done(options, async (ask) => {
    const key = await (what === 'revoke'
      ? ask('POST', `${pathOf(id)}/revoke`)
      : ask('PATCH', pathOf(id), { disabled: what === 'disable' }));
    say(`${id} is ${String(key['state'])}`);
  });
}

/** `headgate keys list`. */
export async function listKeys({ json, ...where }: AdminOptions & { json?: boolean }): Promise<number> {
  return done(where, async (ask) => {
    const keys: KeyShown[] = [];
    for (let more = true; more; ) {
      const last = keys.at(-1)?.id;
      const page = await ask('GET', `/keys?limit=1000${last === undefined ? '' : `&after=${encodeURIComponent(last)}`}`);
      keys.push(...(page['data'] as unknown as KeyShown[]));
      more = page['hasMore'] === true;
    }
    if (json) return say(JSON.stringify(keys, undefined, 2));
    if (keys.length === 0) return say('There are no keys: as long as there are none, everyone who can reach the gateway may call.');
    for (const line of table(['ID', 'NAME', 'SECRET', 'STATE', 'FEATURE', 'USER', 'MODELS', 'EXPIRES', 'LAST USED'], keys.map(row)))
      say(line);
  });
}

interface KeyShown {
  readonly id: string;
  readonly name: string;
  readonly hint?: string;
  readonly source: string;
  readonly state: string;
  readonly feature?: string;
  readonly user?: string;
  readonly scopes?: { readonly models?: readonly string[] };
  readonly expiresAt?: string;
  readonly lastUsedAt?: string;
  readonly oldSecretUntil?: string;
}

interface WithSecret {
  readonly key: KeyShown;
  readonly secret: string;
}

const row = ({ id, name, hint, source, state, feature, user, scopes, expiresAt, lastUsedAt }: KeyShown): string[] => [
  id,
  name === id ? '' : name,
  hint ?? `(${source})`,
  state,
  feature ?? '',
  user ?? '',
  scopes?.models?.join(', ') ?? 'all',
  expiresAt?.slice(0, 10) ?? 'never',
  lastUsedAt?.slice(0, 16).replace('T', ' ') ?? '',
];

function tellSecret(answer: WithSecret, json: boolean | undefined, more: string): void {
  if (json) return say(JSON.stringify(answer, undefined, 2));
  say(answer.secret);
  complain(paint('dim', `The secret of the key "${answer.key.id}". ${more}`, process.stderr));
}

function bodyOf(options: NewKeyOptions): JsonObject {
  const { id, name, feature, user, tags, requireFeature, expires, requestsPerMinute, tokensPerMinute, budget } = options;
  const scopes = given({
    models: list(options.models),
    features: list(options.features),
    operations: list(options.operations),
    overrides: list(options.overrides),
  });
  const limits = given({ requestsPerMinute, tokensPerMinute, budgets: budget?.map(budgetOf) });
  return given({
    id,
    name,
    feature,
    user,
    tags: tags === undefined ? undefined : Object.fromEntries(list(tags)!.map(tagOf)),
    featureRequired: requireFeature,
    expiresAt: expires === undefined ? undefined : momentOf(expires),
    scopes: Object.keys(scopes).length > 0 ? scopes : undefined,
    limits: Object.keys(limits).length > 0 ? limits : undefined,
  }) as JsonObject;
}

const given = (fields: object) => Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));

/** `a, b` as a list; `none` as an empty one. */
function list(text: string | undefined): string[] | undefined {
  if (text === undefined) return undefined;
  if (text === 'none') return [];
  return text
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '');
}

function tagOf(pair: string): [string, string] {
  const equals = pair.indexOf('=');
  if (equals < 1) throw new MisuseError(`--tags must be name=value pairs with commas between, got "${pair}"`);
  return [pair.slice(0, equals), pair.slice(equals + 1)];
}

/** `$50/day`, `$5/hour/alert`. The sign is asked for, because a shell takes `$50` without quotes for a variable and leaves `0`. */
function budgetOf(text: string): JsonObject {
  const [, limit, period, exceeded] = /^\$([\d.]+)\/(hour|day|month)(?:\/(block|alert))?$/.exec(text) ?? [];
  if (limit === undefined) throw new MisuseError(`--budget must be like '$50/day' or '$50/month/alert', in quotes, got "${text}"`);
  return { limit: `$${limit}`, period: period!, ...(exceeded && { exceeded }) };
}

/** A day or moment, or a duration from now such as `30d`. */
function momentOf(text: string): string {
  const ms = durationMs(text);
  return ms === undefined ? text : new Date(Date.now() + ms).toISOString();
}

const pathOf = (id: string) => `/keys/${encodeURIComponent(id)}`;

const done = async (options: AdminOptions, work: Parameters<typeof withAdmin>[1]): Promise<number> =>
  (await withAdmin(options, work)) ? EXIT.ok : EXIT.failed;
