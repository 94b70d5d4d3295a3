import { isUtf8 } from 'node:buffer';
import type { Operation } from '../../lanes/lane.ts';
import type { Caller } from '../../model/caller.ts';
import type { DeferredCall } from '../../model/deferred.ts';
import { durationMs } from '../../model/duration.ts';
import { HeadgateError, invalid } from '../../model/failure.ts';
import type { DialectName } from '../../model/part.ts';
import type { Running } from '../../model/sink.ts';
import { optionsOf, textIn } from '../call-headers.ts';
import { callerOf } from '../caller.ts';
import type { NativeSink } from '../native-sink.ts';
import type { RequestHead } from '../rooms.ts';
import type { Once } from './once.ts';
import { type BatchDoors, type BatchRoute, type JsonAnswer, notThere } from './route.ts';
import { NO_LEDGER, told } from './told.ts';

const DEADLINE = 'x-headgate-deadline';
const DEADLINE_MS = 'x-headgate-deadline-ms';
const VISIBLE = 'x-headgate-max-visible-tokens';
/** Asked after a call that is not answered, a client should wait so long, in seconds. */
const RETRY_AFTER_S = 15;

/** Whether the answer may come later: the header says by when. */
export const isDeferred = ({ headers }: RequestHead): boolean => headers[DEADLINE] !== undefined;

/** Takes a call that may be answered later, and answers with its id. Throws `invalid`. */
export function defer(
  call: {
    readonly operation: Operation;
    readonly dialect: DialectName;
    readonly head: RequestHead;
    readonly caller: Caller;
    readonly body: Buffer;
  },
  sink: NativeSink,
  doors: BatchDoors | undefined,
  once: Once,
): Running {
  const { operation, dialect, body, head } = call;
  const { headers } = head;
  if (operation === 'count') invalid(`a count of tokens is not deferred: leave out ${DEADLINE}`, DEADLINE);
  if (headers['anthropic-beta'] !== undefined)
    invalid(`a call with anthropic-beta cannot be deferred: leave out ${DEADLINE}, or the beta`, 'anthropic-beta');
  // It is kept as text; what is answered at once goes on as the bytes it came in.
  if (!isUtf8(body)) invalid('the request body is not valid UTF-8');
  const { onLoss, priority = 'low' } = optionsOf(headers);
  if (priority !== 'low') notCarried('x-headgate-priority', 'it always has low priority');
  if (headers[DEADLINE_MS] !== undefined) notCarried(DEADLINE_MS, `${DEADLINE} is its only deadline`);
  if (headers[VISIBLE] !== undefined) notCarried(VISIBLE, 'limit the answer in the body');
  const windowMs = windowIn(String(headers[DEADLINE]));
  const webhook = textIn(headers, 'x-headgate-webhook');
  const terms = {
    caller: callerOf(call.caller, headers, {}),
    dialect,
    operation,
    windowMs,
    ...(onLoss !== undefined && { onLoss }),
    ...(webhook !== undefined && { webhook }),
  };
  if (!doors) {
    sink.refuse(NO_LEDGER);
    return { cancel() {} };
  }
  return told(sink, () =>
    once(call, async () => {
      const taken = await doors.deferrals.add(terms, body.toString());
      if ('kind' in taken) throw new HeadgateError(taken);
      return pending(taken);
    }),
  );
}

/** Options that would be forgotten on the way are refused: the caller is to know. */
function notCarried(option: string, why: string): never {
  invalid(`a deferred call does not carry ${option}: leave it out, ${why}`, option);
}

function windowIn(written: string): number {
  const ms = durationMs(written.trim());
  if (ms === undefined)
    invalid(`${DEADLINE} must be a duration with its unit, such as "6h" or "90m", got "${written.slice(0, 40)}"`, DEADLINE);
  return ms;
}

const pending = (call: DeferredCall): JsonAnswer => ({
  status: 202,
  headers: { location: `/v1/deferred/${call.id}`, 'retry-after': String(RETRY_AFTER_S) },
  json: {
    id: call.id,
    object: 'deferred_call',
    status: call.state,
    created_at: Math.floor(call.createdMs / 1000),
    deadline: Math.floor(call.deadlineMs / 1000),
  },
});

export const deferredCalls: readonly BatchRoute[] = [
  {
    method: 'GET',
    path: '/deferred/{id}',
    async run({ deferrals, id, caller }) {
      const call = await deferrals.get(id, caller.key);
      if (!call) notThere('deferred call', id);
      if (!call.answer) return pending(call);
      return {
        status: call.answer.status,
        headers: call.callId === undefined ? {} : { 'x-headgate-call-id': call.callId },
        json: call.answer.body,
      };
    },
  },
];
