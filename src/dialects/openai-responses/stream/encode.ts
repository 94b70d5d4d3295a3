import type { Asked, StreamEncoder } from '../../dialect.ts';
import { writer } from './writer.ts';

/** Events to frames, each named by its type as OpenAI's are. */
export function encodeStream(asked: Asked): StreamEncoder {
  const { push, end, losses } = writer(asked);
  const framed = (event: { readonly [field: string]: unknown }) => ({ event: String(event['type']), data: JSON.stringify(event) });
  return {
    push: (event) => push(event).map(framed),
    end: () => end().map(framed),
    losses,
  };
}
