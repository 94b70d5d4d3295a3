import { HeadgateError } from './failure.ts';
import type { Part } from './part.ts';
import type { Amendment, ModelEvent, ModelReply } from './reply.ts';

/** Adds up a stream of events into the reply they spell. Throws what the stream failed with. */
export function fold(events: Iterable<ModelEvent>): ModelReply {
  const parts: Part[] = [];
  let reply: ModelReply = { id: '', model: '', parts, finish: { reason: 'other' } };
  for (const event of events) {
    switch (event.type) {
      case 'start': {
        const { type: _, ...head } = event;
        reply = { ...reply, ...head };
        break;
      }
      case 'open':
        parts[event.index] = event.part;
        break;
      case 'delta':
        parts[event.index] = grow(parts[event.index]!, event.text);
        break;
      case 'amend':
        parts[event.index] = amend(parts[event.index]!, event.with);
        break;
      case 'close':
      case 'opaque':
        break;
      case 'finish': {
        const { type: _, extra, ...tail } = event;
        const merged = mergeExtra(reply.extra, extra);
        reply = { ...reply, ...tail, ...(merged && { extra: merged }) };
        break;
      }
      case 'fail':
        throw new HeadgateError(event.failure);
      default:
        event satisfies never;
    }
  }
  return reply;
}

/** Spells a finished reply as the events that would have streamed it: `fold(unfold(r))` is `r`. */
export function* unfold(reply: ModelReply): Generator<ModelEvent> {
  const { parts, finish, usage, ...head } = reply;
  yield { type: 'start', ...head };
  for (const [index, part] of parts.entries()) {
    const text = textOf(part);
    yield { type: 'open', index, part: emptied(part) };
    if (text) yield { type: 'delta', index, text };
    if (part.type === 'text') for (const citation of part.citations ?? []) yield { type: 'amend', index, with: { citation } };
    if (part.type === 'reasoning' && part.seal && !part.seal.redacted) yield { type: 'amend', index, with: { seal: part.seal } };
    yield { type: 'close', index };
  }
  yield { type: 'finish', finish, ...(usage && { usage }) };
}

function amend(part: Part, { citation, seal, extra }: Amendment): Part {
  const merged = mergeExtra(part.extra, extra);
  return {
    ...part,
    ...(citation && part.type === 'text' && { citations: [...(part.citations ?? []), citation] }),
    ...(seal && { seal }),
    ...(merged && { extra: merged }),
  } as Part;
}

/** Extras of two moments together; of one field said twice, the later counts. */
export function mergeExtra(first: Part['extra'], second: Part['extra']): Part['extra'] {
  if (!first || !second) return first ?? second;
  const merged: Record<string, object> = { ...first };
  for (const [dialect, fields] of Object.entries(second)) merged[dialect] = { ...merged[dialect], ...fields };
  return merged as Part['extra'];
}

function grow(part: Part, more: string): Part {
  switch (part.type) {
    case 'text':
    case 'refusal':
    case 'reasoning':
      return { ...part, text: part.text + more };
    case 'toolCall':
      return { ...part, arguments: part.arguments + more };
    default:
      throw new TypeError(`a ${part.type} part cannot grow`);
  }
}

function textOf(part: Part): string {
  switch (part.type) {
    case 'text':
    case 'refusal':
    case 'reasoning':
      return part.text;
    case 'toolCall':
      return part.arguments;
    default:
      return '';
  }
}

function emptied(part: Part): Part {
  switch (part.type) {
    case 'text': {
      const { citations: _, ...rest } = part;
      return { ...rest, text: '' };
    }
    case 'reasoning': {
      // A redacted thought is all seal: it must be known from the start to be opened as what it is.
      const { seal, ...rest } = part;
      return { ...rest, text: '', ...(seal?.redacted && { seal }) };
    }
    case 'refusal':
      return { ...part, text: '' };
    case 'toolCall':
      return { ...part, arguments: '' };
    default:
      return part;
  }
}
