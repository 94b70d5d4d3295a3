import type { Dialect } from '../dialect.ts';
import { decodeOpenAIFailure, encodeOpenAIFailure } from '../openai-failure.ts';
import { CHAT } from './fields.ts';
import { observe } from './observe.ts';
import { decodeReply } from './reply/decode.ts';
import { encodeReply } from './reply/encode.ts';
import { decodeRequest } from './request/decode.ts';
import { encodeRequest } from './request/encode.ts';
import { decodeStream } from './stream/decode.ts';
import { encodeStream, frameFailure } from './stream/encode.ts';

/** OpenAI's Chat Completions, and the many servers compatible with it. */
export const openaiChat: Dialect = {
  name: CHAT,
  path: '/chat/completions',
  turnsField: 'messages',
  decodeRequest,
  encodeReply,
  encodeStream,
  lastFrame: { data: '[DONE]' },
  encodeFailure: (failure) => encodeOpenAIFailure(failure, CHAT),
  frameFailure,
  encodeRequest,
  decodeReply,
  decodeStream,
  decodeFailure: (answer, nowMs) => decodeOpenAIFailure(answer, CHAT, nowMs),
  observe,
};
