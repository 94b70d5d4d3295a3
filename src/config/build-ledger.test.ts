import assert from 'node:assert/strict';
import test from 'node:test';
import { KEEP } from '../accounting/keep.ts';
import { readConfig } from './read.ts';

const read = (ledger: string) =>
  readConfig(`providers: { p: { dialect: openai, apiKey: k } }\nledger: ${ledger}\n`, { PG_PASSWORD: 'p%40ss' });
const ledgerOf = (written: string) => {
  const outcome = read(written);
  return 'config' in outcome ? outcome.config.ledger : outcome.problems.map(({ message }) => message);
};

test('a ledger is a file unless it is told to be a server', () => {
  const keep = KEEP;
  const journal = { fsync: 50, bytesMax: 4 * 1024 ** 3 };
  assert.deepEqual(ledgerOf('{}'), { file: './headgate.sqlite', keep, journal: { ...journal, directory: './headgate.sqlite.journal' } });
  assert.deepEqual(ledgerOf('{ url: "postgres://u:${PG_PASSWORD}@db/headgate?sslmode=require" }'), {
    url: 'postgres://u:p%40ss@db/headgate?sslmode=require',
    keep,
    journal: { ...journal, directory: './headgate.journal' },
  });
  assert.equal(ledgerOf('off'), undefined);
});

test('what is kept is kept as long as it is told, or for ever', () => {
  const ledger = ledgerOf('{ journal: off, keep: { records: 30d, minutes: 6h, hours: forever } }');
  const day = 86_400_000;
  assert.deepEqual(ledger, {
    file: './headgate.sqlite',
    keep: {
      recordsMs: 30 * day,
      minutesMs: day / 4,
      hoursMs: Number.POSITIVE_INFINITY,
      tagsMs: KEEP.tagsMs,
      transcriptsMs: KEEP.transcriptsMs,
    },
  });
});

test('what is said in calls is kept only where that is asked for', () => {
  const transcriptsOf = (written: string) => {
    const ledger = ledgerOf(written);
    return ledger && 'transcripts' in ledger ? ledger.transcripts : undefined;
  };
  assert.equal(transcriptsOf('{ keep: { transcripts: 1d } }'), undefined);
  assert.deepEqual(transcriptsOf('{ transcripts: {} }'), { bytesMax: 65_536 });
  assert.deepEqual(transcriptsOf('{ transcripts: { features: [chat], maxBytes: 1KB } }'), { bytesMax: 1024, features: ['chat'] });
});

test('a ledger that is no place, or two, is refused without its password', () => {
  const words =
    'the address of a PostgreSQL server, such as "postgres://user:password@host/database" (in a password "@" is written %40, "/" %2F, "%" %25)';
  assert.deepEqual(ledgerOf('{ url: "mysql://u:secret@db/x" }'), [`ledger.url must be ${words}, got text of 21 characters`]);
  assert.deepEqual(ledgerOf('{ url: "postgres://u:se^cret@db:port/x" }'), [`ledger.url must be ${words}, got text of 30 characters`]);
  assert.deepEqual(ledgerOf('{ file: a.db, url: "postgres://db/x" }'), [
    'ledger.url and ledger.file are two places for one ledger: keep one of them',
  ]);
  assert.deepEqual(ledgerOf('{ keep: { records: 90 } }'), [
    'ledger.keep.records must be a duration with its unit, such as "120s", "1m30s" or "500ms" or "forever", got 90',
  ]);
});
