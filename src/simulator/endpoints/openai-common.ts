import { objectOf } from '../../model/json.ts';
import { implicitCache } from '../cache.ts';
import type { Format } from './generate.ts';

/** OpenAI's caching: by itself, for half an hour or as long as was asked for. */
export const openaiCached: Format['cached'] = (store, { wire, model, facts, context }, blocks) => {
  const { mode, ttl } = objectOf(wire['prompt_cache_options']);
  const minutes = ttl === '12h' ? 720 : wire['prompt_cache_retention'] === '24h' ? 1440 : 30;
  const salt = JSON.stringify([model, wire['prompt_cache_key'] ?? null]);
  return implicitCache(store, blocks, { minutes, explicit: mode === 'explicit', salt }, facts, context.nowMs);
};

/** OpenAI's error in the middle of a stream. */
export const openaiStreamError = (kind: 'overloaded' | 'error') =>
  kind === 'overloaded'
    ? {
        type: 'server_error',
        code: 'server_is_overloaded',
        message: 'The server is currently overloaded with other requests.',
        param: null,
      }
    : {
        type: 'server_error',
        code: null,
        message: 'The server had an error while processing your request. Sorry about that!',
        param: null,
      };
