import { isList, isObject, type Json, objectOf } from '../../../model/json.ts';
import type { ModelEvent } from '../../../model/reply.ts';
import { extraOf } from '../fields.ts';
import { callIdFor } from '../reply/decode.ts';
import { functionCallId } from '../request/decode-messages.ts';
import { textIn } from './chunk.ts';

/** Puts the fragments of tool calls together. Calls may grow side by side, so all stay open to the end. */
export interface Calls {
  read(fragments: Json | undefined, parts: Parts): Generator<ModelEvent>;
  /** The one call of the predecessor of tool calls. */
  readFunction(fragment: Json | undefined, parts: Parts): Generator<ModelEvent>;
  /** Closes them all. */
  end(): Generator<ModelEvent>;
  /** Whether some call never got a name. */
  readonly nameless: boolean;
  readonly any: boolean;
}

/** Hands out part indices. */
export interface Parts {
  next(): number;
  readonly replyId: string;
}

interface Call {
  /** The index it was labelled with; undefined for the old single function call. */
  readonly label: number | undefined;
  id: string;
  name: string;
  custom: boolean;
  /** Undefined until it is opened, which wants a name. */
  part: number | undefined;
  written: string;
}

export function createCalls(): Calls {
  const calls: Call[] = [];

  /** The call a fragment belongs to. Providers that label every call 0 are told apart by id, else by name. */
  function callFor(label: number | undefined, id: string, name: string): Call {
    const labelled = calls.filter((call) => label === undefined || call.label === label);
    const known = id === '' ? undefined : labelled.find((call) => call.id === id);
    const current = known ?? labelled.at(-1);
    if (current && (known || !startsAnother(current, id, name))) return current;
    const call: Call = { label: label ?? calls.length, id, name: '', custom: false, part: undefined, written: '' };
    calls.push(call);
    return call;
  }

  function* write(call: Call, text: string, parts: Parts): Generator<ModelEvent> {
    call.written += text;
    if (call.part !== undefined) {
      if (text) yield { type: 'delta', index: call.part, text };
      return;
    }
    if (call.name) yield* open(call, parts);
  }

  function* open(call: Call, parts: Parts): Generator<ModelEvent> {
    call.part = parts.next();
    const id = call.id || callIdFor(parts.replyId, calls.indexOf(call));
    yield {
      type: 'open',
      index: call.part,
      part: {
        type: 'toolCall',
        id,
        name: call.name,
        arguments: '',
        ...(call.custom && { custom: true }),
        // The marker says that it was called the old way.
        ...(call.label === undefined && extraOf({ function_call: null })),
      },
    };
    if (call.written) yield { type: 'delta', index: call.part, text: call.written };
  }

  return {
    *read(fragments, parts) {
      if (!isList(fragments)) return;
      for (const fragment of fragments) {
        if (!isObject(fragment)) continue;
        const custom = fragment['type'] === 'custom' || isObject(fragment['custom']);
        const called = objectOf(fragment[custom ? 'custom' : 'function']);
        const id = textIn(fragment['id']);
        const name = textIn(called['name']);
        const call = callFor(typeof fragment['index'] === 'number' ? fragment['index'] : undefined, id, name);
        call.id ||= id;
        call.name ||= name;
        call.custom ||= custom;
        const written = called[custom ? 'input' : 'arguments'] ?? '';
        yield* write(call, typeof written === 'string' ? written : JSON.stringify(written), parts);
      }
    },
    *readFunction(fragment, parts) {
      if (!isObject(fragment)) return;
      let call = calls.find(({ label }) => label === undefined);
      if (!call) {
        call = { label: undefined, id: functionCallId(0), name: '', custom: false, part: undefined, written: '' };
        calls.push(call);
      }
      call.name ||= textIn(fragment['name']);
      yield* write(call, textIn(fragment['arguments']), parts);
    },
    *end() {
      for (const { part } of calls) if (part !== undefined) yield { type: 'close', index: part };
    },
    get nameless() {
      return calls.some(({ part }) => part === undefined);
    },
    get any() {
      return calls.length > 0;
    },
  };
}

/** Whether a fragment begins a new call under the label of a running one. */
function startsAnother(current: Call, id: string, name: string): boolean {
  if (id !== '' && current.id !== '') return id !== current.id;
  if (name === '' || current.name === '') return false;
  return name !== current.name || isWhole(current.written);
}

function isWhole(json: string): boolean {
  try {
    JSON.parse(json);
    return true;
  } catch {
    return false;
  }
}
