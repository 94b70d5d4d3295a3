import type { Dialect } from '../dialect.ts';
import { countRequest, decodeCount, encodeCount } from './count.ts';
import { decodeFailure, encodeFailure, frameFailure } from './failure.ts';
import { NAME } from './name.ts';
import { observe } from './observe.ts';
import { decodeReply, encodeReply } from './reply.ts';
import { decodeRequest, encodeRequest } from './request.ts';
import { decodeStream, encodeStream } from './stream.ts';

/** Anthropic Messages (`POST /v1/messages`), API versions 2023-06-01 and 2026-10-21. */
export const anthropicMessages: Dialect = {
  name: NAME,
  path: '/v1/messages',
  countPath: '/v1/messages/count_tokens',
  turnsField: 'messages',
  decodeRequest,
  encodeReply,
  encodeStream,
  lastFrame: { event: 'message_stop', data: '{"type":"message_stop"}' },
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
