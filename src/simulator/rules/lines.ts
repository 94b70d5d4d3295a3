import type { JsonObject } from '../../model/json.ts';
import type { Vendor } from '../vendor.ts';
import { badRequest as anthropic } from './anthropic-refusal.ts';
import { badRequest as openai } from './openai-refusal.ts';
import { given, type Refusal } from './rule.ts';

/** What a vendor has against a line of a batch that it would take by itself (§4.5 of the protocol notes). */
export function lineRefusal(vendor: Vendor, wire: JsonObject): Refusal | undefined {
  if (wire['stream'] === true) {
    const message = 'Streaming is not supported in batches.';
    return vendor === 'openai' ? openai(message, 'stream', 'unsupported_parameter') : anthropic(`stream: ${message}`);
  }
  if (vendor === 'openai') return undefined;
  if (wire['max_tokens'] === 0) return anthropic('max_tokens: Input should be greater than or equal to 1');
  const field = ['fallbacks', 'thread'].find((name) => given(wire[name]));
  return field === undefined ? undefined : anthropic(`${field}: Extra inputs are not permitted`);
}
