import type { ModelFacts } from '../model/facts.ts';
import { canonicalInbound } from './canonical.ts';
import { inboundOf } from './inbound.ts';
import type { Inbound } from './lane.ts';
import { splice } from './scan.ts';

/** The request with its answer limited to so many tokens, where its caller names no limit. Messages always does. */
export function withOutputMax(inbound: Inbound, tokens: number, vendor: ModelFacts['vendor']): Inbound {
  const { operation, dialect, headers, body, head } = inbound;
  if (operation !== 'generate' || dialect === 'anthropic-messages' || head.maxOutputTokens !== undefined) return inbound;
  if (dialect === 'canonical') return canonicalInbound({ ...inbound.decode(), maxOutputTokens: tokens }, inbound.providerOptions);
  // OpenAI's reasoning models refuse Chat's older name, many compatible servers know no other.
  const field = dialect === 'openai-responses' ? 'max_output_tokens' : vendor === 'openai' ? 'max_completion_tokens' : 'max_tokens';
  const afterBrace = body.indexOf('{') + 1;
  return inboundOf(operation, dialect, headers, splice(body, [{ span: [afterBrace, afterBrace], with: `"${field}":${tokens},` }]));
}
