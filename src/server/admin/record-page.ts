import type { UsageRecord } from '../../accounting/record.ts';
import { refuse } from '../../dialects/take.ts';
import type { Ledger, RecordQuery } from '../../store/ledger.ts';

/** Most rows that are read to pass over those of one moment which an earlier page had. */
const READ_MAX = 10_000;

/**
 * A page of rows, newest first, after the row a cursor names. Rows are in the order of their end, then of call
 * and attempt, and none is shown twice or left out however many end in one millisecond (up to `READ_MAX`);
 * what was booked meanwhile is on none of the later pages. `next` names the last one; absent: there are no more.
 */
export async function pageOfRecords(
  ledger: Pick<Ledger, 'records'>,
  wanted: Omit<RecordQuery, 'limit' | 'callId'>,
  limit: number,
  after: string | null,
): Promise<{ readonly page: readonly UsageRecord[]; readonly next?: string }> {
  const cursor = after === null ? undefined : cursorIn(after);
  const toMs = cursor ? Math.min(cursor.endedAtMs + 1, wanted.toMs ?? Number.POSITIVE_INFINITY) : wanted.toMs;
  for (let read = limit + 1; ; read = Math.min(read * 4, READ_MAX)) {
    const rows = await ledger.records({ ...wanted, ...(toMs !== undefined && { toMs }), limit: read });
    const fresh = cursor ? rows.filter((row) => isAfter(row, cursor)) : rows;
    if (fresh.length <= limit && rows.length === read && read < READ_MAX) continue;
    const page = fresh.slice(0, limit);
    const last = page.at(-1);
    return { page, ...(last && fresh.length > limit && { next: `${last.endedAtMs}.${last.attempt}.${last.callId}` }) };
  }
}

type Cursor = Pick<UsageRecord, 'endedAtMs' | 'attempt' | 'callId'>;

function cursorIn(written: string): Cursor {
  const [, endedAtMs, attempt, callId] = /^(\d{1,15})\.(\d{1,6})\.(.{1,100})$/.exec(written) ?? [];
  if (callId === undefined) refuse('after', 'the `next` of the page before', written);
  return { endedAtMs: Number(endedAtMs), attempt: Number(attempt), callId };
}

/** Whether a row comes after the cursor's, in the order of the ledger. */
function isAfter({ endedAtMs, callId, attempt }: Cursor, cursor: Cursor): boolean {
  if (endedAtMs !== cursor.endedAtMs) return endedAtMs < cursor.endedAtMs;
  if (callId !== cursor.callId) return callId < cursor.callId;
  return attempt < cursor.attempt;
}
