import { dialectOf } from '../dialects/registry.ts';
import { SEAL_TAG } from '../dialects/seal.ts';
import { sseText } from '../dialects/sse.ts';
import type { ModelFacts } from '../model/facts.ts';
import type { Failure } from '../model/failure.ts';
import type { CallerDialect, DialectName } from '../model/part.ts';
import { lineOf } from './canonical.ts';
import { translateCount } from './count.ts';
import { embed } from './embed.ts';
import type { Inbound, Lane } from './lane.ts';
import { relay } from './relay.ts';
import { translate } from './translate.ts';
import { leavingRoom } from './visible-max.ts';

/**
 * The dialect to ask a provider in: the caller's own wherever both the provider and the model take
 * this request in it, so that its bytes pass untouched; else the one that carries most.
 */
export function dialectFor(inbound: Inbound, spoken: readonly DialectName[], facts: ModelFacts): DialectName {
  const speaks = (name: CallerDialect): name is DialectName => spoken.some((one) => one === name);
  if (inbound.operation === 'embed') return spoken.find((name) => name !== 'anthropic-messages') ?? spoken[0]!;
  if (inbound.dialect === 'openai-chat' && speaks('openai-chat'))
    return speaks('openai-responses') && !takesOnChat(inbound, facts) ? 'openai-responses' : 'openai-chat';
  if (speaks(inbound.dialect)) return inbound.dialect;
  // Responses keeps the order of blocks and the sealed thoughts that Chat cannot; Chat has stop sequences.
  if (speaks('openai-responses') && !(speaks('openai-chat') && facts.stop && inbound.decode().sampling?.stop?.length))
    return 'openai-responses';
  return speaks('openai-chat') ? 'openai-chat' : spoken[0]!;
}

/** Whether the model takes this Chat request on Chat: GPT-5.6 and later refuse function tools there unless told not to reason. */
function takesOnChat({ head }: Inbound, { chat, toolsOnChat, effortDefault }: ModelFacts): boolean {
  if (!chat) return false;
  if (!head.hasTools || toolsOnChat === 'yes') return true;
  return toolsOnChat === 'effortNone' && (head.effort ?? effortDefault) === 'none';
}

/** The bytes that end a running stream with an error, where no answer has begun. */
export const failureEvent = (dialect: CallerDialect, failure: Failure): Buffer =>
  dialect === 'canonical' ? lineOf({ type: 'fail', failure }) : Buffer.from(sseText(dialectOf(dialect).frameFailure(failure, 0)));

/** The lane a request takes to a target of this dialect; `rewritten`: its answer is written anew also for a caller of the same. */
export function laneFor(inbound: Inbound, target: DialectName, rewritten = false): Lane {
  if (inbound.operation === 'embed') return embed;
  // A thought sealed by one vendor, sent back after the call has moved to the other, is a 400 there: such bytes are not relayed.
  const same = inbound.dialect === target && !rewritten && !inbound.body.includes(SEAL_TAG);
  if (inbound.operation === 'count') return same ? relay : translateCount;
  const lane = same ? relay : translate;
  return inbound.maxVisibleTokens === undefined ? lane : leavingRoom(lane);
}
