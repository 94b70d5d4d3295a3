import type { Part } from '../../model/part.ts';
import type { ModelRequest } from '../../model/request.ts';
import { brief, mediaSeen, type Prompt, textOf } from './prompt.ts';
import { numbersIn, valueFor } from './schema-value.ts';

/** The words of an answer nobody scripted: they depend on the request only, and show that what was sent has arrived. */
export function defaultText(request: ModelRequest, prompt: Prompt): string {
  const { output } = request;
  if (output?.type === 'schema') return JSON.stringify(valueFor(output.schema, { words: [], numbers: numbersIn(prompt.text) }));
  if (output?.type === 'json') return JSON.stringify({ answer: sentence(prompt), question: brief(prompt.text, 200) });
  return sentence(prompt);
}

function sentence(prompt: Prompt): string {
  const seen = prompt.media.length > 0 ? ` I saw ${mediaSeen(prompt.media)}.` : '';
  if (prompt.results.length > 0) return `The tools answered. ${prompt.results.map(resultSaid).join(' ')}${seen}`;
  if (prompt.begun) return ' and so the answer goes on.';
  return `This is a simulated answer to: ${brief(prompt.text, 200) || '(no words)'}${seen}`;
}

function resultSaid({ call, content, isError }: Prompt['results'][number]): string {
  const media = content.flatMap((part) => (part.type === 'media' ? [part] : []));
  const said = [brief(textOf(content), 500), media.length > 0 ? `(with ${mediaSeen(media)})` : '', ...content.map(opaqueSaid)].filter(
    Boolean,
  );
  return `${call?.name ?? 'An unknown tool'} ${isError ? 'failed' : 'said'}: ${said.join(' ') || 'nothing'}.`;
}

const opaqueSaid = (part: Part): string => (part.type === 'opaque' ? brief(JSON.stringify(part.wire), 100) : '');

/** A thought nobody scripted. */
export const defaultThought = (prompt: Prompt): string =>
  prompt.results.length > 0
    ? 'The results are in. Now they have to be told.'
    : `The user writes: ${brief(prompt.text, 120)} A short answer will do.`;
