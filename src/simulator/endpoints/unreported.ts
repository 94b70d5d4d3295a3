import type { Frame } from '../../dialects/sse.ts';
import { isObject, type JsonObject } from '../../model/json.ts';

/** An answer without our codecs' own report of what a script said and the format cannot: no vendor sends one. */
export const unreported = ({ headgate: _, ...wire }: JsonObject): JsonObject => wire;

/** The same for an event, and for the answer inside one. */
export function unreportedFrame(frame: Frame): Frame {
  if (!frame.data.includes('"headgate"')) return frame;
  const wire = unreported(JSON.parse(frame.data) as JsonObject);
  const inner = Object.entries(wire).map(([field, value]) => [
    field,
    (field === 'message' || field === 'response') && isObject(value) ? unreported(value) : value,
  ]);
  return { ...frame, data: JSON.stringify(Object.fromEntries(inner)) };
}
