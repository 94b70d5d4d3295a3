import { type Failure, HeadgateError } from '../../model/failure.ts';
import { isObject, type Json, type JsonObject } from '../../model/json.ts';
import type { Encoded } from '../../model/loss.ts';
import type { ModelReply } from '../../model/reply.ts';
import type { Asked } from '../dialect.ts';
import { Losses, type Nothing, report } from '../losses.ts';
import { take } from '../take.ts';
import { ANSWER_IMPACTS, encodeAnswerPart } from './answer-blocks.ts';
import { decodeParts } from './decode-parts.ts';
import { failureOfError, isError } from './failure.ts';
import { decodeFinish, decodeStopDetails, encodeFinish, encodeStopDetails } from './finish.ts';
import { extraOf, listed, NAME, ownExtra } from './name.ts';
import { decodeUsage, encodeUsage, unsaidUsage } from './usage.ts';

/** A whole message. Throws what an error in its place means, and `broken` when it is neither. */
export function decodeReply(wire: Json): ModelReply {
  if (isError(wire)) throw new HeadgateError(failureOfError(wire));
  if (!isObject(wire)) throw new HeadgateError({ kind: 'broken', message: 'the answer is no Messages message: it is no JSON object' });
  try {
    return decodeMessage(wire);
  } catch (error) {
    // `take` speaks to a caller who wrote the wire; here a provider did.
    if (error instanceof HeadgateError) throw new HeadgateError(brokenBy(error.failure), { cause: error });
    throw error;
  }
}

/** The provider's answer is not of the format. */
export const brokenBy = ({ message }: Failure): Failure => ({ kind: 'broken', message: `the answer is no Messages message: ${message}` });

function decodeMessage(wire: Json): ModelReply {
  const message = take(wire, '');
  message.oneOf('type', ['message']);
  message.leave('role');
  const usage = message.maybeObject('usage');
  const details = decodeStopDetails(message.maybe('stop_details'));
  const parts = decodeParts(message.list('content'), 'content');
  const head = {
    id: message.string('id'),
    model: message.string('model'),
    parts: [...parts, ...listed(details.part)],
    finish: decodeFinish(message.maybe('stop_reason'), message.maybe('stop_sequence')),
  };
  const decoded = usage && decodeUsage(usage);
  const unsaid = decoded ? unsaidUsage(usage, decoded) : {};
  return {
    ...head,
    ...(decoded && { usage: decoded }),
    ...extraOf({ ...restOf(message.rest(NAME).extra), ...details.kept, ...(Object.keys(unsaid).length > 0 && { usage: unsaid }) }),
  };
}

/** Fields of a message beyond those read; its nulls mean nothing. */
export const restOf = (extra: ModelReply['extra']): JsonObject =>
  Object.fromEntries(Object.entries(ownExtra(extra)).filter(([, value]) => value !== null));

/** A whole message, every key of the SDK's `Message` present. */
export function encodeReply(reply: ModelReply, asked: Asked): Encoded<JsonObject> {
  const { id, model, createdS, parts, finish, usage, extra, ...unseen } = reply;
  unseen satisfies Nothing;
  const losses = new Losses(NAME);
  const refusals = parts.filter((part) => part.type === 'refusal');
  const content = parts.flatMap((part, i) => listed(encodeAnswerPart(part, `parts[${i}]`, losses)));
  if (createdS !== undefined) losses.dropped('createdS', createdS, 'none', 'Messages does not date its answers');
  const { usage: unsaid, ...own } = losses.extra('', extra, ANSWER_IMPACTS);
  const wire = {
    id: messageId(id),
    type: 'message',
    role: 'assistant',
    model,
    content,
    ...encodeFinish(finish, encodeStopDetails(refusals), losses),
    container: null,
    diagnostics: null,
    usage: { ...encodeUsage(usage), ...(isObject(unsaid) && unsaid) },
    ...own,
  };
  return { wire: { ...wire, ...report([...asked.losses, ...losses.list]) }, losses: losses.list };
}

/** Clients tell messages by their prefix. */
export const messageId = (id: string): string => (id.startsWith('msg_') ? id : `msg_${id || 'unknown'}`);
