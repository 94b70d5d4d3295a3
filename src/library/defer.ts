import { DEFER_MS_MAX, DEFER_MS_MIN, type Deferrals, type DeferredCall } from '../model/deferred.ts';
import { HeadgateError, invalid } from '../model/failure.ts';
import { type BatchDesk, type LateQuestion, replyFrom, written } from './batch.ts';
import { termsOf } from './question.ts';
import type { Reply } from './reply.ts';
import type { OutputOf, Schema } from './schema.ts';

/** A question that may be answered later: at half the price where a provider has a batch API. */
export type DeferredQuestion<S extends Schema | undefined = Schema | undefined> = LateQuestion<S> & {
  /** How long the answer may take, in milliseconds: from a minute to seven days. */
  readonly withinMs: number;
  /** The name of a webhook of the configuration, told once there is an answer. */
  readonly webhook?: string;
};

/** A question that was handed in. */
export interface Deferred<Output> {
  /** Finds it again, in this process or another. */
  readonly id: string;
  /** There is an answer by then, in milliseconds since 1970. */
  readonly deadlineMs: number;
  /** The reply, or undefined while there is none. Throws as `ask` does. */
  reply(): Promise<Reply<Output> | undefined>;
  /** Waits for it. */
  wait(): Promise<Reply<Output>>;
}

/** What deferred questions need beside a desk. */
export interface DeferDesk extends BatchDesk {
  readonly deferrals: Deferrals | undefined;
}

/** An answer is looked for so often, in milliseconds. */
const LOOK_MS = 2000;

/** Hands a question in. Resolves once it is kept and outlives this process; rejects with a `HeadgateError` where it was refused. */
export async function defer<S extends Schema | undefined = undefined>(
  desk: DeferDesk,
  { withinMs, webhook, ...question }: DeferredQuestion<S>,
): Promise<Deferred<OutputOf<S>>> {
  if (!(withinMs >= DEFER_MS_MIN && withinMs <= DEFER_MS_MAX))
    invalid(`withinMs must be from ${DEFER_MS_MIN} to ${DEFER_MS_MAX} milliseconds, got ${withinMs}`, 'withinMs');
  const { caller, onLoss } = termsOf(question, desk);
  const taken = await deferralsOf(desk).add(
    {
      caller,
      dialect: 'canonical',
      operation: 'generate',
      windowMs: withinMs,
      ...(onLoss !== undefined && { onLoss }),
      ...(webhook !== undefined && { webhook }),
    },
    written(question as LateQuestion, { ...desk, caller }),
  );
  if ('kind' in taken) throw new HeadgateError(taken);
  return handle(desk, taken, question.output as S);
}

/** A question handed in before, by another process perhaps. */
export async function deferred<S extends Schema | undefined = undefined>(
  desk: DeferDesk,
  id: string,
  output?: S,
): Promise<Deferred<OutputOf<S>>> {
  const call = await deferralsOf(desk).get(id);
  if (!call) throw new HeadgateError({ kind: 'missing', message: `there is no deferred call "${id}"`, param: 'id' });
  return handle(desk, call, output as S);
}

function handle<S extends Schema | undefined>(desk: DeferDesk, { id, deadlineMs }: DeferredCall, output: S): Deferred<OutputOf<S>> {
  async function reply(): Promise<Reply<OutputOf<S>> | undefined> {
    const call = await deferralsOf(desk).get(id);
    if (!call) throw new HeadgateError({ kind: 'missing', message: `the deferred call "${id}" is no longer kept`, param: 'id' });
    if (!call.answer) return undefined;
    return replyFrom(call.asked, call.answer.body, call.state, { callId: call.callId ?? '', cost: call.cost ?? null }, output);
  }
  return {
    id,
    deadlineMs,
    reply,
    async wait() {
      for (;;) {
        const found = await reply();
        if (found) return found;
        await new Promise<void>((over) => void desk.after(LOOK_MS, over));
      }
    },
  };
}

function deferralsOf({ deferrals }: DeferDesk): Deferrals {
  if (deferrals) return deferrals;
  throw new HeadgateError({
    kind: 'invalid',
    message: 'deferred calls are kept in the ledger: remove "ledger: off" from the configuration',
  });
}
