import type { ModelFacts } from '../model/facts.ts';
import { canonicalInbound } from './canonical.ts';
import { inboundOf } from './inbound.ts';
import type { Inbound } from './lane.ts';
import { splice } from './scan.ts';
import { chatField } from './visible-max.ts';

/** The request with its answer limited to so many tokens, where its caller names no limit. Messages always does. */
export function withOutputMax(inbound: Inbound, tokens: number, vendor: ModelFacts['vendor']): Inbound {
  const { operation, dialect, headers, body, head } = inbound;
  if (operation !== 'generate' || dialect === 'anthropic-messages' || head.maxOutputTokens !== undefined) return inbound;
  if (inbound.maxVisibleTokens !== undefined) return inbound;
  if (dialect === 'canonical') return canonicalInbound({ ...inbound.decode(), maxOutputTokens: tokens }, inbound.providerOptions);
  const field = dialect === 'openai-responses' ? 'max_output_tokens' : chatField(vendor);
  const afterBrace = body.indexOf('{') + 1;
  return inboundOf(operation, dialect, headers, splice(body, [{ span: [afterBrace, afterBrace], with: `"${field}":${tokens},` }]));
}
