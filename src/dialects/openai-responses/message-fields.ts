import type { JsonObject } from '../../model/json.ts';
import { present, without } from './fields.ts';

/**
 * Fields of a message that its parts carry, since an answer's parts stand without a message: `id`
 * and `phase` by their own names, any other under `message`.
 */
export function messageFields(item: JsonObject): JsonObject {
  const { id, phase, status, role } = item;
  const usual = role === 'assistant' ? ['role'] : [];
  const others = without(item, 'id', 'phase', 'status', 'type', 'content', ...usual);
  return {
    ...present({ id: id ?? undefined, phase: phase ?? undefined, status: status === 'completed' ? undefined : (status ?? undefined) }),
    ...(Object.keys(others).length > 0 && { message: others }),
  };
}

/** The opposite: takes the message's fields out of a part's extra. */
export function liftMessage(own: JsonObject): { readonly lifted: JsonObject; readonly rest: JsonObject } {
  const { id, phase, status, type, message, ...others } = own;
  // Anything but `message` is the type of a text part that was not its sender's.
  const rest = type === undefined || type === 'message' ? others : { type, ...others };
  return { lifted: { ...present({ id, phase, status }), ...(message as JsonObject | undefined) }, rest };
}
