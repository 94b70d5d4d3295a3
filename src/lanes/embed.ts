import type { Observer } from '../dialects/dialect.ts';
import { dialectOf } from '../dialects/registry.ts';
import { invalid } from '../model/failure.ts';
import type { Usage } from '../model/usage.ts';
import type { Inbound, Outbound, Way } from './lane.ts';
import { renamed } from './relay.ts';
import { wholeAnswer } from './relayed-answer.ts';
import { scan, splice } from './scan.ts';

/** Embeddings exist in OpenAI's form only: relayed, or refused in words. */
export function embed(inbound: Inbound, way: Way): Outbound {
  const dialect = dialectOf('openai-chat');
  if (way.target.dialect === 'anthropic-messages')
    invalid(`model "${inbound.head.model}" is served by ${way.target.provider}, which has no embeddings endpoint`, 'model');
  return {
    path: '/embeddings',
    headers: inbound.headers,
    body: splice(inbound.body, renamed(inbound, way.target.model)),
    losses: [],
    answer: (contentType) => wholeAnswer(dialect, embeddingObserver(), contentType),
    failure: (answer, nowMs) => dialect.decodeFailure(answer, nowMs),
  };
}

const WANTED = new Set(['model', 'usage', 'error']);

/** Reads the model and the token count, and none of the vectors. */
function embeddingObserver(): Observer {
  let usage: Usage | undefined;
  let servedModel: string | undefined;
  return {
    see(body) {
      const spans = scan(body, WANTED) ?? {};
      const read = (key: string): unknown => {
        const span = spans[key];
        return span && JSON.parse(body.toString('utf8', span[0], span[1]));
      };
      const wire = read('usage') as { prompt_tokens?: number } | null | undefined;
      if (typeof wire?.prompt_tokens === 'number') usage = { tokens: { input: wire.prompt_tokens }, wire: { ...wire } };
      const model = read('model');
      if (typeof model === 'string') servedModel = model;
      return 'end';
    },
    finish: { reason: 'stop' },
    get usage() {
      return usage;
    },
    get servedModel() {
      return servedModel;
    },
    failure: undefined,
  };
}
