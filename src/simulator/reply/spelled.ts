import { unfold } from '../../model/fold.ts';
import type { ModelEvent, ModelReply } from '../../model/reply.ts';

/**
 * An answer as the events that stream it: each part in `chunks` deltas, by default one for each
 * word. The start already tells what the prompt cost, as Messages does.
 */
export function* spelled(reply: ModelReply, chunks: number | undefined): Generator<ModelEvent> {
  for (const event of unfold(reply)) {
    if (event.type === 'start' && reply.usage) {
      const { output: _, ...tokens } = reply.usage.tokens;
      const { reasoningTokens: __, ...usage } = reply.usage;
      yield { ...event, usage: { ...usage, tokens: { ...tokens, output: 1 } } };
    } else if (event.type === 'delta') {
      for (const text of pieces(event.text, chunks)) yield { ...event, text };
    } else yield event;
  }
}

function pieces(text: string, chunks: number | undefined): readonly string[] {
  if (chunks === undefined) return text.match(/\S{1,24}\s*|\s+/gu) ?? [text];
  const characters = [...text];
  const size = Math.max(1, Math.ceil(characters.length / chunks));
  return Array.from({ length: Math.ceil(characters.length / size) }, (_, index) =>
    characters.slice(index * size, (index + 1) * size).join(''),
  );
}
