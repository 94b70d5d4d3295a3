import type { Database, Row, Value } from './database.ts';

/** What is known of an alert by its fingerprint, within a period; `''` where the rule has none. */
export interface AlertKey {
  readonly fingerprint: string;
  readonly period: string;
}

/** Something to tell, once for each recipient. `body` is JSON. */
export interface Telling {
  readonly recipients: readonly string[];
  readonly body: string;
}

/** What is to be told of an alert that fires. */
export interface FireInput extends AlertKey, Telling {
  readonly rule: string;
  /** Above 0; it fires only at a higher one than what was told of it and still holds. */
  readonly level: number;
  readonly atMs: number;
}

/**
 * Opens an alert, or raises its level, and puts what is to be told into the outbox with it. False, and nothing
 * done, when it is open at that level, closed, or was resolved after what fires it happened.
 */
export const fireAlert = (db: Database, input: FireInput): Promise<boolean> =>
  db.transaction(async (within) => {
    const { fingerprint, period, rule, level, atMs, body } = input;
    const [changed] = await within.all(FIRE, [fingerprint, period, rule, level, atMs, body]);
    if (changed) await put(within, input, Number(changed['episode']), `fired.${level}`, atMs);
    return changed !== undefined;
  });

const FIRE = `insert into alert (fingerprint, period, rule, state, level, episode, fired_ms, changed_ms, told_ms, body)
  values ($1, $2, $3, 'firing', $4, 1, $5, $5, $5, $6)
  on conflict (fingerprint, period) do update set
    state = 'firing', level = excluded.level, changed_ms = excluded.changed_ms, told_ms = excluded.told_ms, body = excluded.body,
    fired_ms = case when alert.state = 'firing' then alert.fired_ms else excluded.fired_ms end,
    episode = case when alert.state = 'firing' then alert.episode else alert.episode + 1 end
  where alert.level < excluded.level
    and (alert.state = 'firing' or (alert.state = 'resolved' and alert.changed_ms < excluded.fired_ms))
  returning episode`;

/** What is to be told of one that is over. */
export interface ResolveInput extends AlertKey, Telling {
  readonly atMs: number;
  /** Whether the period is over, so that it never fires again. */
  readonly closes: boolean;
  /** What of it still holds, so that only more than that fires again; 0. */
  readonly level?: number;
}

/** Ends an alert and tells of it. False when it is not open; then no more is done than noting that less of it holds. */
export const resolveAlert = (db: Database, input: ResolveInput): Promise<boolean> =>
  db.transaction(async (within) => {
    const { fingerprint, period, atMs, closes, level = 0, body } = input;
    const [changed] = await within.all(RESOLVE, [fingerprint, period, closes ? 'closed' : 'resolved', level, atMs, body]);
    if (changed) await put(within, input, Number(changed['episode']), 'resolved', atMs);
    else if (!closes) await within.all(LOWER, [fingerprint, period, level]);
    return changed !== undefined;
  });

const RESOLVE = `update alert set state = $3, level = $4, changed_ms = $5, body = $6
  where fingerprint = $1 and period = $2 and state = 'firing' returning episode`;
const LOWER = "update alert set level = $3 where fingerprint = $1 and period = $2 and state = 'resolved' and level > $3";

/** What is to be told of one that is still so. */
export interface RepeatInput extends AlertKey, Telling {
  readonly atMs: number;
  /** Not sooner after the last telling than this, in milliseconds. */
  readonly everyMs: number;
}

/** Tells of an open alert once more, unless somebody did within `everyMs`. */
export const repeatAlert = (db: Database, input: RepeatInput): Promise<boolean> =>
  db.transaction(async (within) => {
    const { fingerprint, period, atMs, everyMs } = input;
    const [changed] = await within.all(REPEAT, [fingerprint, period, atMs, atMs - everyMs]);
    if (changed) await put(within, input, Number(changed['episode']), `told.${atMs}`, atMs);
    return changed !== undefined;
  });

const REPEAT = `update alert set told_ms = $3
  where fingerprint = $1 and period = $2 and state = 'firing' and told_ms <= $4 returning episode`;

/** An alert that is open. */
export interface OpenAlert extends AlertKey {
  readonly rule: string;
  readonly level: number;
  readonly firedMs: number;
  readonly toldMs: number;
  /** As it was last told. */
  readonly body: string;
}

/** All that are open, the oldest first. */
export async function openAlerts(db: Database, _: Record<string, never>): Promise<OpenAlert[]> {
  const rows = await db.all("select * from alert where state = 'firing' order by fired_ms, fingerprint");
  return rows.map((row) => ({
    fingerprint: row['fingerprint'] as string,
    period: row['period'] as string,
    rule: row['rule'] as string,
    level: Number(row['level']),
    firedMs: Number(row['fired_ms']),
    toldMs: Number(row['told_ms']),
    body: row['body'] as string,
  }));
}

/** A telling on its way to one recipient. */
export interface Letter {
  /** The same however often it is sent. */
  readonly id: string;
  readonly recipient: string;
  readonly fingerprint: string;
  readonly body: string;
  readonly createdMs: number;
  /** How often it was tried, this time included. */
  readonly tries: number;
}

/** Which letters are taken, and for how long. */
export interface ClaimInput {
  readonly recipient: string;
  readonly nowMs: number;
  /** For how long nobody else takes them, in milliseconds. */
  readonly leaseMs: number;
  readonly most: number;
}

/** Takes letters that are due, for one recipient; of those about one alert only the oldest, so that none overtakes another. */
export async function claimLetters(db: Database, { recipient, nowMs, leaseMs, most }: ClaimInput): Promise<Letter[]> {
  const rows = await db.transaction((within) =>
    within.all(
      `update alert_outbox set leased_ms = $3, tries = tries + 1 where id in (
        select id from alert_outbox as mine
        where recipient = $1 and state = 'waiting' and due_ms <= $2 and leased_ms <= $2 and not exists (
          select 1 from alert_outbox as older where older.recipient = $1 and older.state = 'waiting'
            and older.fingerprint = mine.fingerprint and older.place < mine.place)
        order by place limit $4 ${within.words.skipLocked})
      returning *`,
      [recipient, nowMs, nowMs + leaseMs, most],
    ),
  );
  return rows.map(letterFrom).sort((a, b) => a.createdMs - b.createdMs);
}

/** What became of a letter. */
export interface SettleInput {
  readonly id: string;
  /** `later`: to be tried again at `dueMs`. */
  readonly outcome: 'sent' | 'dead' | 'later';
  readonly dueMs?: number;
}

/** Notes what became of a letter. */
export async function settleLetter(db: Database, { id, outcome, dueMs = 0 }: SettleInput): Promise<void> {
  if (outcome === 'later')
    await db.all("update alert_outbox set leased_ms = 0, due_ms = $2 where id = $1 and state = 'waiting'", [id, dueMs]);
  else await db.all('update alert_outbox set state = $2 where id = $1', [id, outcome]);
}

/** Lets go of what ended before: alerts, and letters that arrived or never will. */
export async function sweepAlerts(db: Database, { beforeMs }: { readonly beforeMs: number }): Promise<void> {
  await db.all("delete from alert where state <> 'firing' and changed_ms < $1", [beforeMs]);
  await db.all('delete from alert_outbox where created_ms < $1', [beforeMs]);
}

/** Letters that are on their way or were given up, the newest first. */
export async function waitingLetters(
  db: Database,
  { most }: { readonly most: number },
): Promise<readonly (Letter & { readonly dead: boolean })[]> {
  const rows = await db.all("select * from alert_outbox where state <> 'sent' order by place desc limit $1", [most]);
  return rows.map((row) => ({ ...letterFrom(row), dead: row['state'] === 'dead' }));
}

const letterFrom = (row: Row): Letter => ({
  id: row['id'] as string,
  recipient: row['recipient'] as string,
  fingerprint: row['fingerprint'] as string,
  body: row['body'] as string,
  createdMs: Number(row['created_ms']),
  tries: Number(row['tries']),
});

/** Ids are made of what is told, so that the same telling is never put there twice. */
async function put(
  within: Database,
  { fingerprint, period, recipients, body }: AlertKey & Telling,
  episode: number,
  what: string,
  atMs: number,
) {
  const [row] = await within.all('select coalesce(max(place), 0) as newest from alert_outbox');
  const place = Number(row?.['newest'] ?? 0) + 1;
  const rows = recipients.map((recipient): Value[] => [
    [recipient, fingerprint, period, episode, what].map((part) => encodeURIComponent(String(part))).join('/'),
    ...[recipient, fingerprint, place, body, atMs, atMs, 0, 0, 'waiting'],
  ]);
  await within.insert(OUTBOX, rows);
}

const OUTBOX = {
  table: 'alert_outbox',
  columns: {
    id: 'text',
    recipient: 'text',
    fingerprint: 'text',
    place: 'bigint',
    body: 'text',
    created_ms: 'bigint',
    due_ms: 'bigint',
    leased_ms: 'bigint',
    tries: 'bigint',
    state: 'text',
  },
  key: ['id'],
  conflict: 'keep',
} as const;
