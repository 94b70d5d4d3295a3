import type { AnswerMachine, Inbound } from './lane.ts';
import { EVENT_STREAM, isEventStream } from './translated-answer.ts';

/**
 * Whether the headers leave open what an answer is: there is no content type, or there is one that is
 * not the stream's that was asked for (recorded at OpenAI: an event stream called application/json).
 */
export const isUnsaid = ({ head }: Inbound, contentType: string): boolean =>
  contentType === '' || (head.stream && !isEventStream(contentType));

/** An answer told by how it begins: JSON with a bracket or a quote, an event stream with the name of a field or a colon. */
export function sniffedAnswer({ head }: Inbound, answerOf: (streams: boolean) => AnswerMachine): AnswerMachine {
  let blank: Buffer[] = [];
  let answer: AnswerMachine | undefined;

  return {
    contentType: head.stream ? EVENT_STREAM : 'application/json',
    get servedModel() {
      return answer?.servedModel;
    },
    get usage() {
      return answer?.usage;
    },
    get writtenTokens() {
      return answer?.writtenTokens;
    },
    get whole() {
      return answer?.whole;
    },
    push(chunk) {
      if (answer) return answer.push(chunk);
      blank.push(chunk);
      const start = chunk.find((byte) => !BLANK.has(byte));
      if (start === undefined) return [];
      answer = answerOf(FIELD.has(start));
      const begun = blank;
      blank = [];
      return begun.flatMap((bytes) => answer!.push(bytes));
    },
    end() {
      answer ??= answerOf(head.stream);
      return answer.end();
    },
    cut(failure) {
      answer ??= answerOf(head.stream);
      return answer.cut(failure);
    },
  };
}

const bytesOf = (text: string): ReadonlySet<number> => new Set(Buffer.from(text));

/** White space, and the three bytes of a byte order mark. */
const BLANK = bytesOf(' \t\r\n\uFEFF');

/** First letters of `data`, `event`, `id` and `retry`, and the colon of a comment. */
const FIELD = bytesOf('deir:');
