import { LEVELS, merge, NOTHING, type Sums } from '../accounting/bucket.ts';
import { periodClock } from '../policy/period.ts';
import { sumsFrom } from './bucket-row.ts';
import type { Database, Row, Value } from './database.ts';
import { type Grouping, tagOf, type UsageQuery, type UsageSum } from './ledger.ts';
import { groupingsOf, onlyTag, type Source, sourcesOf } from './usage-source.ts';

/** Sums, by time and then the dearest first: from buckets where they can tell, the rest from rows. */
export async function usage(db: Database, query: UsageQuery): Promise<UsageSum[]> {
  const pieces: (readonly Row[])[] = [];
  for (const source of sourcesOf(query)) {
    await refuseWhatIsGone(db, source);
    const { text, params } = statement(source, query);
    pieces.push(await db.all(text, params));
  }
  return added(pieces.flat(), query).sort(
    (a, b) => (a.startMs ?? 0) - (b.startMs ?? 0) || (a.cost < b.cost ? 1 : a.cost > b.cost ? -1 : 0),
  );
}

function statement({ from, values = [], timeColumn, start, columnOf, sums, fromMs, toMs }: Source, { every, by, where = {} }: UsageQuery) {
  const params: Value[] = [fromMs, toMs, ...values];
  let conditions = '';
  for (const [grouping, value] of Object.entries(where)) {
    const column = columnOf(grouping as Grouping);
    if (value === undefined || column === undefined) continue;
    params.push(value);
    conditions += ` and ${column} = $${params.length}`;
  }
  const keys = every ? [`${start} as start_ms`] : [];
  for (const [index, grouping] of by.entries()) {
    const column = columnOf(grouping);
    if (column !== undefined) keys.push(`${column} as by_${index}`);
  }
  // Tags of rows are one text; what is asked of them is picked out of it afterwards.
  if (groupingsOf({ by, where }).some((grouping) => columnOf(grouping) === undefined)) keys.push('tags as tags_text');
  const groups = keys.map((_, index) => index + 1).join(', ');
  return {
    params,
    text: `select ${[...keys, ...sums].join(', ')} from ${from} and ${timeColumn} >= $1 and ${timeColumn} < $2${conditions}
      ${keys.length > 0 ? `group by ${groups}` : 'having count(*) > 0'}`,
  };
}

/** Rows merged into the sums that were asked for. */
function added(rows: readonly Row[], { every, zone, by, where = {} }: UsageQuery): UsageSum[] {
  const startOf = every !== undefined && every !== 'minute' && zone !== undefined ? clockOf(every, zone) : (ms: number) => ms;
  const tag = onlyTag({ by, where });
  const groups = new Map<string, UsageSum & Sums>();
  for (const row of rows) {
    const tags = tagsIn(row['tags_text']);
    if (tags && (!hasAll(tags, where) || (tag !== undefined && !Object.hasOwn(tags, tag)))) continue;
    const startMs = every && startOf(Number(row['start_ms']));
    const values = by.map((grouping, index) => String((`by_${index}` in row ? row[`by_${index}`] : tags?.[tagOf(grouping) ?? '']) ?? ''));
    const key = JSON.stringify([startMs, ...values]);
    let group = groups.get(key);
    if (!group) {
      const named = Object.fromEntries(by.map((grouping, index) => [grouping, values[index]!]));
      group = { ...(startMs !== undefined && { startMs }), ...named, ...NOTHING };
      groups.set(key, group);
    }
    merge(group, sumsFrom(row));
  }
  return [...groups.values()];
}

type Tags = Readonly<Record<string, string>>;

const tagsIn = (text: Value | undefined): Tags | undefined =>
  text === undefined ? undefined : text === null ? {} : (JSON.parse(String(text)) as Tags);

const hasAll = (tags: Tags, where: NonNullable<UsageQuery['where']>) =>
  Object.entries(where).every(([grouping, value]) => {
    const tag = tagOf(grouping as Grouping);
    return tag === undefined || value === undefined || (tags[tag] ?? '') === value;
  });

function clockOf(every: 'hour' | 'day', zone: string): (ms: number) => number {
  const periodAt = periodClock(every, zone);
  return (ms) => periodAt(ms).startMs;
}

const DAY_MS = LEVELS[2].widthMs;
const FIRST_DAY = "select min(start_ms) as at_ms from usage_bucket where level = 'day' and start_ms > $1";

/** Days are kept for ever and the rest is not: a report that would silently lack what is gone is refused. */
export async function refuseWhatIsGone(
  db: Database,
  { first, what, fromMs, toMs }: Pick<Source, 'first' | 'what' | 'fromMs' | 'toMs'>,
): Promise<void> {
  if (first === undefined) return;
  const [day] = await db.all(FIRST_DAY, [fromMs - DAY_MS]);
  const dayMs = Number(day?.['at_ms'] ?? Number.POSITIVE_INFINITY);
  if (dayMs >= toMs) return;
  const [oldest] = await db.all(first);
  const keptMs = Number(oldest?.['at_ms'] ?? Number.POSITIVE_INFINITY);
  if (dayMs >= Math.floor(keptMs / DAY_MS) * DAY_MS) return;
  const since = Number.isFinite(keptMs) ? `are kept since ${new Date(keptMs).toISOString().slice(0, 10)} only` : 'are no longer kept';
  throw new RangeError(`this needs ${what}, which ${since}; whole days in UTC, without tags, are there for ever`);
}
