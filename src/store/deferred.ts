import type { Caller } from '../model/caller.ts';
import type { Job, LineState } from '../model/job.ts';
import type { Money } from '../model/money.ts';
import { callerText } from './caller-text.ts';
import type { Database } from './database.ts';
import { costIn, type NewJob } from './jobs.ts';

/** No job of deferred calls gets more lines. */
const LINES_MAX = 10_000;

const FIND = `select id, expires_ms from job where owner = $1 and gather_ms > $2 and state = 'running' and dialect = $3 and operation = $4
  and coalesce(on_loss, '') = $5 and expires_ms <= $6 and expires_ms >= $7 and line_count < ${LINES_MAX} order by gather_ms limit 1`;
const OPEN = `insert into job (id, owner, caller, dialect, operation, via, on_loss, state, settings, created_ms, expires_ms, gather_ms, sync_ms)
  values ($1, $2, $3, $4, $5, $6, $7, 'running', '{}', $8, $9, $10, $11)`;

/** A job that a deferred call may join, and when its lines expire. */
export interface Gathering {
  readonly id: string;
  readonly expiresMs: number;
}

/** The job that calls like this one join now: one that answers no later, and not much sooner; else the one given. */
export const gatheringJob = (
  db: Database,
  {
    job,
    soonestMs,
  }: {
    readonly job: Omit<NewJob, 'settings'> & { readonly gatherMs: number; readonly syncMs: number };
    /** Jobs that expire before are not for it. */
    readonly soonestMs: number;
  },
): Promise<Gathering> =>
  db.transaction(async (within) => {
    const { id, caller, dialect, operation, via, onLoss = null, createdMs, expiresMs, gatherMs, syncMs } = job;
    const [found] = await within.all(FIND, [caller.key, createdMs, dialect, operation, onLoss ?? '', expiresMs, soonestMs]);
    if (found) return { id: found['id'] as string, expiresMs: Number(found['expires_ms']) };
    const who = JSON.stringify({ key: caller.key });
    await within.all(OPEN, [id, caller.key, who, dialect, operation, via, onLoss, createdMs, expiresMs, gatherMs, syncMs]);
    return { id, expiresMs };
  });

const COUNT = `update job set line_count = line_count + 1 where id = $1 and state = 'running' and gather_ms > $2 returning line_count`;
const LINE = "insert into job_line (job, line, custom_id, state, tries) values ($1, $2, $3, 'waiting', 0)";
const REQUEST = 'insert into job_request (job, line, body, caller) values ($1, $2, $3, $4)';
const HOOK = 'insert into job_hook (job, line, hook, due_ms, tries) values ($1, $2, $3, 0, 0)';

/** Adds a call to a job that still gathers; its place there, or undefined when it gathers no more. */
export const addDeferred = (
  db: Database,
  input: {
    readonly job: string;
    readonly caller: Caller;
    readonly body: string;
    /** Which webhook is told of its answer. */
    readonly hook?: string;
    readonly nowMs: number;
  },
): Promise<number | undefined> =>
  db.transaction(async (within) => {
    const [row] = await within.all(COUNT, [input.job, input.nowMs]);
    if (!row) return undefined;
    const line = Number(row['line_count']) - 1;
    await within.all(LINE, [input.job, line, String(line)]);
    await within.all(REQUEST, [input.job, line, input.body.replaceAll('\0', '�'), callerText(input.caller)]);
    if (input.hook !== undefined) await within.all(HOOK, [input.job, line, input.hook]);
    return line;
  });

/** A deferred call as it stands. */
export interface KeptCall {
  readonly dialect: Job['dialect'];
  readonly createdMs: number;
  readonly expiresMs: number;
  readonly state: LineState;
  /** What was answered; absent where nothing was. */
  readonly status?: number;
  readonly body?: string;
  readonly callId?: string;
  readonly cost?: Money | null;
  /** The request's body. */
  readonly asked: string;
}

const CALL = `select j.dialect, j.created_ms, j.expires_ms, l.state, l.status, l.call_id, l.cost, a.body, r.body as asked from job_line l
  join job j on j.id = l.job join job_request r on r.job = l.job and r.line = l.line left join job_answer a on a.job = l.job and a.line = l.line
  where l.job = $1 and l.line = $2 and j.gather_ms is not null and ($3 = '' or j.owner = $3)`;

/** A deferred call; undefined when there is none, or it is somebody else's. `owner` empty: whoever's it is. */
export async function deferredCall(
  db: Database,
  { job, line, owner }: { readonly job: string; readonly line: number; readonly owner: string },
): Promise<KeptCall | undefined> {
  const [row] = await db.all(CALL, [job, line, owner]);
  return (
    row && {
      dialect: row['dialect'] as Job['dialect'],
      createdMs: Number(row['created_ms']),
      expiresMs: Number(row['expires_ms']),
      state: row['state'] as LineState,
      ...(row['status'] !== null && { status: Number(row['status']) }),
      ...(row['body'] !== null && { body: row['body'] as string }),
      ...(row['call_id'] !== null && { callId: row['call_id'] as string, cost: costIn(row) }),
      asked: row['asked'] as string,
    }
  );
}

/** Somebody who is to be told of an answer. */
export interface Hook {
  readonly job: string;
  readonly line: number;
  readonly hook: string;
  /** How often it was tried before. */
  readonly tries: number;
}

const claim = (skipLocked: string) => `update job_hook set due_ms = $2, tries = tries + 1 where (job, line) in (
  select h.job, h.line from job_hook h join job_line l on l.job = h.job and l.line = h.line
  where h.due_ms <= $1 and l.state not in ('waiting', 'sent') order by h.due_ms limit 1 ${skipLocked}) returning *`;

/** One that is due, for `leaseMs`. */
export async function claimHook(
  db: Database,
  { nowMs, leaseMs }: { readonly nowMs: number; readonly leaseMs: number },
): Promise<Hook | undefined> {
  const [row] = await db.all(claim(db.words.skipLocked), [nowMs, nowMs + leaseMs]);
  return row && { job: row['job'] as string, line: Number(row['line']), hook: row['hook'] as string, tries: Number(row['tries']) - 1 };
}

const TOLD = 'delete from job_hook where job = $1 and line = $2';
const LATER = 'update job_hook set due_ms = $3 where job = $1 and line = $2';

/** It was told, or is given up; with `dueMs`, it is to be told then. */
export async function settleHook(
  db: Database,
  { job, line, dueMs }: { readonly job: string; readonly line: number; readonly dueMs?: number },
): Promise<void> {
  if (dueMs === undefined) await db.all(TOLD, [job, line]);
  else await db.all(LATER, [job, line, dueMs]);
}
