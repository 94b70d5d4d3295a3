import type { Chunk } from '../store/chunks.ts';
import { DatabaseError } from '../store/database.ts';
import type { KeptJob } from '../store/jobs.ts';
import { carry, LostClaim } from './carry.ts';
import { linesOf } from './exchange.ts';
import { tellHooks } from './hooks.ts';
import { newName } from './name.ts';
import type { BatchRooms } from './rooms.ts';
import { shareOut } from './share-out.ts';

/** Looks after jobs until each line has its outcome. Any number of processes may, each chunk being looked after by one at a time. */
export interface Worker {
  /** There is something to do. */
  wake(): void;
  /** Begins nothing more; resolves once nothing is under way. What is half done is gone on with by the next process. */
  stop(): Promise<void>;
}

export type WorkerRooms = Omit<BatchRooms, 'keep' | 'lines' | 'turn'>;

/** Until the next look: where lines wait again, where something is due, and at most, as another process may have taken a job over. */
const LOOK_MS = 1000;
const SOON_MS = 50;
const IDLE_MS = 30_000;
const JOBS_MOST = 100;
/** Chunks looked after at once; of one provider fewer, so that one which does not answer holds up no other. */
const AT_ONCE = 16;
const AT_ONCE_EACH = 4;
const LEASE_MS = 60_000;
const SWEEP_MS = 3_600_000;
/** An open job whose maker died is forgotten after so long. */
const OPEN_MS = 86_400_000;

export function startWorker(rooms: WorkerRooms, { keepMs }: { readonly keepMs: number }): Worker {
  const { world, ask } = rooms;
  const holder = newName('worker_', world);
  let stopped = false;
  let looking: Promise<void> | undefined;
  let again = false;
  let callOff = () => {};
  let sweptMs = Number.NEGATIVE_INFINITY;
  let failing = false;
  const carriers = new Set<Promise<void>>();
  /** Chunks under way of each provider; of nobody's (`''`) those asked one by one. */
  const busy = new Map<string, number>();

  const own: BatchRooms = {
    ...rooms,
    keep: (chunk) => ask('saveChunk', { chunk, holder, dueMs: world.now(), leaseMs: world.now() + LEASE_MS }),
    lines: (request) => linesOf(rooms.network, request),
    turn: inTurn(),
  };

  /** Does what there is to do; returns when to look again, in milliseconds. */
  async function look(): Promise<number> {
    for (const job of await toTend()) {
      if (job.counts.waiting === 0) continue;
      if (world.now() >= job.expiresMs) await ask('expireLines', { job: job.id });
      else if (job.state === 'running') await shareOut(job, own);
    }
    for (let chunk = await claim(); chunk; chunk = await claim()) enlist(chunk);
    let resent = false;
    for (const job of await toTend()) resent = (await end(job)) || resent;
    await tellHooks(own, () => stopped);
    await sweep();
    if (resent) return LOOK_MS;
    const inMs = await untilNext();
    // Whoever is under way wakes us when done.
    return carriers.size > 0 ? Math.max(LOOK_MS, inMs) : inMs;
  }

  const toTend = () => ask('jobsToTend', { nowMs: world.now(), most: JOBS_MOST });

  async function untilNext(): Promise<number> {
    const nowMs = world.now();
    const moments = [await ask('soonestChunk', {}), await ask('nextMoment', { nowMs })].filter((atMs) => atMs !== undefined);
    return Math.min(IDLE_MS, Math.max(SOON_MS, Math.min(...moments) - nowMs));
  }

  /** A chunk that is due, of a provider with room for it. */
  async function claim(): Promise<Chunk | undefined> {
    if (stopped || carriers.size >= AT_ONCE) return undefined;
    const full = [...busy].flatMap(([provider, count]) => (count >= AT_ONCE_EACH ? [provider] : []));
    return ask('claimChunk', { holder, nowMs: world.now(), leaseMs: LEASE_MS, but: full });
  }

  /** Looks after a chunk beside what else is done. */
  function enlist(chunk: Chunk): void {
    const { provider } = chunk;
    busy.set(provider, (busy.get(provider) ?? 0) + 1);
    const carrier = tend(chunk)
      .catch((error: unknown) => void fail(error))
      .finally(() => {
        busy.set(provider, busy.get(provider)! - 1);
        carriers.delete(carrier);
        run();
      });
    carriers.add(carrier);
  }

  async function tend(chunk: Chunk): Promise<void> {
    const job = await ask('jobOf', { id: chunk.job, owner: '' });
    if (!job) return;
    const renewal = renewing();
    try {
      const { chunk: next, inMs } = await carry(chunk, job, own);
      await ask('saveChunk', { chunk: next, holder, dueMs: inMs === 0 ? world.now() : dueMs(job, Math.ceil(inMs)), leaseMs: 0 });
    } catch (error) {
      if (!(error instanceof LostClaim)) throw error;
    } finally {
      renewal();
    }
  }

  /** In so many milliseconds, or when something else is to be done with the job's lines. */
  function dueMs({ syncMs = 0, expiresMs }: KeptJob, inMs: number): number {
    const nowMs = world.now();
    return Math.min(nowMs + inMs, ...[syncMs, expiresMs].filter((atMs) => atMs > nowMs));
  }

  /** Says now and then that a chunk is still looked after, until called off. */
  function renewing(): () => void {
    let off = world.after(LEASE_MS / 3, renew, 'upkeep');
    function renew() {
      ask('renewChunks', { holder, untilMs: world.now() + LEASE_MS }).catch(() => {});
      off = world.after(LEASE_MS / 3, renew, 'upkeep');
    }
    return () => off();
  }

  /** Ends a job whose lines all have their outcome; says whether some wait to be sent again. */
  async function end({ id, counts }: KeptJob): Promise<boolean> {
    if (counts.waiting + counts.sent > 0) return counts.waiting > 0;
    // What its rows charge is taken from what is set aside, as long as that is there.
    await rooms.flush();
    await ask('endJob', { id, holder: rooms.funds.holderOf(id), nowMs: world.now() });
    return false;
  }

  async function sweep(): Promise<void> {
    const nowMs = world.now();
    if (nowMs - sweptMs < SWEEP_MS) return;
    sweptMs = nowMs;
    await ask('sweepJobs', { endedBeforeMs: nowMs - keepMs, openBeforeMs: nowMs - OPEN_MS });
    await ask('sweepFiles', { nowMs });
  }

  function run(): void {
    callOff();
    if (stopped || looking) {
      again = true;
      return;
    }
    again = false;
    looking = look()
      .then((inMs) => {
        if (failing) rooms.tell('recovered', 'jobs are looked after again');
        failing = false;
        return inMs;
      }, fail)
      .then((inMs) => {
        looking = undefined;
        if (!stopped) callOff = world.after(again ? 0 : inMs, run, 'upkeep');
      });
  }

  /** Says once that jobs cannot be looked after; returns when to try again, in milliseconds. */
  function fail(error: unknown): number {
    if (!failing) rooms.tell('failing', `jobs cannot be looked after: ${error instanceof Error ? error.message : String(error)}`);
    failing = true;
    return error instanceof DatabaseError ? IDLE_MS / 3 : IDLE_MS;
  }

  run();
  return {
    wake: run,
    async stop() {
      stopped = true;
      callOff();
      await looking;
      await Promise.all(carriers);
    },
  };
}

function inTurn(): BatchRooms['turn'] {
  const before = new Map<string, Promise<unknown>>();
  return (provider, work) => {
    const done = (before.get(provider) ?? Promise.resolve()).then(work);
    before.set(
      provider,
      done.catch(() => {}),
    );
    return done;
  };
}
