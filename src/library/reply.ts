import type { Receipt } from '../model/make-call.ts';
import type { Part, ToolCall } from '../model/part.ts';
import type { Finish, ModelReply } from '../model/reply.ts';
import type { Turn } from '../model/request.ts';
import { type Starved, starvedBy } from '../model/starved.ts';

/** An answer, whole, and what it came to. */
export interface Reply<Output = unknown> extends Receipt {
  /** Every text of the answer, joined. */
  readonly text: string;
  /** What the schema of the question makes of the text; undefined where none was given. */
  readonly output: Output;
  /** The calls to be answered, in order. */
  readonly toolCalls: readonly ToolCall[];
  /** The thoughts that were shown, joined; undefined: none. */
  readonly reasoning?: string;
  /** In the model's words why it declined; undefined: it did not, or did not say. */
  readonly refusal?: string;
  readonly finish: Finish;
  /** Set where the answer came to its limit of tokens with most of them spent on reasoning: raise `maxOutputTokens`, or lower `effort`. */
  readonly starved?: Starved;
  /** All of the answer in order, with seals, citations and what only one vendor knows. */
  readonly parts: readonly Part[];
  /** The conversation with this answer at its end: give it as the next question's `turns`. */
  readonly turns: readonly Turn[];
}

/** A folded answer with its receipt, without an output as yet. */
export function replyOf({ parts, finish }: ModelReply, asked: readonly Turn[], receipt: Receipt): Reply<undefined> {
  const joined = (type: 'text' | 'reasoning' | 'refusal'): string | undefined => {
    const texts = parts.flatMap((part) => (part.type === type ? [part.text] : []));
    return texts.length > 0 ? texts.join('') : undefined;
  };
  const reasoning = joined('reasoning');
  const refusal = joined('refusal');
  const starved = starvedBy(finish, receipt.usage);
  return {
    ...receipt,
    text: joined('text') ?? '',
    output: undefined,
    toolCalls: parts.filter((part) => part.type === 'toolCall'),
    ...(reasoning && { reasoning }),
    ...(refusal !== undefined && { refusal }),
    finish,
    ...(starved && { starved }),
    parts,
    turns: [...asked, { role: 'assistant', parts }],
  };
}
