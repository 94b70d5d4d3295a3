import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import test, { after } from 'node:test';
import type { LedgerEvent } from '../../src/store/ledger.ts';
import { openStore } from '../../src/store/open-store.ts';
import { record, world } from '../support/records.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'headgate-ledger-'));
after(() => rmSync(folder, { recursive: true, force: true }));
let files = 0;
const fresh = (): string => path.join(folder, `${++files}`, 'ledger.db');

test('a record is on disk within the flush time, and a flush waits for it', async () => {
  const file = fresh();
  const { ledger, close } = await openStore({ file }, world);
  for (let index = 0; index < 2500; index += 1) ledger.book([record(`call_${index}`)]);
  assert.equal(ledger.state.waiting, 2500);
  await ledger.flush();
  assert.deepEqual(ledger.state, { waiting: 0, dropped: 0, damaged: 0, journalBytes: 0 });
  const reader = new DatabaseSync(file, { readOnly: true });
  assert.deepEqual({ ...reader.prepare('select count(*) as rows from usage_record').get() }, { rows: 2500 });
  reader.close();
  await close();
});

test('while the file is locked calls go on; what fits in memory is written afterwards, the rest is counted and told', async () => {
  const file = fresh();
  const events: LedgerEvent[] = [];
  const heard = (type: LedgerEvent['type']) =>
    new Promise<void>((resolve) => {
      listen = (event) => {
        events.push(event);
        if (event.type === type) resolve();
      };
    });
  let listen = (event: LedgerEvent): void => void events.push(event);
  const { ledger, close } = await openStore({ file, waitingMax: 3, busyMs: 1, flushMs: 1, onEvent: (event) => listen(event) }, world);
  const other = new DatabaseSync(file);
  other.exec('begin immediate');

  const failing = heard('failing');
  ledger.book([record('a')]);
  await failing;
  ledger.book([record('b'), record('c'), record('d'), record('e')]);
  assert.deepEqual(ledger.state, {
    waiting: 3,
    dropped: 2,
    damaged: 0,
    journalBytes: 0,
    failing: `the ledger "${file}" cannot be written: database is locked`,
  });

  const recovered = heard('recovered');
  other.exec('rollback');
  other.close();
  await recovered;
  await ledger.flush();
  assert.deepEqual(
    (await ledger.records({})).map(({ callId }) => callId),
    ['c', 'b', 'a'],
  );
  await close();
  assert.deepEqual(events, [
    { type: 'failing', message: `the ledger "${file}" cannot be written: database is locked` },
    { type: 'recovered' },
    { type: 'dropped', count: 2, message: '3 records are waiting to be written' },
  ]);
});

test('a file that is no ledger is refused by name and left as it is', async () => {
  const garbage = path.join(folder, 'garbage.db');
  writeFileSync(garbage, 'dear diary, '.repeat(1000));
  await assert.rejects(openStore({ file: garbage }, world), {
    message: `ledger: cannot open the database "${garbage}": file is not a database`,
  });
  await assert.rejects(
    openStore({ file: path.join(garbage, 'x.db') }, world),
    /cannot open the database ".*garbage\.db\/x\.db": E(NOTDIR|EXIST)/,
  );

  const newer = fresh();
  await (await openStore({ file: newer }, world)).close();
  const engine = new DatabaseSync(newer);
  engine.exec('insert into migration (number) values (99)');
  engine.close();
  await assert.rejects(openStore({ file: newer }, world), /written by a newer Headgate \(its tables are at 99, this one knows \d+\)/);
});
