import { type Failure, HeadgateError } from '../model/failure.ts';
import type { CallAnswer } from '../model/make-call.ts';
import type { ModelEvent } from '../model/reply.ts';
import type { Turn } from '../model/request.ts';
import { type Desk, wholeReply } from './ask.ts';
import { type Question, requestOf, termsOf } from './question.ts';
import type { Reply } from './reply.ts';
import type { OutputOf, Schema } from './schema.ts';

/**
 * An answer while it is written, to be read once, in one of its forms: event by event, as text alone, or only
 * its `reply`. Reading throws a `HeadgateError` where the answer fails or breaks off. Leaving early ends the call.
 */
export interface AnswerStream<Output = undefined> extends AsyncIterable<ModelEvent> {
  /** Its words as they come, without thoughts, calls and refusals. */
  readonly textStream: AsyncIterable<string>;
  /** All of it once it is over, read to its end by whoever asks for it if nobody else does. Rejects as `ask` does. */
  reply(): Promise<Reply<Output>>;
}

/** Asks, and gives the answer as it comes. Throws `invalid` at once; what else goes wrong, in the reading. */
export function stream<S extends Schema | undefined = undefined>(desk: Desk, question: Question<S>): AnswerStream<OutputOf<S>> {
  const request = requestOf(question, true);
  return new Reading(desk.makeCall(request, termsOf(question, desk)), request.turns, question.output as S);
}

class Reading<S extends Schema | undefined> implements AnswerStream<OutputOf<S>> {
  readonly #answer: CallAnswer;
  readonly #asked: readonly Turn[];
  readonly #schema: S;
  readonly #seen: ModelEvent[] = [];
  #begun = false;
  #left = false;
  readonly #over: Promise<void>;
  #end: () => void = () => {};
  #whole: Promise<Reply<OutputOf<S>>> | undefined;

  constructor(answer: CallAnswer, asked: readonly Turn[], schema: S) {
    this.#answer = answer;
    this.#asked = asked;
    this.#schema = schema;
    this.#over = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<ModelEvent> {
    if (this.#begun) throw new TypeError('this answer is being read already: it can be read once');
    this.#begun = true;
    let failure: Failure | undefined;
    let finished = false;
    try {
      for await (const event of this.#answer) {
        this.#seen.push(event);
        if (event.type === 'fail') failure = event.failure;
        finished ||= event.type === 'finish' || event.type === 'fail';
        if (event.type !== 'fail') yield event;
      }
    } finally {
      this.#left = !finished;
      this.#end();
    }
    if (failure) throw new HeadgateError({ ...failure, requestId: (await this.#answer.receipt).callId });
  }

  get textStream(): AsyncIterable<string> {
    return textOf(this);
  }

  reply(): Promise<Reply<OutputOf<S>>> {
    this.#whole ??= this.#wait();
    return this.#whole;
  }

  async #wait(): Promise<Reply<OutputOf<S>>> {
    if (!this.#begun) {
      try {
        for await (const _ of this);
      } catch {
        // Said again below, from the events.
      }
    }
    await this.#over;
    if (this.#left)
      throw new HeadgateError({
        kind: 'cancelled',
        message: 'the answer was left before its end',
        requestId: (await this.#answer.receipt).callId,
      });
    return wholeReply(this.#seen, this.#asked, this.#answer, this.#schema);
  }
}

async function* textOf(events: AsyncIterable<ModelEvent>): AsyncGenerator<string> {
  const texts = new Set<number>();
  for await (const event of events) {
    if (event.type === 'open' && event.part.type === 'text') {
      texts.add(event.index);
      if (event.part.text) yield event.part.text;
    }
    if (event.type === 'delta' && texts.has(event.index)) yield event.text;
  }
}
