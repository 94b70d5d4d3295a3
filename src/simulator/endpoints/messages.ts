import { anthropicMessages } from '../../dialects/anthropic-messages/index.ts';
import { objectOf } from '../../model/json.ts';
import type { Extra, Part } from '../../model/part.ts';
import type { ModelReply } from '../../model/reply.ts';
import { markedCache } from '../cache.ts';
import { thoughtsOmitted } from '../reply/thinking.ts';
import { ANTHROPIC_RULES } from '../rules/anthropic.ts';
import { prefixOf, redactedThought, signThought } from '../seals.ts';
import { counting, type Format, generating, type Seen } from './generate.ts';
import { keepThread, threaded } from './threads.ts';

/** Words the vendor documents for provoking what is rare. */
const REDACT = 'ANTHROPIC_MAGIC_STRING_TRIGGER_REDACTED_THINKING_';
const REFUSE = 'ANTHROPIC_MAGIC_STRING_TRIGGER_REFUSAL_';

const format: Format = {
  dialect: anthropicMessages,
  rules: ANTHROPIC_RULES,
  unknownModel: (model) => ({ status: 404, type: 'not_found_error', message: `model: ${model}` }),
  tooLong: (tokens, most) => ({
    status: 400,
    type: 'invalid_request_error',
    message: `prompt is too long: ${tokens} tokens > ${most} maximum`,
  }),
  remembered: threaded,
  keep: keepThread,
  cached: (store, { wire, model, facts, context }, blocks) =>
    markedCache(
      store,
      blocks,
      {
        all: model,
        system: JSON.stringify(wire['speed'] ?? null),
        turns: JSON.stringify([wire['tool_choice'] ?? null, objectOf(wire['thinking'])['type'] ?? null]),
      },
      facts,
      context.nowMs,
    ),
  thought: (text, { request, model, wire, prompt }) => {
    if (prompt.text.includes(REDACT)) {
      return { type: 'reasoning', text: '', seal: { by: 'anthropic-messages', data: redactedThought(model, text), redacted: true } };
    }
    const delivered = thoughtsOmitted(request) ? '' : text;
    return { type: 'reasoning', text: delivered, seal: { by: 'anthropic-messages', data: signThought(model, delivered, prefixOf(wire)) } };
  },
  newCallId: ({ ids }) => ids.toolUse(),
  newReplyId: ({ ids }) => ids.message(),
  usage: { tier: 'standard' },
  lineUsage: { tier: 'batch' },
  dressed: (reply, seen) => refused(reply, seen),
  streamed: ([first, ...rest]) => [first!, 'event: ping\ndata: {"type": "ping"}\n\n', ...rest],
  streamHeaders: {},
  inStreamError: (kind) => {
    const error =
      kind === 'overloaded' ? { type: 'overloaded_error', message: 'Overloaded' } : { type: 'api_error', message: 'Internal server error' };
    return `event: error\ndata: ${JSON.stringify({ type: 'error', error })}\n\n`;
  },
};

/** `POST /v1/messages`. */
export const messages = generating(format);
/** `POST /v1/messages/count_tokens`. */
export const countTokens = counting(format);

/** A refusal ends the answer, with an explanation beside it that is no block of the message. */
function refused(reply: ModelReply, { prompt }: Seen): ModelReply {
  const isMagic = prompt.text.includes(REFUSE);
  const given: Part[] = isMagic ? [{ type: 'refusal', text: 'Refused, as the magic words asked.' }] : [...reply.parts];
  if (!given.some(({ type }) => type === 'refusal')) return reply;
  return {
    ...reply,
    parts: given.map((part) => (part.type === 'refusal' ? { ...part, extra: DETAILS } : part)),
    finish: { reason: 'refused', wire: 'refusal' },
  };
}

const DETAILS: Extra = { 'anthropic-messages': { details: { type: 'refusal', category: 'general_harms' } } };
