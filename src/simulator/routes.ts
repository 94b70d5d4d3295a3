import { chat } from './endpoints/chat.ts';
import type { Endpoint } from './endpoints/context.ts';
import { embeddings } from './endpoints/embeddings.ts';
import { countTokens, messages } from './endpoints/messages.ts';
import { listModels, oneModel } from './endpoints/models.ts';
import { inputTokens, responses, storedResponse } from './endpoints/responses.ts';
import type { SimulatedRequest } from './request.ts';
import type { Vendor } from './vendor.ts';

/** Where what is, below `/v1`; paths are told apart from the query and from a base such as `/openai`. */
const ROUTES: readonly (readonly [method: string, path: RegExp, endpoint: Endpoint])[] = [
  ['POST', /^chat\/completions$/, chat],
  ['POST', /^responses$/, responses],
  ['POST', /^responses\/input_tokens$/, inputTokens],
  ['GET', /^responses\/[^/]+$/, storedResponse],
  ['DELETE', /^responses\/[^/]+$/, storedResponse],
  ['POST', /^messages$/, messages],
  ['POST', /^messages\/count_tokens$/, countTokens],
  ['POST', /^embeddings$/, embeddings],
  ['GET', /^models$/, listModels],
  ['GET', /^models\/.+$/, oneModel],
];

/** The endpoint of a request; undefined: there is none, or not for its method. */
export const routeOf = (request: SimulatedRequest): Endpoint | undefined =>
  ROUTES.find(([method, path]) => method === request.method && path.test(below(request)))?.[2];

/** Whether the path is known for another method. */
export const allowedAt = (request: SimulatedRequest): boolean => ROUTES.some(([, path]) => path.test(below(request)));

/** Whose API a request means: Anthropic's paths and base are its own; the rest is told by the version header. */
export function vendorOf(request: SimulatedRequest): Vendor {
  const path = request.path.split('?')[0]!;
  if (path.startsWith('/openai')) return 'openai';
  return path.startsWith('/anthropic') || /^messages\b/.test(below(request)) || request.headers['anthropic-version'] !== undefined
    ? 'anthropic'
    : 'openai';
}

const below = ({ path }: SimulatedRequest): string =>
  path
    .split('?')[0]!
    .replace(/^\/(openai|anthropic)(?=\/)/, '')
    .replace(/^\/v1(?=\/)/, '')
    .replace(/^\/+|\/+$/g, '');
