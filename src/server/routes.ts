import type { Operation } from '../lanes/lane.ts';
import type { DialectName } from '../model/part.ts';
import type { RequestHead } from './rooms.ts';

export type Endpoint =
  | { readonly does: 'call'; readonly method: 'POST'; readonly operation: Operation; readonly dialect: DialectName }
  /** All models, or the one whose id follows the path. */
  | { readonly does: 'models'; readonly method: 'GET' }
  /** `process`: it runs. `calls`: it takes calls. */
  | { readonly does: 'health'; readonly method: 'GET'; readonly of: 'process' | 'calls' };

/** Where a request leads. */
export interface Route {
  readonly endpoint: Endpoint;
  /** The model asked after, decoded. */
  readonly modelId?: string;
  readonly query: string;
}

const call = (operation: Operation, dialect: DialectName): Endpoint => ({ does: 'call', method: 'POST', operation, dialect });
const MODELS: Endpoint = { does: 'models', method: 'GET' };

const OPENAI: Readonly<Record<string, Endpoint>> = {
  '/chat/completions': call('generate', 'openai-chat'),
  '/responses': call('generate', 'openai-responses'),
  '/responses/input_tokens': call('count', 'openai-responses'),
  '/embeddings': call('embed', 'openai-chat'),
  '/models': MODELS,
};
const ANTHROPIC: Readonly<Record<string, Endpoint>> = {
  '/messages': call('generate', 'anthropic-messages'),
  '/messages/count_tokens': call('count', 'anthropic-messages'),
  '/models': MODELS,
};

const under = (prefix: string, table: Readonly<Record<string, Endpoint>>) =>
  Object.entries(table).map(([path, endpoint]): [string, Endpoint] => [prefix + path, endpoint]);

/** Every path there is. Programs differ in whether their base address ends in `/v1`: under a vendor's name both forms work. */
const ENDPOINTS: ReadonlyMap<string, Endpoint> = new Map([
  ...under('/v1', OPENAI),
  ...under('/v1', ANTHROPIC),
  ...under('/openai/v1', OPENAI),
  ...under('/openai', OPENAI),
  ...under('/anthropic/v1', ANTHROPIC),
  ...under('/anthropic', ANTHROPIC),
  ['/healthz', { does: 'health', method: 'GET', of: 'process' }],
  ['/readyz', { does: 'health', method: 'GET', of: 'calls' }],
]);

/** Where a request target leads; undefined: nowhere. Queries such as `?beta=true` change nothing. */
export function routeOf(target: string): Route | undefined {
  const exact = ENDPOINTS.get(target);
  if (exact) return { endpoint: exact, query: '' };
  const [path, query] = parted(target, '?');
  // A base address that ends in a slash gives `//v1/…`, a sloppy one `…/`.
  const clean = path.replace(/\/{2,}/g, '/').replace(/(.)\/$/, '$1');
  const endpoint = ENDPOINTS.get(clean);
  if (endpoint) return { endpoint, query };
  const id = /^(?:\/openai|\/anthropic)?(?:\/v1)?\/models\/(.+)$/.exec(clean)?.[1];
  if (id === undefined || clean.startsWith('/models/')) return undefined;
  return { endpoint: MODELS, modelId: decoded(id), query };
}

/** Which dialect a request seems to speak where its path does not say: Anthropic's clients always name their version. */
export function guessDialect({ target, headers }: RequestHead): DialectName {
  const path = parted(target, '?')[0];
  if (path.startsWith('/openai')) return 'openai-chat';
  if (path.startsWith('/anthropic') || path.startsWith('/v1/messages')) return 'anthropic-messages';
  if (path.startsWith('/v1/responses')) return 'openai-responses';
  return headers['anthropic-version'] === undefined ? 'openai-chat' : 'anthropic-messages';
}

function parted(text: string, at: string): [before: string, after: string] {
  const place = text.indexOf(at);
  return place < 0 ? [text, ''] : [text.slice(0, place), text.slice(place + 1)];
}

/** Ids may hold slashes (`team/model`), written as they are or encoded. */
function decoded(id: string): string {
  try {
    return decodeURIComponent(id);
  } catch {
    return id;
  }
}
