import { deeperThan } from '../dialects/depth.ts';
import type { Json } from '../model/json.ts';

/** What nests deeper is no JSON to either vendor here: it would exhaust the stack of whatever reads it. */
const DEPTH_MAX = 1024;

/** The bytes as JSON; undefined when they are none. */
export function jsonIn(bytes: Uint8Array): Json | undefined {
  const json = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  if (deeperThan(json, DEPTH_MAX)) return undefined;
  try {
    return JSON.parse(json.toString()) as Json;
  } catch {
    return undefined;
  }
}
