import { thinkingShare } from '../dialects/anthropic-messages/thinking.ts';
import type { ModelFacts } from '../model/facts.ts';
import type { Loss } from '../model/loss.ts';
import type { Reasoning } from '../model/request.ts';
import { canonicalInbound } from './canonical.ts';
import { inboundOf } from './inbound.ts';
import type { Inbound, Lane } from './lane.ts';
import { splice } from './scan.ts';

/** The lane for a call whose caller says how much of the answer must be left to see, whatever the model reasons. */
export const leavingRoom =
  (lane: Lane): Lane =>
  (inbound, way) => {
    const { inbound: asked, losses } = withRoom(inbound, way.facts);
    return lane(asked, losses.length === 0 ? way : { ...way, losses });
  };

/** The request with the limit this model needs for it: what is to be seen and what reasoning may take, within what the model can write. */
export function withRoom(inbound: Inbound, facts: ModelFacts): { readonly inbound: Inbound; readonly losses: readonly Loss[] } {
  const { maxVisibleTokens: visible } = inbound;
  if (visible === undefined) return { inbound, losses: [] };
  const { reasoning } = inbound.decode();
  const thoughts = reasoningRoom(reasoning, visible, facts);
  const { outputTokensMax: most = OUTPUT_TOKENS_UNKNOWN } = facts;
  const sent = Math.min(visible + thoughts, most);
  return { inbound: limitedTo(sent, inbound, facts.vendor), losses: lossesOf(visible, thoughts, most) };
}

/** A model nobody knows is not asked for more than the longest of those we know. */
const OUTPUT_TOKENS_UNKNOWN = 128_000;

/**
 * Tokens that reasoning may take at each effort: our own allowance, no vendor names one. It is a limit and not a
 * target, so that too much costs nothing but what budgets set aside. `max` may take all that is left.
 */
const ROOM: Readonly<Record<string, number>> = {
  none: 0,
  minimal: 1024,
  low: 4096,
  medium: 16_384,
  high: 32_768,
  xhigh: 65_536,
  max: Number.POSITIVE_INFINITY,
};

/** Fewer tokens of thinking are a 400 at Anthropic. */
const BUDGET_MIN = 1024;

/** What the reasoning of this request may take at this model. An effort nobody knows is taken for `high`. */
function reasoningRoom(reasoning: Reasoning = {}, visible: number, facts: ModelFacts): number {
  const { mode, budgetTokens, effort } = reasoning;
  if (!facts.reasons) return 0;
  if (budgetTokens !== undefined && mode === 'budget') return budgetTokens;
  const word =
    mode === 'off' ? 'none' : (effort ?? (reasonsUnasked(facts) || mode !== undefined ? (facts.effortDefault ?? 'high') : 'none'));
  if (word === 'none') return silences(facts) ? 0 : ROOM['low']!;
  if (!facts.thinking.includes('enabled') || facts.thinking.includes('adaptive')) return ROOM[word] ?? ROOM['high']!;
  // Thinking by a budget gets a share of the whole answer.
  const share = thinkingShare(word);
  return Math.max(BUDGET_MIN, Math.ceil((visible * share) / (1 - share)));
}

/** OpenAI's models do, at their own effort; of Anthropic's the newest, which take no sampling either. */
const reasonsUnasked = ({ vendor, sampling }: ModelFacts) => vendor === 'openai' || sampling === 'no';

/** Whether reasoning can be switched off. Where it cannot, the weakest effort is sent. */
const silences = ({ efforts, thinking }: ModelFacts) => efforts.includes('none') || thinking.includes('disabled');

function lossesOf(visible: number, thoughts: number, most: number): Loss[] {
  const loss = { path: 'maxVisibleTokens', value: visible, kind: 'changed' } as const;
  if (visible > most) return [{ ...loss, impact: 'content', note: `the model writes at most ${most} tokens` }];
  if (visible + thoughts <= most || thoughts === Number.POSITIVE_INFINITY) return [];
  const note = `the model writes at most ${most} tokens, of which reasoning may need ${thoughts}: ${Math.max(0, most - thoughts)} may be left to see`;
  return [{ ...loss, impact: 'behavior', note }];
}

const LIMITS = ['max_tokens', 'max_completion_tokens', 'max_output_tokens'] as const;

/** The request with this limit in the place of its own, and of room for what is to be seen. */
export function limitedTo(tokens: number, inbound: Inbound, vendor: ModelFacts['vendor']): Inbound {
  const { operation, dialect, headers, body, head, providerOptions } = inbound;
  if (dialect === 'canonical') return canonicalInbound({ ...inbound.decode(), maxOutputTokens: tokens }, providerOptions);
  const edits = LIMITS.flatMap((field) => (head.spans[field] ? [{ span: head.spans[field], with: String(tokens) }] : []));
  if (edits.length > 0) return inboundOf(operation, dialect, headers, splice(body, edits));
  const afterBrace = body.indexOf('{') + 1;
  const field = { 'openai-responses': 'max_output_tokens', 'anthropic-messages': 'max_tokens', 'openai-chat': chatField(vendor) }[dialect];
  return inboundOf(operation, dialect, headers, splice(body, [{ span: [afterBrace, afterBrace], with: `"${field}":${tokens},` }]));
}

/** OpenAI's reasoning models refuse Chat's older name, many compatible servers know no other. */
export const chatField = (vendor: ModelFacts['vendor']): string => (vendor === 'openai' ? 'max_completion_tokens' : 'max_tokens');
