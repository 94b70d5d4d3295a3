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
/** Chunks looked after at once. */
const AT_ONCE = 4;
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
    // Chunks that come due meanwhile wait for the next look: a new job is not to wait until none is due.
    const dueMs = world.now();
    await Promise.all(Array.from({ length: AT_ONCE }, () => carryAll(dueMs)));
    let busy = false;
    for (const job of await toTend()) busy = (await end(job)) || busy;
    await tellHooks(own, () => stopped);
    await sweep();
    return busy ? LOOK_MS : untilNext();
  }

  const toTend = () => ask('jobsToTend', { nowMs: world.now(), most: JOBS_MOST });

  async function untilNext(): Promise<number> {
    const nowMs = world.now();
    const moments = [await ask('soonestChunk', {}), await ask('nextMoment', { nowMs })].filter((atMs) => atMs !== undefined);
    return Math.min(IDLE_MS, Math.max(SOON_MS, Math.min(...moments) - nowMs));
  }

  /** Looks after chunks that were due by then, one after another, until none is. */
  async function carryAll(dueBeforeMs: number): Promise<void> {
    while (!stopped) {
      const chunk = await ask('claimChunk', { holder, nowMs: world.now(), dueMs: dueBeforeMs, leaseMs: LEASE_MS });
      if (!chunk) return;
      const job = await ask('jobOf', { id: chunk.job, owner: '' });
      if (!job) continue;
      const renewal = renewing();
      try {
        const { chunk: next, inMs } = await carry(chunk, job, own);
        await ask('saveChunk', { chunk: next, holder, dueMs: inMs === 0 ? dueBeforeMs : dueMs(job, Math.ceil(inMs)), leaseMs: 0 });
      } catch (error) {
        if (!(error instanceof LostClaim)) throw error;
      } finally {
        renewal();
      }
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
      .then(
        (inMs) => {
          if (failing) rooms.tell('recovered', 'jobs are looked after again');
          failing = false;
          return inMs;
        },
        (error: unknown) => {
          if (!failing) rooms.tell('failing', `jobs cannot be looked after: ${error instanceof Error ? error.message : String(error)}`);
          failing = true;
          return error instanceof DatabaseError ? IDLE_MS / 3 : IDLE_MS;
        },
      )
      .then((inMs) => {
        looking = undefined;
        if (!stopped) callOff = world.after(again ? 0 : inMs, run, 'upkeep');
      });
  }

  run();
  return {
    wake: run,
    async stop() {
      stopped = true;
      callOff();
      await looking;
    },
  };
}

function inTurn(): BatchRooms['turn'] {
  let before: Promise<unknown> = Promise.resolve();
  return (work) => {
    const done = before.then(work);
    before = done.catch(() => {});
    return done;
  };
}
