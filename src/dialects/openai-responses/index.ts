import type { Dialect } from '../dialect.ts';
import { countRequest, decodeCount, encodeCount } from './count.ts';
import { decodeFailure, encodeFailure, frameFailure } from './failure.ts';
import { observe } from './observe.ts';
import { decodeReply, encodeReply } from './reply.ts';
import { decodeRequest } from './request/decode.ts';
import { encodeRequest } from './request/encode.ts';
import { decodeStream } from './stream/decode.ts';
import { encodeStream } from './stream/encode.ts';

/** OpenAI Responses. What maps to what: `docs/dialects/openai-responses.md`. */
export const openaiResponses: Dialect = {
  name: 'openai-responses',
  path: '/responses',
  countPath: '/responses/input_tokens',
  turnsField: 'input',
  decodeRequest,
  encodeReply,
  encodeStream,
  encodeFailure,
  frameFailure,
  encodeRequest,
  decodeReply,
  decodeStream,
  decodeFailure,
  observe,
  countRequest,
  encodeCount,
  decodeCount,
};
