import type { Caller } from '../model/caller.ts';
import { type Job, type JobQuery, LINE_STATES, type LineOutcome, type LineResult } from '../model/job.ts';
import type { JsonObject } from '../model/json.ts';
import type { Money } from '../model/money.ts';
import { callerFrom, callerText } from './caller-text.ts';
import type { Database, Insert, Row } from './database.ts';

/** A job as the store has it: what the model says, and how its lines are asked. */
export interface KeptJob extends Job {
  readonly via: 'batch' | 'sync';
  readonly onLoss?: string;
  /** Until then lines may join it, and none is sent; absent: it was made whole. */
  readonly gatherMs?: number;
  /** From then on its lines are asked one by one, whatever a provider still has of them. */
  readonly syncMs?: number;
}

export type NewJob = Pick<KeptJob, 'id' | 'caller' | 'dialect' | 'operation' | 'via' | 'onLoss' | 'settings' | 'createdMs' | 'expiresMs'>;

const ADD = `insert into job (id, owner, caller, dialect, operation, via, on_loss, state, settings, created_ms, expires_ms)
  values ($1, $2, $3, $4, $5, $6, $7, 'open', $8, $9, $10)`;

/** Opens a job that nobody hears of until it is started. */
export async function addJob(db: Database, job: NewJob): Promise<void> {
  const { id, caller, dialect, operation, via, onLoss = null, settings, createdMs, expiresMs } = job;
  const who = callerText(caller);
  await db.all(ADD, [id, caller.key, who, dialect, operation, via, onLoss, JSON.stringify(settings), createdMs, expiresMs]);
}

const LINE: Insert = {
  table: 'job_line',
  columns: { job: 'text', line: 'bigint', custom_id: 'text', state: 'text', tries: 'bigint', status: 'bigint' },
  key: ['job', 'line'],
  conflict: 'keep',
};
const REQUEST: Insert = {
  table: 'job_request',
  columns: { job: 'text', line: 'bigint', body: 'text', caller: 'text' },
  key: ['job', 'line'],
  conflict: 'keep',
};
/** Where answers are kept. */
export const ANSWER: Insert = {
  table: 'job_answer',
  columns: { job: 'text', line: 'bigint', body: 'text' },
  key: ['job', 'line'],
  conflict: 'keep',
};

/** A line as it is added: with what is wrong with it, where it cannot be asked. */
export interface AddedLine {
  readonly line: number;
  readonly customId: string;
  readonly body: string;
  readonly caller?: Caller;
  readonly error?: { readonly status: number; readonly body: string };
}

/** Adds lines to an open job. */
export const addLines = (db: Database, { job, lines }: { readonly job: string; readonly lines: readonly AddedLine[] }): Promise<void> =>
  db.transaction(async (within) => {
    await within.insert(
      LINE,
      lines.map(({ line, customId, error }) => [job, line, clean(customId), error ? 'errored' : 'waiting', 0, error?.status ?? null]),
    );
    await within.insert(
      REQUEST,
      lines.map(({ line, body, caller }) => [job, line, clean(body), caller ? callerText(caller) : null]),
    );
    await within.insert(
      ANSWER,
      lines.flatMap(({ line, error }) => (error ? [[job, line, clean(error.body)]] : [])),
    );
  });

// PostgreSQL's text holds no NUL.
const clean = (text: string) => text.replaceAll('\0', '�');

const START = "update job set state = 'running' where id = $1 and state = 'open'";

/** From now on the job is there. */
export async function startJob(db: Database, { id }: { readonly id: string }): Promise<void> {
  await db.all(START, [id]);
}

const FORGET = [
  'delete from job_hook where job = $1',
  'delete from job_answer where job = $1',
  'delete from job_request where job = $1',
  'delete from job_line where job = $1',
  'delete from job_chunk where job = $1',
];
const DROP = "delete from job where id = $1 and state in ('open', 'ended') returning id";

/** Forgets a job that was never started, or has ended; says whether there was one. */
export const dropJob = (db: Database, { id }: { readonly id: string }): Promise<boolean> =>
  db.transaction(async (within) => {
    const gone = await within.all(DROP, [id]);
    if (gone.length > 0) for (const sql of FORGET) await within.all(sql, [id]);
    return gone.length > 0;
  });

const COUNT = `select state, count(*) as lines, cast(coalesce(sum(cost), 0) as bigint) as cost, cast(coalesce(sum(sync_cost), 0) as bigint) as sync_cost
  from job_line where job = $1 group by state`;

async function withCounts(db: Database, row: Row): Promise<KeptJob> {
  const counts = Object.fromEntries(LINE_STATES.map((state) => [state, 0])) as Record<(typeof LINE_STATES)[number], number>;
  let cost = 0n;
  let syncCost = 0n;
  for (const sum of await db.all(COUNT, [row['id'] as string])) {
    counts[sum['state'] as keyof typeof counts] = Number(sum['lines']);
    cost += BigInt(sum['cost'] ?? 0);
    syncCost += BigInt(sum['sync_cost'] ?? 0);
  }
  const optional = (name: string, column: string) => (row[column] === null ? {} : { [name]: Number(row[column]) });
  return {
    id: row['id'] as string,
    caller: callerFrom(row['caller'] as string),
    dialect: row['dialect'] as Job['dialect'],
    operation: row['operation'] as Job['operation'],
    via: row['via'] as KeptJob['via'],
    state: row['state'] as Job['state'],
    counts,
    createdMs: Number(row['created_ms']),
    expiresMs: Number(row['expires_ms']),
    ...optional('cancelledMs', 'cancelled_ms'),
    ...optional('endedMs', 'ended_ms'),
    ...optional('gatherMs', 'gather_ms'),
    ...optional('syncMs', 'sync_ms'),
    ...(row['on_loss'] !== null && { onLoss: row['on_loss'] as string }),
    cost: cost as Money,
    syncCost: syncCost as Money,
    settings: JSON.parse(row['settings'] as string) as JsonObject,
  };
}

const ONE = "select * from job where id = $1 and state <> 'open' and ($2 = '' or owner = $2)";

/** A job; undefined when there is none, or it is somebody else's. `owner` empty: whoever's it is. */
export async function jobOf(db: Database, { id, owner }: { readonly id: string; readonly owner: string }): Promise<KeptJob | undefined> {
  const [row] = await db.all(ONE, [id, owner]);
  return row && withCounts(db, row);
}

const PLACE = 'select created_ms, id from job where id = $1';
const page = (beyond: '<' | '>', order: 'asc' | 'desc') => `select * from job
  where state <> 'open' and gather_ms is null and ($1 = '' or owner = $1) and dialect like $5 and (created_ms ${beyond} $2 or (created_ms = $2 and id ${beyond} $3))
  order by created_ms ${order}, id ${order} limit $4`;
const OLDER = page('<', 'desc');
const NEWER = page('>', 'asc');

/** Jobs that were made whole, newest first: those older than `before`, or newer than `after` and next to it. */
export async function jobList(
  db: Database,
  { owner, vendor, limit, before, after }: JobQuery & { readonly owner: string },
): Promise<{ jobs: KeptJob[]; more: boolean }> {
  const named = before ?? after;
  const [place] = named === undefined ? [{ created_ms: Number.MAX_SAFE_INTEGER, id: '' }] : await db.all(PLACE, [named]);
  if (!place) return { jobs: [], more: false };
  const newer = before === undefined && after !== undefined;
  const rows = await db.all(newer ? NEWER : OLDER, [
    owner,
    Number(place['created_ms']),
    place['id'] as string,
    limit + 1,
    vendor === undefined ? '%' : `${vendor}-%`,
  ]);
  const found = rows.slice(0, limit);
  const jobs: KeptJob[] = [];
  for (const row of newer ? found.toReversed() : found) jobs.push(await withCounts(db, row));
  return { jobs, more: rows.length > limit };
}

const CANCEL = "update job set state = 'cancelling', cancelled_ms = $2 where id = $1 and state = 'running'";
const CANCEL_LINES = "update job_line set state = 'cancelled' where job = $1 and state = 'waiting'";
const WAKE = "update job_chunk set due_ms = 0 where job = $1 and state <> 'done'";

/** Cancels what is not sent, and has what is looked after at once. One that has ended stays as it is. */
export const cancelJob = (
  db: Database,
  { id, owner, nowMs }: { readonly id: string; readonly owner: string; readonly nowMs: number },
): Promise<KeptJob | undefined> =>
  db.transaction(async (within) => {
    const job = await jobOf(within, { id, owner });
    if (job?.state !== 'running') return job;
    await within.all(CANCEL, [id, nowMs]);
    await within.all(CANCEL_LINES, [id]);
    await within.all(WAKE, [id]);
    return jobOf(within, { id, owner });
  });

const TEND = `select * from job j where state in ('running', 'cancelling') and coalesce(gather_ms, 0) <= $1
  and (exists (select 1 from job_line l where l.job = j.id and l.state = 'waiting')
    or not exists (select 1 from job_line l where l.job = j.id and l.state = 'sent'))
  order by created_ms, id limit $2`;

/** Jobs there is something to do for, oldest first: with lines that wait to be sent, or without any that has no outcome. */
export async function jobsToTend(db: Database, { nowMs, most }: { readonly nowMs: number; readonly most: number }): Promise<KeptJob[]> {
  const jobs: KeptJob[] = [];
  for (const row of await db.all(TEND, [nowMs, most])) jobs.push(await withCounts(db, row));
  return jobs;
}

const MOMENT = `select min(at_ms) as at_ms from (
  select gather_ms as at_ms from job where state = 'running' and gather_ms > $1
  union all select sync_ms as at_ms from job where state = 'running' and sync_ms > $1) moments`;

/** When the next job is to be sent, or its calls to be made without waiting any longer; undefined: none is. */
export async function nextMoment(db: Database, { nowMs }: { readonly nowMs: number }): Promise<number | undefined> {
  const [row] = await db.all(MOMENT, [nowMs]);
  return row?.['at_ms'] === null || row?.['at_ms'] === undefined ? undefined : Number(row['at_ms']);
}

const EXPIRE = "update job_line set state = 'expired' where job = $1 and state = 'waiting'";

/** What was not sent by now never will be. */
export async function expireLines(db: Database, { job }: { readonly job: string }): Promise<void> {
  await db.all(EXPIRE, [job]);
}

const END = `update job set state = 'ended', ended_ms = $2 where id = $1 and state in ('running', 'cancelling')
  and coalesce(gather_ms, 0) <= $2 and not exists (select 1 from job_line where job = $1 and state in ('waiting', 'sent')) returning id`;
const HOLDS = 'select budget, value, start_ms, amount from budget_hold where holder = $1';
const GIVE_BACK = 'update budget_account set held = held - $4 where budget = $1 and value = $2 and start_ms = $3';
const LET_GO = 'delete from budget_hold where holder = $1';

/** Ends a job all of whose lines have an outcome, and lets go of what is still set aside for it; says whether it ended now. */
export const endJob = (
  db: Database,
  { id, holder, nowMs }: { readonly id: string; readonly holder: string; readonly nowMs: number },
): Promise<boolean> =>
  db.transaction(async (within) => {
    const ended = await within.all(END, [id, nowMs]);
    if (ended.length > 0) await letGo(within, holder);
    return ended.length > 0;
  });

/** Lets go of all that is set aside for a job. */
export const releaseJob = (db: Database, { holder }: { readonly holder: string }): Promise<void> =>
  db.transaction((within) => letGo(within, holder));

async function letGo(within: Database, holder: string): Promise<void> {
  for (const hold of await within.all(HOLDS, [holder]))
    await within.all(GIVE_BACK, [hold['budget']!, hold['value']!, hold['start_ms']!, hold['amount']!]);
  await within.all(LET_GO, [holder]);
}

const results = (more: string, from: string) => `select l.line, l.custom_id, l.state, l.status, l.call_id, l.cost, a.body,
  (select max(losses) from usage_record u where u.call_id = l.call_id) as losses ${more} from job_line l
  left join job_answer a on a.job = l.job and a.line = l.line ${from}
  where l.job = $1 and l.line > $2 and l.state not in ('waiting', 'sent') order by l.line limit $3`;

const RESULTS = results('', '');
const WITH_REQUESTS = results(', r.body as asked', 'join job_request r on r.job = l.job and r.line = l.line');

/** What became of lines after `after`, in their order; `asked`: with what was asked. */
export async function jobResults(
  db: Database,
  { job, after, most, asked = false }: { readonly job: string; readonly after: number; readonly most: number; readonly asked?: boolean },
): Promise<LineResult[]> {
  return (await db.all(asked ? WITH_REQUESTS : RESULTS, [job, after, most])).map((row) => ({
    line: Number(row['line']),
    customId: row['custom_id'] as string,
    outcome: row['state'] as LineOutcome,
    ...(row['status'] !== null && { status: Number(row['status']) }),
    ...(row['body'] !== null && { body: row['body'] as string }),
    ...(row['call_id'] !== null && { callId: row['call_id'] as string, cost: costIn(row) }),
    ...(row['losses'] && { losses: Number(row['losses']) }),
    ...(asked && { asked: row['asked'] as string }),
  }));
}

/** What a line cost; null where it has no price. */
export const costIn = (row: Row): Money | null => (row['cost'] === null ? null : (BigInt(row['cost'] ?? 0) as Money));

const OVER = "select id from job where (state = 'ended' and ended_ms < $1) or (state = 'open' and created_ms < $2) limit 10";

/** Forgets jobs that ended before a moment, and those that were never started by another. */
export async function sweepJobs(
  db: Database,
  { endedBeforeMs, openBeforeMs }: { readonly endedBeforeMs: number; readonly openBeforeMs: number },
): Promise<void> {
  for (const row of await db.all(OVER, [endedBeforeMs, openBeforeMs])) await dropJob(db, { id: row['id'] as string });
}
