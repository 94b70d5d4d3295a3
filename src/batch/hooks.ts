import type { Hook } from '../store/deferred.ts';
import { callOf, idOf } from './deferrals.ts';
import type { BatchRooms } from './rooms.ts';

/** Somebody else takes over whom to tell when nothing was heard for so long. */
const LEASE_MS = 60_000;
/** A webhook that could not be told is told again so much later, ever later. */
const AGAIN_MS = 30_000;
const AGAIN_MS_MAX = 3_600_000;
/** About a day. */
const TRIES = 30;

/** Tells webhooks of deferred calls that have their outcome. */
export async function tellHooks(rooms: Pick<BatchRooms, 'world' | 'ask' | 'hooks' | 'tell'>, stopped: () => boolean): Promise<void> {
  const { ask, world } = rooms;
  while (!stopped()) {
    const due = await ask('claimHook', { nowMs: world.now(), leaseMs: LEASE_MS });
    if (!due) return;
    await tell(due, rooms);
  }
}

async function tell({ job, line, hook, tries }: Hook, { world, ask, hooks, tell: notice }: Parameters<typeof tellHooks>[0]): Promise<void> {
  const kept = await ask('deferredCall', { job, line, owner: '' });
  const id = idOf(job, line);
  if (!kept || (await hooks.tell(hook, callOf(id, kept)))) return ask('settleHook', { job, line });
  if (tries + 1 < TRIES) {
    const inMs = Math.min(AGAIN_MS_MAX, AGAIN_MS * 2 ** Math.min(tries, 10)) * (1 + world.random() / 2);
    return ask('settleHook', { job, line, dueMs: Math.round(world.now() + inMs) });
  }
  notice('failing', `the webhook "${hook}" could not be told of ${id} in ${TRIES} tries: its answer is still there to be fetched`);
  await ask('settleHook', { job, line });
}
