import { HeadgateError } from '../model/failure.ts';
import { fold } from '../model/fold.ts';
import type { CallAnswer, MakeCall } from '../model/make-call.ts';
import type { ModelEvent } from '../model/reply.ts';
import type { Turn } from '../model/request.ts';
import { readOutput } from './output.ts';
import { type Question, requestOf, type Terms, termsOf } from './question.ts';
import { type Reply, replyOf } from './reply.ts';
import type { OutputOf, Schema } from './schema.ts';

/** What asking needs: a way to make calls, and on whose account they are where a question does not say. */
export interface Desk extends Terms {
  readonly makeCall: MakeCall;
}

/**
 * Asks once and waits for all of the answer. Throws a `HeadgateError` where none came, and an `OutputError`
 * where one came that is not what `output` asked for.
 */
export async function ask<S extends Schema | undefined = undefined>(desk: Desk, question: Question<S>): Promise<Reply<OutputOf<S>>> {
  const request = requestOf(question, false);
  const answer = desk.makeCall(request, termsOf(question, desk));
  const events: ModelEvent[] = [];
  for await (const event of answer) events.push(event);
  return wholeReply(events, request.turns, answer, question.output as S);
}

/** The reply that the events of a whole answer spell, its output read. Throws as `ask` does. */
export async function wholeReply<S extends Schema | undefined>(
  events: readonly ModelEvent[],
  asked: readonly Turn[],
  answer: Pick<CallAnswer, 'receipt'>,
  schema: S,
): Promise<Reply<OutputOf<S>>> {
  const receipt = await answer.receipt;
  const last = events.at(-1);
  if (last?.type === 'fail') throw new HeadgateError({ ...last.failure, requestId: receipt.callId });
  const reply = replyOf(fold(events), asked, receipt);
  const output = schema && (await readOutput(schema, reply));
  return { ...reply, output: output as OutputOf<S> };
}
