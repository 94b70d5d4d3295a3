import type { Frame } from '../../src/dialects/sse.ts';
import type { DialectName } from '../../src/model/part.ts';
import { chatGrammar } from './grammar-chat.ts';
import { messagesGrammar } from './grammar-messages.ts';
import { responsesGrammar } from './grammar-responses.ts';

/** What is wrong with a stream under its format's grammar, in order of appearance; empty when nothing is. */
export const grammarProblems = (dialect: DialectName, frames: readonly Frame[]): string[] => GRAMMARS[dialect](frames);

const GRAMMARS: Readonly<Record<DialectName, (frames: readonly Frame[]) => string[]>> = {
  'openai-chat': chatGrammar,
  'openai-responses': responsesGrammar,
  'anthropic-messages': messagesGrammar,
};
