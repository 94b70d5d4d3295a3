/** `headgate/model`: the words of a call, and the one equation between a reply and its stream. */

export type { ModelFacts } from './facts.ts';
export { FAILURES, type Failure, type FailureKind, HeadgateError } from './failure.ts';
export { fold, unfold } from './fold.ts';
export type { Json, JsonObject } from './json.ts';
export { type Encoded, IMPACTS, type Impact, type Loss } from './loss.ts';
export { chain, type Machine, run } from './machine.ts';
export type * from './make-call.ts';
export type * from './part.ts';
export type * from './reply.ts';
export type * from './request.ts';
export { inputTokens, METERS, type Meter, outputTokens, type Tokens, type Usage } from './usage.ts';
