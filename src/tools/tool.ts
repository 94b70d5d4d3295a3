import type { Part, ToolCall } from '../model/part.ts';
import type { Tool } from '../model/request.ts';

/** A tool that can be run, and what a model is told of it. Lists of tools need not know what each takes and gives. */
export interface RunnableTool<Input = unknown, Result = unknown> {
  readonly definition: Tool;
  /** The arguments as the tool wants them, or what is wrong with them. */
  check(value: unknown): Promise<Checked>;
  /** What it gives is told to the model: text as it is, `{ parts }` as they are, anything else as JSON. What it throws is told as an error. */
  run(input: Input, context: ToolContext): Result;
  /** How long it may take, in milliseconds; that of the run unless told. */
  readonly timeoutMs?: number;
}

export type Checked = { readonly value: unknown } | { readonly issues: readonly ToolIssue[] };

/** One thing wrong with a tool's arguments. */
export interface ToolIssue {
  /** Where, such as `items[2].price`; empty: the whole of it. */
  readonly path: string;
  readonly message: string;
}

/** What a tool is told of the run it is part of. */
export interface ToolContext {
  readonly call: ToolCall;
  /** Counts from 1. */
  readonly round: number;
  /** Aborted when the tool's time is over, or the run is called off. */
  readonly signal: AbortSignal;
}

/** Pictures, documents and texts as a tool's result. */
export interface ToolParts {
  readonly parts: readonly Part[];
}

/** What a call of a tool came to, as it goes back to the model. */
export type ToolResult = Extract<Part, { readonly type: 'toolResult' }>;

/** What may become of a call before it is run; `input`: other arguments, such as the model may give. */
export type Approval = boolean | { readonly deny: string } | { readonly input: unknown };

/** Asked before a call is run, its arguments checked already. Only `true` or an `input` that fits lets it run; no answer does not. */
export type Approve = (call: ToolCall, input: unknown, context: Omit<ToolContext, 'call'>) => Approval | Promise<Approval>;
