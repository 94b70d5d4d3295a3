import { type Database, DatabaseError, type Words } from './database.ts';
import { usage } from './migrations/0001-usage.ts';
import { keys } from './migrations/0002-keys.ts';
import { budgets } from './migrations/0004-budgets.ts';
import { alerts } from './migrations/0005-alerts.ts';
import { transcripts } from './migrations/0006-transcripts.ts';
import { starved } from './migrations/0007-starved.ts';
import { jobs } from './migrations/0008-jobs.ts';
import { deferred } from './migrations/0009-deferred.ts';
import { saved } from './migrations/0010-saved.ts';
import { cacheReportTable } from './migrations/0011-cache-reports.ts';
import { tagsSwept } from './migrations/0012-tags-swept.ts';
import { paces } from './migrations/0013-paces.ts';

/** In order, forward only; the place in the list is the number. A migration that was ever released is never edited. */
const MIGRATIONS: readonly ((words: Words) => readonly string[])[] = [
  usage,
  keys,
  budgets,
  alerts,
  transcripts,
  starved,
  jobs,
  deferred,
  saved,
  cacheReportTable,
  tagsSwept,
  paces,
];

/** Throws unless the tables are those this Headgate knows: for whoever only reads, and must not bring them up to date. */
export async function refuseOtherTables(db: Database, place: string): Promise<void> {
  const newest = await db.all('select max(number) as newest from migration').then(
    ([row]) => Number(row?.['newest'] ?? 0),
    (error: DatabaseError) => {
      if (lacksTable(error)) return 0;
      throw new DatabaseError(`${place} cannot be read: ${error.message}`, error.passing, { cause: error });
    },
  );
  if (newest === MIGRATIONS.length) return;
  if (newest === 0) throw new DatabaseError(`${place} has no tables of Headgate's: a gateway makes them when it first starts`, false);
  throw new DatabaseError(
    newest < MIGRATIONS.length
      ? `${place} was written by an older Headgate: start this one's gateway once, it brings the tables up to date`
      : `${place} was written by a newer Headgate`,
    false,
  );
}

/** Whether a database says that there is no such table: SQLite in words, PostgreSQL by its code. */
const lacksTable = ({ message, cause }: DatabaseError): boolean =>
  message.startsWith('no such table') || (cause as { code?: unknown } | undefined)?.code === '42P01';

/** Brings the tables up to date or leaves them as they were. Refuses a database from a newer Headgate. */
export async function migrate(db: Database): Promise<void> {
  await db.transaction(async (within) => {
    if (within.words.alone) await within.all(within.words.alone);
    await within.all('create table if not exists migration (number bigint not null primary key)');
    const [row] = await within.all('select coalesce(max(number), 0) as newest from migration');
    const newest = Number(row?.['newest'] ?? 0);
    if (newest > MIGRATIONS.length) {
      throw new DatabaseError(
        `the database was written by a newer Headgate (its tables are at ${newest}, this one knows ${MIGRATIONS.length})`,
        false,
      );
    }
    for (const [index, statements] of MIGRATIONS.entries()) {
      if (index < newest) continue;
      for (const sql of statements(within.words)) await within.all(sql);
      await within.all('insert into migration (number) values ($1)', [index + 1]);
    }
  });
}
