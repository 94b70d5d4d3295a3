import { unwrapInput } from '../dialects/custom-tools.ts';
import type { EncodedRequest } from '../dialects/dialect.ts';
import type { Machine } from '../model/machine.ts';
import type { ToolCall } from '../model/part.ts';
import type { ModelEvent } from '../model/reply.ts';

/** Tool calls by the names the caller gave its tools, and custom tools' text out of the object it was wrapped in. */
export function asCallerKnowsThem({ toolNames, wrappedTools }: EncodedRequest): Machine<ModelEvent, ModelEvent> {
  if (!toolNames?.size && !wrappedTools?.size) return { push: (event) => [event], end: () => [] };
  const unwrapping = new Map<number, ReturnType<typeof unwrapInput>>();

  function* pass(event: ModelEvent): Generator<ModelEvent> {
    if (event.type === 'open' && event.part.type === 'toolCall') {
      const name = toolNames?.get(event.part.name) ?? event.part.name;
      const wrapped = wrappedTools?.has(name) ?? false;
      const part: ToolCall = { ...event.part, name, ...(wrapped && { custom: true }) };
      if (wrapped) unwrapping.set(event.index, unwrapInput());
      yield { ...event, part };
      return;
    }
    const unwrap = 'index' in event ? unwrapping.get(event.index) : undefined;
    if (event.type === 'delta' && unwrap) {
      const text = unwrap.push(event.text);
      if (text) yield { ...event, text };
      return;
    }
    if (event.type === 'close' && unwrap) {
      const text = unwrap.end();
      unwrapping.delete(event.index);
      if (text) yield { type: 'delta', index: event.index, text };
    }
    yield event;
  }

  return { push: (event) => [...pass(event)], end: () => [] };
}
