import { type JsonObject, objectOf } from '../../model/json.ts';
import { badRequest } from '../rules/anthropic-refusal.ts';
import { given, objectsOf, type Refusal, textOf } from '../rules/rule.ts';
import { keep } from '../state.ts';
import type { Context } from './context.ts';
import type { Seen } from './generate.ts';

/** What a conversation keeps of the request that began it; those that go on may not say it again. */
const CREATE_ONLY = ['system', 'tools'] as const;

/** The body with the conversation it goes on with put in front, or what is wrong with that. Without its beta `thread` is a field like any unknown. */
export function threaded({ wire, state, request }: Context): JsonObject | Refusal {
  const { type, previous_message_id: id } = objectOf(wire['thread']);
  if (type !== 'continue' || !request.headers['anthropic-beta']) return wire;
  const repeated = CREATE_ONLY.find((field) => given(wire[field]));
  if (repeated) return badRequest(`${repeated}: cannot be given when a thread is continued`);
  const stored = state.threads.get(textOf(id) ?? '');
  if (!stored) {
    return { status: 404, type: 'not_found_error', code: 'thread_not_found', message: `No thread was found for the message ${id}.` };
  }
  if (stored.continued) return { ...badRequest(`The thread was already continued from ${id}.`), code: 'thread_already_continued' };
  return { ...stored.wire, ...wire, messages: [...objectsOf(stored.wire['messages']), ...objectsOf(wire['messages'])] };
}

/** Keeps a conversation with its answer, where it was asked for. */
export function keepThread({ id, content }: JsonObject, { wire, context: { state } }: Seen): void {
  const { type, previous_message_id: before } = objectOf(wire['thread']);
  if (type === undefined) return;
  const stored = state.threads.get(textOf(before) ?? '');
  if (stored) stored.continued = true;
  const begun = Object.fromEntries(CREATE_ONLY.filter((field) => given(wire[field])).map((field) => [field, wire[field]!]));
  const messages = [...objectsOf(wire['messages']), { role: 'assistant', content: content! }];
  keep(state.threads, String(id), { wire: { ...begun, messages }, continued: false });
}
