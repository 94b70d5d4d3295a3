/** The library: a gateway in process. Wire formats on their own are in `headgate/dialects`, types in `headgate/model`. */

export type { CallEstimate } from './estimate-call.ts';
export type { Batch, BatchAnswer, BatchQuestion, BatchQuestions, LateQuestion, ResumedBatch } from './library/batch.ts';
export { ConfigError } from './library/configured.ts';
export { createHeadgate, type Headgate, type LibraryOptions } from './library/create.ts';
export type { Deferred, DeferredQuestion } from './library/defer.ts';
export { OutputError, type OutputProblem, type RunTotals } from './library/output.ts';
export type { Account, Message, Question } from './library/question.ts';
export type { Reply } from './library/reply.ts';
export type { ToolQuestion, ToolRun, ToolRunStream } from './library/run-tools.ts';
export type { Issue, OutputOf, Schema, StandardSchema } from './library/schema.ts';
export type { AnswerStream } from './library/stream.ts';
export { type ToolDefinition, tool } from './library/tool.ts';
export { track, trackedFetch } from './library/track.ts';
export { type Failure, type FailureKind, HeadgateError } from './model/failure.ts';
export type { Receipt } from './model/make-call.ts';
export { formatUsd, type Money } from './model/money.ts';
export type { Starved } from './model/starved.ts';
export type { Ledger } from './store/ledger.ts';
export { type Outcome, type RunEnd, RunError, type RunEvent } from './tools/run.ts';
export type { Approval, Approve, RunnableTool, ToolContext, ToolParts, ToolResult } from './tools/tool.ts';
