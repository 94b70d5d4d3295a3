import type { Loss } from '../model/loss.ts';
import type { Machine } from '../model/machine.ts';
import type { ModelEvent } from '../model/reply.ts';
import type { ModelRequest } from '../model/request.ts';

/**
 * An answer that several attempts may write, one after another broke off: what the caller has been given so
 * far, so that the next can write on from there.
 */
export interface Joint<Writer extends Noting> {
  /** What goes to the caller: one writer for the whole answer, made by the first attempt. */
  writer(make: () => Writer): Writer;
  /** Lets the events of one attempt's answer through as part of the whole; `by` wrote it. Asked before `writer`. */
  passage(by: string): Machine<ModelEvent, ModelEvent>;
  /** The caller is shown what is written: until then each attempt begins anew. */
  show(): void;
  /** The request as the next attempt is sent it: with the words written so far at its end. */
  continued(request: ModelRequest): ModelRequest;
  /** How many characters have been written; undefined when nobody can write on, since it was not words alone. */
  readonly written: number | undefined;
}

/** Takes what its reader is told at the end of the answer. */
interface Noting {
  note(loss: Loss): void;
}

export function createJoint<Writer extends Noting>(): Joint<Writer> {
  let made: Writer | undefined;
  let text = '';
  /** The text part being written, in the caller's counting. */
  let open: number | undefined;
  let next = 0;
  let wordsOnly = true;
  let shown = false;

  function* first(event: ModelEvent): Generator<ModelEvent> {
    if (event.type === 'open') {
      next = Math.max(next, event.index + 1);
      // Thoughts are over when words begin; a model that writes on does not think again.
      if (event.part.type === 'text') open = event.index;
      else if (event.part.type !== 'reasoning') wordsOnly = false;
    }
    if (event.type === 'delta' && event.index === open) text += event.text;
    if (event.type === 'amend' && event.index === open && event.with.citation) wordsOnly = false;
    if (event.type === 'close' && event.index === open) wordsOnly = false;
    yield event;
  }

  function later(by: string): (event: ModelEvent) => Generator<ModelEvent> {
    const places = new Map<number, number | undefined>();
    let joined = false;
    return function* (event) {
      if (event.type === 'start') return;
      if (event.type === 'open') {
        if (event.part.type === 'text' && !joined && open !== undefined) {
          joined = true;
          made?.note(seam(by, text.length));
          places.set(event.index, open);
          return;
        }
        if (event.part.type === 'reasoning') return void places.set(event.index, undefined);
        places.set(event.index, next);
      }
      if (!('index' in event)) return yield event;
      const index = places.get(event.index);
      if (index !== undefined) yield* first({ ...event, index });
    };
  }

  /** What nobody was shown need not be written on. */
  function forget(): void {
    made = undefined;
    text = '';
    open = undefined;
    next = 0;
    wordsOnly = true;
  }

  return {
    writer: (make) => (made ??= make()),
    passage(by) {
      if (!shown) forget();
      const pass = shown ? later(by) : first;
      return { push: (event) => [...pass(event)], end: () => [] };
    },
    show() {
      shown = true;
    },
    continued: (request) =>
      text === '' ? request : { ...request, turns: [...request.turns, { role: 'assistant', parts: [{ type: 'text', text }] }] },
    get written() {
      return wordsOnly && open !== undefined && text !== '' ? text.length : undefined;
    },
  };
}

/** What tells the caller that its answer was not written in one go. */
const seam = (by: string, written: number): Loss => ({
  path: 'answer',
  value: null,
  kind: 'changed',
  impact: 'behavior',
  note: `it broke off after ${written} characters; ${by} wrote on from there`,
});
