import {
  anthropicFileContent,
  anthropicFiles,
  deleteAnthropicFile,
  oneAnthropicFile,
  uploadAnthropicFile,
} from './endpoints/anthropic-files.ts';
import { batches, cancelBatch, createBatch, oneBatch } from './endpoints/batches.ts';
import { chat } from './endpoints/chat.ts';
import type { Endpoint } from './endpoints/context.ts';
import { embeddings } from './endpoints/embeddings.ts';
import { deleteFile, fileContent, files, oneFile, uploadFile } from './endpoints/files.ts';
import {
  cancelMessageBatch,
  createMessageBatch,
  deleteMessageBatch,
  messageBatches,
  messageBatchResults,
  oneMessageBatch,
} from './endpoints/message-batches.ts';
import { countTokens, messages } from './endpoints/messages.ts';
import { listModels, oneModel } from './endpoints/models.ts';
import { inputTokens, responses, storedResponse } from './endpoints/responses.ts';
import { addPart, cancelUpload, completeUpload, createUpload } from './endpoints/uploads.ts';
import type { SimulatedRequest } from './request.ts';
import type { Vendor } from './vendor.ts';

const MB = 1024 * 1024;

/** Where what is, below `/v1`; paths are told apart from the query and from a base such as `/openai`. */
const ROUTES: readonly (readonly [method: string, path: RegExp, endpoint: Endpoint, only?: Restrictions])[] = [
  ['POST', /^chat\/completions$/, chat],
  ['POST', /^responses$/, responses],
  ['POST', /^responses\/input_tokens$/, inputTokens],
  ['GET', /^responses\/[^/]+$/, storedResponse],
  ['DELETE', /^responses\/[^/]+$/, storedResponse],
  ['POST', /^messages$/, messages, { bytesMax: 32 * MB }],
  ['POST', /^messages\/count_tokens$/, countTokens, { bytesMax: 32 * MB }],
  ['POST', /^messages\/batches$/, createMessageBatch, { bytesMax: 256_000_000 }],
  ['GET', /^messages\/batches$/, messageBatches],
  ['GET', /^messages\/batches\/[^/]+$/, oneMessageBatch],
  ['DELETE', /^messages\/batches\/[^/]+$/, deleteMessageBatch],
  ['POST', /^messages\/batches\/[^/]+\/cancel$/, cancelMessageBatch, { takesJson: false }],
  ['GET', /^messages\/batches\/[^/]+\/results$/, messageBatchResults],
  ['POST', /^files$/, uploadAnthropicFile, { vendor: 'anthropic', takesJson: false, bytesMax: 500_000_000 }],
  ['GET', /^files$/, anthropicFiles, { vendor: 'anthropic' }],
  ['GET', /^files\/[^/]+$/, oneAnthropicFile, { vendor: 'anthropic' }],
  ['DELETE', /^files\/[^/]+$/, deleteAnthropicFile, { vendor: 'anthropic' }],
  ['GET', /^files\/[^/]+\/content$/, anthropicFileContent, { vendor: 'anthropic' }],
  ['POST', /^files$/, uploadFile, { vendor: 'openai', takesJson: false }],
  ['GET', /^files$/, files, { vendor: 'openai' }],
  ['GET', /^files\/[^/]+$/, oneFile, { vendor: 'openai' }],
  ['DELETE', /^files\/[^/]+$/, deleteFile, { vendor: 'openai' }],
  ['GET', /^files\/[^/]+\/content$/, fileContent, { vendor: 'openai' }],
  ['POST', /^uploads$/, createUpload, { vendor: 'openai' }],
  ['POST', /^uploads\/[^/]+\/parts$/, addPart, { vendor: 'openai', takesJson: false }],
  ['POST', /^uploads\/[^/]+\/complete$/, completeUpload, { vendor: 'openai' }],
  ['POST', /^uploads\/[^/]+\/cancel$/, cancelUpload, { vendor: 'openai', takesJson: false }],
  ['POST', /^batches$/, createBatch, { vendor: 'openai' }],
  ['GET', /^batches$/, batches, { vendor: 'openai' }],
  ['GET', /^batches\/[^/]+$/, oneBatch, { vendor: 'openai' }],
  ['POST', /^batches\/[^/]+\/cancel$/, cancelBatch, { vendor: 'openai', takesJson: false }],
  ['POST', /^embeddings$/, embeddings],
  ['GET', /^models$/, listModels],
  ['GET', /^models\/.+$/, oneModel],
];

/** What a route takes. */
interface Restrictions {
  /** Whose it is alone. Default: of whoever is asked. */
  readonly vendor?: Vendor;
  /** Longest body, in bytes; one that is longer gets a 413. Default: any. */
  readonly bytesMax?: number;
  /** Whether a POST must come with JSON. Default true. */
  readonly takesJson?: boolean;
}

/** The endpoint of a request and what it takes; undefined: there is none, or not for its method. */
export function routeOf(request: SimulatedRequest, vendor: Vendor): (Restrictions & { readonly endpoint: Endpoint }) | undefined {
  const path = below(request);
  const route = ROUTES.find(([method, at, , only]) => method === request.method && at.test(path) && (only?.vendor ?? vendor) === vendor);
  return route && { ...route[3], endpoint: route[2] };
}

/** Whether the vendor has the path, for some method. */
export function allowedAt(request: SimulatedRequest, vendor: Vendor): boolean {
  const path = below(request);
  return ROUTES.some(([, at, , only]) => at.test(path) && (only?.vendor ?? vendor) === vendor);
}

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
