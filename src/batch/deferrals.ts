import { DEFER_MS_MAX, DEFER_MS_MIN, type Deferrals, type DeferredCall, type DeferTerms } from '../model/deferred.ts';
import { type Failure, failureOf, HeadgateError } from '../model/failure.ts';
import type { KeptCall } from '../store/deferred.ts';
import { errorIn } from './answer.ts';
import { askingOf, encodeLine, ownerOf } from './line.ts';
import { newName } from './name.ts';
import type { BatchRooms } from './rooms.ts';

/** Calls are put together for this share of their time, and no longer than `GATHER_MS_MAX`: a provider limits how many batches it takes. */
const GATHER_SHARE = 1 / 60;
const GATHER_MS_MAX = 300_000;
/** At the end of its time a call is asked like any other; a provider may take 10 minutes to give a batch up. */
const SYNC_SHARE = 1 / 4;
const SYNC_MS_MAX = 20 * 60_000;
/** A call joins others whose time is at least this share of its own. */
const JOIN_SHARE = 3 / 4;

/** Deferred calls on the store; `wake` is called when there is something to look after. */
export function createDeferrals(rooms: Pick<BatchRooms, 'world' | 'ask' | 'place' | 'funds' | 'hooks'>, wake: () => void): Deferrals {
  const { ask, world, funds } = rooms;

  /** What the call may take there. Throws a `HeadgateError` where it cannot be asked. */
  function check(terms: DeferTerms, body: string) {
    const { windowMs, webhook } = terms;
    if (!(windowMs >= DEFER_MS_MIN && windowMs <= DEFER_MS_MAX))
      refuse({ kind: 'invalid', message: 'the deadline must be from 1m to 7d away, such as "6h"', param: 'x-headgate-deadline' });
    if (webhook !== undefined && !rooms.hooks.names().includes(webhook))
      refuse({
        kind: 'invalid',
        message: `there is no webhook "${webhook.slice(0, 80)}": name one of the configuration's webhooks`,
        param: 'x-headgate-webhook',
      });
    const asking = askingOf(terms, { body });
    const place = rooms.place(asking);
    if ('kind' in place) refuse(place);
    encodeLine(asking.inbound, place, world.now());
    const line = funds.line(asking, place, place.batch ? 'batch' : 'sync', world.now());
    if ('kind' in line) refuse(line);
    // What is asked like any other call is reserved then.
    return { caller: asking.caller, wants: place.batch ? line.wants.filter(({ soft }) => !soft) : [] };
  }

  async function add(terms: DeferTerms, body: string): Promise<DeferredCall | Failure> {
    const owner = ownerOf(terms.caller);
    const { dialect, operation, onLoss, windowMs, webhook } = terms;
    let checked: ReturnType<typeof check>;
    try {
      checked = check(terms, body);
    } catch (error) {
      if (error instanceof HeadgateError) return failureOf(error);
      throw error;
    }
    for (;;) {
      const nowMs = world.now();
      const expiresMs = nowMs + windowMs;
      const job = await ask('gatheringJob', {
        job: {
          id: newName('batch_', world),
          caller: owner,
          dialect,
          operation,
          via: 'batch',
          ...(onLoss !== undefined && { onLoss }),
          createdMs: nowMs,
          expiresMs,
          gatherMs: Math.round(nowMs + Math.min(GATHER_MS_MAX, windowMs * GATHER_SHARE)),
          syncMs: Math.round(expiresMs - Math.min(SYNC_MS_MAX, windowMs * SYNC_SHARE)),
        },
        soonestMs: Math.round(nowMs + windowMs * JOIN_SHARE),
      });
      const short = await funds.hold(job.id, checked.wants, job.expiresMs);
      if (short) return short;
      const line = await ask('addDeferred', {
        job: job.id,
        caller: owner,
        body,
        ...(webhook !== undefined && { hook: webhook }),
        nowMs: world.now(),
      });
      // The job gathers no more: what was set aside there is let go of when it ends.
      if (line === undefined) continue;
      wake();
      return { id: idOf(job.id, line), state: 'waiting', createdMs: nowMs, deadlineMs: job.expiresMs, asked: body };
    }
  }

  return {
    add,
    async get(id, owner = '') {
      const [, job, line] = /^deferred_([0-9a-f]{32})_(\d{1,9})$/.exec(id) ?? [];
      if (job === undefined) return undefined;
      const kept = await ask('deferredCall', { job: `batch_${job}`, line: Number(line), owner });
      return kept && callOf(id, kept);
    },
  };
}

/** By which name a line of such a job is known. */
export const idOf = (job: string, line: number): string => `deferred_${job.slice('batch_'.length)}_${line}`;

/** A call as it stands, what was not answered in words of its format. */
export function callOf(id: string, { dialect, expiresMs, status, body, ...kept }: KeptCall): DeferredCall {
  const call = { ...kept, id, deadlineMs: expiresMs };
  if (status !== undefined && body !== undefined) return { ...call, answer: { status, body } };
  if (kept.state === 'waiting' || kept.state === 'sent') return call;
  return { ...call, answer: errorIn({ dialect }, { kind: 'slow', message: `the call ${id} had no answer by its deadline` }) };
}

function refuse(failure: Failure): never {
  throw new HeadgateError(failure);
}
