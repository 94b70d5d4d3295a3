import type { Machine } from './machine.ts';
import type { ModelEvent } from './reply.ts';

type PartEvent = Extract<ModelEvent, { index: number }>;

/**
 * Lets parts through one at a time. Some wires (Chat) may grow two tool calls at once, others
 * (Messages) write a block to its end before the next; events of a later part wait here.
 */
export function oneAtATime(): Machine<ModelEvent, ModelEvent> {
  const waiting = new Map<number, PartEvent[]>();
  let current = 0;

  function* pass(event: PartEvent): Generator<ModelEvent> {
    if (event.index !== current) {
      waiting.set(event.index, [...(waiting.get(event.index) ?? []), event]);
      return;
    }
    yield event;
    if (event.type !== 'close') return;
    current += 1;
    const queue = waiting.get(current) ?? [];
    waiting.delete(current);
    for (const next of queue) yield* pass(next);
  }

  return {
    push: (event) => ('index' in event ? [...pass(event)] : [event]),
    end: () => [],
  };
}
