import { isObject, type JsonObject } from '../../../model/json.ts';
import type { Asked, StreamEncoder } from '../../dialect.ts';
import type { Frame } from '../../sse.ts';
import { writer } from './writer.ts';

/** Events to frames, each named by its type as OpenAI's are. */
export function encodeStream(asked: Asked): StreamEncoder {
  const { push, end, losses } = writer(asked);
  return {
    push: (event) => push(event).map(framed),
    end: () => end().map(framed),
    losses,
  };
}

function framed(event: JsonObject): Frame {
  const { type, response } = event;
  // A stream ends as its last event says, whatever word the provider had for it.
  const status = TERMINAL[String(type)];
  const said = status !== undefined && isObject(response) ? { ...event, response: { ...response, status } } : event;
  return { event: String(type), data: JSON.stringify(said) };
}

const TERMINAL: Readonly<Record<string, string>> = { 'response.completed': 'completed', 'response.incomplete': 'incomplete' };
