/** `headgate/dialects`: the wire formats on their own, as pure functions, for programs that bring their own network. */
export { anthropicMessages } from './anthropic-messages/index.ts';
export type { Asked, Dialect, EncodedRequest, FailedAnswer, Observer, Sighting, StreamEncoder } from './dialect.ts';
export { type LossNote, notesOf } from './losses.ts';
export { openaiChat } from './openai-chat/index.ts';
export { openaiResponses } from './openai-responses/index.ts';
export { DIALECTS, dialectOf } from './registry.ts';
export { type Frame, sseDecoder, sseText } from './sse.ts';
