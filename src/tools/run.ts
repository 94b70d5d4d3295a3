import { hash } from 'node:crypto';
import { type Failure, HeadgateError } from '../model/failure.ts';
import { fold } from '../model/fold.ts';
import type { KeyLimits } from '../model/key.ts';
import type { CallTerms, MakeCall, Receipt } from '../model/make-call.ts';
import type { Money } from '../model/money.ts';
import type { ToolCall } from '../model/part.ts';
import type { ModelEvent, ModelReply } from '../model/reply.ts';
import type { ModelRequest, Turn } from '../model/request.ts';
import { inputTokens, outputTokens } from '../model/usage.ts';
import { callsIn, distinct, idsIn, unansweredIn } from './history.ts';
import { pooled } from './pool.ts';
import { type After, runCall } from './run-call.ts';
import type { Approve, RunnableTool, ToolResult } from './tool.ts';

/** A question, the tools it may use, and how far it may go. */
export interface Task {
  /** `tools` are those of the task, whatever stands here. */
  readonly request: ModelRequest;
  readonly terms: CallTerms;
  readonly tools: readonly RunnableTool[];
  /** Most calls of the model. */
  readonly roundsMax: number;
  /** Most tokens, asked and answered, over all rounds; and most money. No call is sent that may go beyond by its estimate. */
  readonly tokensMax?: number;
  readonly costMax?: Money;
  /** Most tools at once. */
  readonly concurrency: number;
  /** How long a tool may take that does not say, in milliseconds. */
  readonly timeoutMs: number;
  readonly approve?: Approve;
}

/** One step of a run. */
export type RunEvent =
  | { readonly type: 'round'; readonly round: number }
  | { readonly type: 'model'; readonly round: number; readonly event: ModelEvent }
  | { readonly type: 'answered'; readonly round: number; readonly reply: ModelReply; readonly receipt: Receipt }
  | { readonly type: 'toolStarted'; readonly round: number; readonly call: ToolCall }
  | { readonly type: 'toolEnded'; readonly round: number; readonly call: ToolCall; readonly result: ToolResult };

/** `answered`: the model has no more calls to make. Else which ceiling came first. */
export type RunEnd = 'answered' | 'rounds' | 'tokens' | 'cost';

/** What a run came to. */
export interface Outcome {
  readonly ended: RunEnd;
  /** What the model said last, and what that call came to; absent where a ceiling let none through. */
  readonly reply?: ModelReply;
  readonly receipt?: Receipt;
  readonly rounds: number;
  /** The whole conversation: every call has its result. Given as the turns of another run it goes on from there. */
  readonly turns: readonly Turn[];
  /** Asked and answered, in all attempts at every round. */
  readonly tokens: number;
  /** Of all rounds; null when one has no price. */
  readonly cost: Money | null;
}

/** What a run needs: a way to make calls, and a clock. */
export interface RunRooms {
  readonly makeCall: MakeCall;
  readonly after: After;
}

/** A call of the model failed in mid-run, or the run was called off. What was done until then is in `turns`, every call with its result. */
export class RunError extends HeadgateError {
  override readonly name = 'RunError';
  readonly turns: readonly Turn[];
  readonly rounds: number;
  readonly cost: Money | null;
  constructor(failure: Failure, { turns, rounds, cost }: Pick<Outcome, 'turns' | 'rounds' | 'cost'>) {
    super(failure);
    this.turns = turns;
    this.rounds = rounds;
    this.cost = cost;
  }
}

/** The tool loop: asks, runs all tools of the answer at once, gives every result back, until the model needs none. Throws a `RunError`. */
export async function run(task: Task, { makeCall, after }: RunRooms, tell: (event: RunEvent) => void): Promise<Outcome> {
  const { request, terms, roundsMax, concurrency, timeoutMs, approve } = task;
  const signal = terms.signal ?? new AbortController().signal;
  const tools = new Map(task.tools.map((tool) => [tool.definition.name, tool]));
  let turns: readonly Turn[] = request.turns;
  let rounds = 0;
  let tokens = 0;
  let cost: Money | null = 0n as Money;
  let last: { readonly reply: ModelReply; readonly receipt: Receipt } | undefined;

  const outcome = (ended: RunEnd): Outcome => ({ ended, ...last, rounds, turns, tokens, cost });
  const fail = (failure: Failure): never => {
    throw new RunError(failure, { turns, rounds, cost });
  };
  const runAll = (calls: readonly ToolCall[]): Promise<ToolResult[]> =>
    pooled(calls, concurrency, async (call) => {
      tell({ type: 'toolStarted', round: rounds, call });
      const result = await runCall(call, { tools, approve, timeoutMs, round: rounds, signal, after });
      tell({ type: 'toolEnded', round: rounds, call, result });
      return result;
    });

  // A history may end with calls nobody answered: they are answered first.
  const left = unansweredIn(turns);
  if (left) {
    const given = new Map([...left.results, ...(await runAll(left.open)).map((result) => [result.callId, result] as const)]);
    turns = [...left.before, { role: 'user', parts: left.calls.map(({ id }) => given.get(id)!) }, ...left.rest];
  }

  for (;;) {
    if (signal.aborted) fail({ kind: 'cancelled', message: 'the run was called off' });
    if (rounds >= roundsMax) return outcome('rounds');
    if (task.tokensMax !== undefined && tokens >= task.tokensMax) return outcome('tokens');
    // What has no price may have cost anything.
    if (task.costMax !== undefined && (cost === null || cost >= task.costMax)) return outcome('cost');
    rounds += 1;
    tell({ type: 'round', round: rounds });
    const remaining = {
      ...(task.tokensMax !== undefined && { callTokensMax: task.tokensMax - tokens }),
      ...(task.costMax !== undefined && { callCostMax: (task.costMax - cost!) as Money }),
    };
    const answer = makeCall(
      { ...afterFirst(request, rounds), turns, tools: task.tools.map(({ definition }) => definition) },
      withCeilings({ ...terms, ...keyOf(terms, turns) }, remaining),
    );
    const events: ModelEvent[] = [];
    for await (const event of answer) {
      events.push(event);
      tell({ type: 'model', round: rounds, event });
    }
    const receipt = await answer.receipt;
    cost = cost === null || receipt.cost === null ? null : ((cost + receipt.cost) as Money);
    tokens += tokensOf(receipt);
    const end = events.at(-1);
    if (end?.type === 'fail') {
      const ceiling = ceilingIn(end.failure, remaining);
      if (ceiling) {
        rounds -= 1;
        return outcome(ceiling);
      }
      fail({ ...end.failure, requestId: receipt.callId });
    }
    const folded = fold(events);
    const reply = { ...folded, parts: distinct(folded.parts, idsIn(turns)) };
    last = { reply, receipt };
    tell({ type: 'answered', round: rounds, ...last });
    turns = [...turns, { role: 'assistant', parts: reply.parts }];
    const calls = callsIn(reply.parts);
    if (calls.length > 0) turns = [...turns, { role: 'user', parts: await runAll(calls) }];
    else if (reply.finish.reason !== 'paused') return outcome('answered');
  }
}

/** An answer that is given again under its key was booked before: of it only its own tokens are known. */
function tokensOf({ tokens, usage }: Receipt): number {
  if (tokens !== undefined) return tokens;
  return usage ? inputTokens(usage) + outputTokens(usage) : 0;
}

/** A tool that must be called is called once: forced again and again the model could never answer. */
function afterFirst(request: ModelRequest, round: number): ModelRequest {
  const { toolChoice, ...rest } = request;
  if (round === 1 || !toolChoice || toolChoice.mode === undefined || toolChoice.mode === 'auto' || toolChoice.mode === 'none')
    return request;
  return { ...rest, toolChoice: { ...toolChoice, mode: 'auto' } };
}

/**
 * Each round is a call of its own, known by what was said before it: asked for again under one key a run is given the
 * same answers, and taken up in its middle it asks what it has not asked yet.
 */
const keyOf = ({ idempotencyKey }: CallTerms, turns: readonly Turn[]): Pick<CallTerms, 'idempotencyKey'> =>
  idempotencyKey === undefined ? {} : { idempotencyKey: `${idempotencyKey}/${hash('sha256', JSON.stringify(turns), 'base64url')}` };

/** What is left of the run's ceilings is the ceiling of the next call, which is checked before it is sent. */
function withCeilings(terms: CallTerms, remaining: Pick<KeyLimits, 'callTokensMax' | 'callCostMax'>): CallTerms {
  const { limits } = terms.caller;
  const { callTokensMax = Number.POSITIVE_INFINITY, callCostMax } = remaining;
  const tokens = Math.min(callTokensMax, limits?.callTokensMax ?? Number.POSITIVE_INFINITY);
  const money = [callCostMax, limits?.callCostMax].filter((one) => one !== undefined).sort((a, b) => (a < b ? -1 : 1))[0];
  return {
    ...terms,
    caller: {
      ...terms.caller,
      limits: { ...limits, ...(Number.isFinite(tokens) && { callTokensMax: tokens }), ...(money !== undefined && { callCostMax: money }) },
    },
  };
}

/** Which of the run's ceilings a call was refused by; undefined: none of them. */
function ceilingIn(
  { code }: Failure,
  { callTokensMax, callCostMax }: Pick<KeyLimits, 'callTokensMax' | 'callCostMax'>,
): RunEnd | undefined {
  if (code === 'call_too_large' && callTokensMax !== undefined) return 'tokens';
  return code === 'call_too_dear' && callCostMax !== undefined ? 'cost' : undefined;
}
