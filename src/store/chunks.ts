import type { Caller } from '../model/caller.ts';
import type { DialectName } from '../model/part.ts';
import { callerFrom } from './caller-text.ts';
import type { Database, Row, Value } from './database.ts';
import { ANSWER } from './jobs.ts';

/** Lines of a job that go to one provider together, and how far that is. */
export interface Chunk {
  readonly id: string;
  readonly job: string;
  readonly provider: string;
  /** The model of all its lines; empty where they may differ. */
  readonly model: string;
  /** Empty: its lines are asked one by one. */
  readonly dialect: DialectName | '';
  /** Which of the provider's keys it was handed in with: no other sees it. */
  readonly key: number;
  /**
   * `new`; `uploaded`: its file is there; `creating`: the provider may have it, nobody knows; `created`: it has;
   * `done`: each line has an outcome, or waits to be sent again.
   */
  readonly state: 'new' | 'uploaded' | 'creating' | 'created' | 'done';
  readonly fileId?: string;
  readonly vendorId?: string;
  /** When it was first about to be handed in. */
  readonly begunMs?: number;
  /** Times the present step has failed or found nothing new. */
  readonly tries: number;
}

const ADD = `insert into job_chunk (id, job, provider, model, dialect, key_at, state, tries, due_ms, lease_ms)
  values ($1, $2, $3, $4, $5, $6, 'new', 0, 0, 0)`;
const TAKE = "update job_line set state = 'sent', chunk = $1 where job = $2 and line = $3 and state = 'waiting'";

/** Puts waiting lines into a chunk; those that wait no more stay out of it. */
export const addChunk = (
  db: Database,
  {
    chunk,
    lines,
  }: { readonly chunk: Pick<Chunk, 'id' | 'job' | 'provider' | 'model' | 'dialect' | 'key'>; readonly lines: readonly number[] },
): Promise<void> =>
  db.transaction(async (within) => {
    const { id, job, provider, model, dialect, key } = chunk;
    await within.all(ADD, [id, job, provider, model, dialect, key]);
    await within.many(
      TAKE,
      lines.map((line) => [id, job, line]),
    );
  });

const claim = (skipLocked: string, but: readonly string[]) => `update job_chunk set lease_ms = $1, holder = $2 where id = (
  select id from job_chunk where state <> 'done' and due_ms <= $3 and lease_ms <= $3${but.map((_, index) => ` and provider <> $${index + 4}`).join('')}
  order by due_ms, id limit 1 ${skipLocked}) returning *`;

/** A chunk that is due and nobody else looks after, for `leaseMs`; none of the providers in `but`. */
export async function claimChunk(
  db: Database,
  {
    holder,
    nowMs,
    leaseMs,
    but = [],
  }: { readonly holder: string; readonly nowMs: number; readonly leaseMs: number; readonly but?: readonly string[] },
): Promise<Chunk | undefined> {
  const [row] = await db.all(claim(db.words.skipLocked, but), [nowMs + leaseMs, holder, nowMs, ...but]);
  return row && chunkFrom(row);
}

const chunkFrom = (row: Row): Chunk => ({
  id: row['id'] as string,
  job: row['job'] as string,
  provider: row['provider'] as string,
  model: row['model'] as string,
  dialect: row['dialect'] as Chunk['dialect'],
  key: Number(row['key_at']),
  state: row['state'] as Chunk['state'],
  ...(row['file_id'] !== null && { fileId: row['file_id'] as string }),
  ...(row['vendor_id'] !== null && { vendorId: row['vendor_id'] as string }),
  ...(row['begun_ms'] !== null && { begunMs: Number(row['begun_ms']) }),
  tries: Number(row['tries']),
});

const SOONEST = "select min(case when lease_ms > due_ms then lease_ms else due_ms end) as at_ms from job_chunk where state <> 'done'";

/** When the next chunk can be looked after, milliseconds since 1970; undefined when there is none. */
export async function soonestChunk(db: Database, _: object): Promise<number | undefined> {
  const [row] = await db.all(SOONEST);
  const atMs = row?.['at_ms'] ?? null;
  return atMs === null ? undefined : Number(atMs);
}

const SAVE = `update job_chunk set state = $3, file_id = $4, vendor_id = $5, begun_ms = $6, tries = $7, due_ms = $8, lease_ms = $9
  where id = $1 and holder = $2 returning id`;

/** Keeps how far a chunk is; false when somebody else looks after it by now. */
export async function saveChunk(
  db: Database,
  { chunk, holder, dueMs, leaseMs }: { readonly chunk: Chunk; readonly holder: string; readonly dueMs: number; readonly leaseMs: number },
): Promise<boolean> {
  const { id, state, fileId = null, vendorId = null, begunMs = null, tries } = chunk;
  return (await db.all(SAVE, [id, holder, state, fileId, vendorId, begunMs, tries, dueMs, leaseMs])).length > 0;
}

const RENEW = "update job_chunk set lease_ms = $2 where holder = $1 and lease_ms > 0 and state <> 'done'";

/** Whoever looks after chunks is still there. */
export async function renewChunks(db: Database, { holder, untilMs }: { readonly holder: string; readonly untilMs: number }): Promise<void> {
  await db.all(RENEW, [holder, untilMs]);
}

const OF_VENDOR = 'select id from job_chunk where provider = $1 and vendor_id = $2';

/** Whether a chunk is known to be the vendor's batch of that id. */
export const chunkOfVendor = async (
  db: Database,
  { provider, vendorId }: { readonly provider: string; readonly vendorId: string },
): Promise<boolean> => (await db.all(OF_VENDOR, [provider, vendorId])).length > 0;

/** A line on its way: what to ask, and how often that was tried. */
export interface Errand {
  readonly line: number;
  readonly customId: string;
  readonly tries: number;
  readonly body: string;
  /** On whose account it is, where that is not the job's. */
  readonly caller?: Caller;
}

const errands = (which: string) => `select l.line, l.custom_id, l.tries, r.body, r.caller from job_line l
  join job_request r on r.job = l.job and r.line = l.line where ${which} and l.line > $2 order by l.line limit $3`;
const OF_CHUNK = errands("l.chunk = $1 and l.state = 'sent'");
const WAITING = errands("l.job = $1 and l.state = 'waiting'");

const errandFrom = (row: Row): Errand => ({
  line: Number(row['line']),
  customId: row['custom_id'] as string,
  tries: Number(row['tries']),
  body: row['body'] as string,
  ...(row['caller'] !== null && { caller: callerFrom(row['caller'] as string) }),
});

interface Stretch {
  readonly of: string;
  /** Only lines beyond this one. */
  readonly after: number;
  readonly most: number;
}

/** Lines of a chunk without an outcome, in their order. */
export const chunkLines = async (db: Database, { of, after, most }: Stretch): Promise<Errand[]> =>
  (await db.all(OF_CHUNK, [of, after, most])).map(errandFrom);

/** Lines of a job that wait to be sent, in their order. */
export const waitingLines = async (db: Database, { of, after, most }: Stretch): Promise<Errand[]> =>
  (await db.all(WAITING, [of, after, most])).map(errandFrom);

const SOME = (count: number) => `select l.line, l.custom_id, l.tries, r.body, r.caller from job_line l
  join job_request r on r.job = l.job and r.line = l.line
  where l.chunk = $1 and l.state = 'sent' and l.line in (${Array.from({ length: count }, (_, index) => `$${index + 2}`).join(', ')})`;

/** Those of the named lines that are in the chunk and have no outcome yet. */
export const linesNamed = async (
  db: Database,
  { of, lines }: { readonly of: string; readonly lines: readonly number[] },
): Promise<Errand[]> => (lines.length === 0 ? [] : (await db.all(SOME(lines.length), [of, ...lines])).map(errandFrom));

/** What became of a line, or that it is to be sent again. */
export interface Settled {
  readonly line: number;
  readonly state: 'succeeded' | 'errored' | 'cancelled' | 'expired' | 'waiting';
  readonly status?: number;
  readonly body?: string;
  readonly callId?: string;
  readonly cost?: bigint | null;
  readonly syncCost?: bigint | null;
}

const SETTLE = `update job_line set state = $3, status = $4, call_id = $5, cost = $6, sync_cost = $7,
  chunk = case when $3 = 'waiting' then null else chunk end, tries = tries + 1
  where chunk = $1 and line = $2 and state = 'sent'`;

/** Gives lines of a chunk their outcome. One that has it already keeps it. */
export const settleLines = (
  db: Database,
  { chunk, job, lines }: { readonly chunk: string; readonly job: string; readonly lines: readonly Settled[] },
): Promise<void> =>
  db.transaction(async (within) => {
    const changed = await within.many(
      SETTLE,
      lines.map(({ line, state, status = null, callId = null, cost = null, syncCost = null }): Value[] => [
        chunk,
        line,
        state,
        status,
        callId,
        cost,
        syncCost,
      ]),
    );
    await within.insert(
      ANSWER,
      lines.flatMap(({ line, body }, index) => (changed[index] && body !== undefined ? [[job, line, body.replaceAll('\0', '�')]] : [])),
    );
  });
