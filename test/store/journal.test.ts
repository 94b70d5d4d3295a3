import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { type Database, DatabaseError, type Row } from '../../src/store/database.ts';
import { inProcess } from '../../src/store/in-process.ts';
import { recordWriter, scan } from '../../src/store/journal-record.ts';
import type { LedgerEvent } from '../../src/store/ledger.ts';
import { openStore, type StoreOptions } from '../../src/store/open-store.ts';
import { sqlite } from '../../src/store/sqlite.ts';
import { simulatedWorld } from '../../src/world/simulated.ts';
import type { World } from '../../src/world/world.ts';
import { booked, pass } from '../support/books.ts';
import { full, record } from '../support/records.ts';
import { type DiskOperation, type Fault, simulatedDisk } from '../support/simulated-disk.ts';

/** A ledger's whole surroundings: a disk, a database that outlives processes, and a clock. */
function machine(seed = 1) {
  const world = simulatedWorld({ seed });
  const disk = simulatedDisk(seed, (ms, work) => void world.after(ms, work));
  const inside = sqlite({ file: ':memory:', busyMs: 0 });
  const events: LedgerEvent[] = [];
  /** What a process waits for does not happen once it is gone. */
  let life = 0;
  const told = (): string[] => events.map((event) => ('message' in event ? `${event.type}: ${event.message}` : event.type));
  /** What the database does with a transaction besides carrying it out. */
  let trouble: { before?: () => void; after?: () => void } = {};
  /** What of the books would survive a loss of power. */
  let safe = new Map<string, Row[]>();
  async function madeSafe(): Promise<void> {
    safe = new Map(await Promise.all(TABLES.map(async (table) => [table, await inside.all(`select * from ${table}`)] as const)));
  }
  async function forget(): Promise<void> {
    for (const table of TABLES) {
      await inside.all(`delete from ${table}`);
      for (const row of safe.get(table) ?? []) {
        const columns = Object.keys(row);
        await inside.all(
          `insert into ${table} (${columns.join(', ')}) values (${columns.map((_, at) => `$${at + 1}`).join(', ')})`,
          Object.values(row),
        );
      }
    }
  }
  const db: Database = {
    ...inside,
    async all(sql, params) {
      const rows = await inside.all(sql, params);
      if (!/^select/i.test(sql) && safe.size > 0) await madeSafe();
      return rows;
    },
    async transaction(work) {
      trouble.before?.();
      const result = await inside.transaction(work);
      await madeSafe();
      trouble.after?.();
      return result;
    },
    async relaxed(work) {
      trouble.before?.();
      const result = await inside.relaxed(work);
      trouble.after?.();
      return result;
    },
    close: async () => undefined,
  };
  return {
    world,
    disk,
    events,
    told,
    trouble(next: typeof trouble) {
      trouble = next;
    },
    /** A process that keeps a ledger here. */
    async start(options: Partial<StoreOptions> = {}) {
      const journal = { directory: 'journal', ...options.journal };
      const onEvent = (event: LedgerEvent) => events.push(event);
      const bornIn = life;
      const after: World['after'] = (ms, work) => world.after(ms, () => bornIn === life && work());
      const soon: World['soon'] = (work) => void after(0, work);
      const { ledger, close } = await openStore(
        { file: 'books', ...options, journal, onEvent },
        { ...world, after, soon },
        inProcess(db, disk.mount()),
      );
      /** Books, and has it safe: what is told only then stands in the first two tests. */
      const book = (records: Parameters<typeof ledger.book>[0]) => {
        ledger.book(records);
        world.advance(0);
      };
      const safely: typeof ledger = Object.assign(Object.create(ledger), { book });
      return { ledger: safely, unsafe: ledger, close };
    },
    kill() {
      life += 1;
      disk.kill();
    },
    async losePower() {
      life += 1;
      disk.losePower();
      await forget();
    },
    books: () => booked(inside),
    pass: (ms: number, stepMs?: number) => pass(world, ms, stepMs),
    segments: () => [...disk.files.keys()].filter((file) => file.endsWith('.journal') && !file.includes('quarantine')),
  };
}

/** What rows are written to. */
const TABLES = ['usage_kind', 'usage_record', 'usage_bucket', 'usage_tag_bucket'];

const away = () => {
  throw new DatabaseError('the database is away', true);
};
const calls = (count: number, prefix = 'call') =>
  Array.from({ length: count }, (_, number) => `${prefix}_${String(number).padStart(6, '0')}`);

test('what was booked is on disk before the caller goes on, and in the database soon after', async () => {
  const { start, disk, segments, books, pass: wait } = machine();
  const { unsafe: ledger, close } = await start();
  let safe = 0;
  ledger.book([record('a', { last: false }), record('a', { attempt: 2 })]);
  ledger.onceSafe(() => {
    safe += 1;
  });
  assert.deepEqual([safe, segments().length], [0, 0]);
  await wait(1);
  ledger.onceSafe(() => {
    safe += 1;
  });
  assert.equal(safe, 2);
  const [segment] = segments();
  const lines = disk.files.get(segment!)!.toString().trimEnd().split('\n');
  assert.equal(lines.length, 3);
  assert.equal(ledger.state.waiting, 2);
  await wait(60);
  assert.deepEqual(await books(), { calls: ['a', 'a/2'], sumsAgree: true });
  assert.deepEqual(ledger.state, { waiting: 0, dropped: 0, damaged: 0, journalBytes: 0 });
  const closing = close();
  await wait(60);
  await closing;
  assert.deepEqual(segments(), []);
});

test('a record comes out of the journal as it went in, whatever it holds', async () => {
  const here = machine();
  const first = await here.start();
  first.ledger.book([full, record('call_plain')]);
  here.kill();
  const { ledger } = await here.start();
  await here.pass(100);
  const found = ledger.records({});
  await here.pass(100);
  assert.deepEqual(await found, [record('call_plain'), full]);
});

test('killed at any point and started again, every attempt is in the ledger once and the sums agree', async () => {
  const step = fc.oneof(
    { weight: 6, arbitrary: fc.record({ do: fc.constant('book' as const), count: fc.integer({ min: 1, max: 30 }) }) },
    { weight: 4, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.integer({ min: 0, max: 120 }) }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('kill' as const, 'stop' as const, 'away' as const, 'ackLost' as const) }) },
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), fc.integer(), async (steps, seed) => {
      const here = machine(seed);
      const options = { batchMax: 7, closeMs: 50, journal: { directory: 'journal', segmentBytes: 4_000 } };
      let running = await here.start(options);
      const all: string[] = [];
      for (const one of steps) {
        if (one.do === 'book') {
          for (const callId of calls(one.count, `call_${all.length}`)) {
            running.ledger.book([record(callId)]);
            all.push(callId);
          }
        } else if (one.do === 'wait') await here.pass(one.ms);
        else if (one.do === 'away') here.trouble({ before: away });
        else if (one.do === 'ackLost') here.trouble({ after: away });
        else {
          if (one.do === 'stop') {
            const closing = running.close();
            await here.pass(200);
            await closing;
          }
          here.kill();
          here.trouble({});
          running = await here.start(options);
        }
      }
      here.trouble({});
      await here.pass(10_000, 100);
      assert.deepEqual(await here.books(), { calls: all.sort(), sumsAgree: true });
      assert.deepEqual(running.ledger.state, { waiting: 0, dropped: 0, damaged: 0, journalBytes: 0 });
    }),
    { numRuns: 150 },
  );
});

test('when power is lost, nothing is that was made safe before, and nothing comes back that was never booked', async () => {
  for (let seed = 1; seed <= 150; seed += 1) {
    const here = machine(seed);
    here.disk.syncMs = 5;
    const { ledger } = await here.start({ journal: { directory: 'journal', segmentBytes: 20_000 } });
    await here.pass(10);
    // The database takes nothing, so that all there is is the journal.
    here.trouble({ before: away });
    const early = calls(100, 'early');
    for (const callId of early) ledger.book([record(callId)]);
    await here.pass(200);
    const late = calls(100, 'late');
    for (const callId of late) ledger.book([record(callId)]);
    await here.losePower();

    here.trouble({});
    await here.start();
    await here.pass(10_000, 100);
    const { calls: there, sumsAgree } = await here.books();
    const known = new Set([...early, ...late]);
    assert.deepEqual(
      { seed, early: early.every((callId) => there.includes(callId)), invented: there.filter((callId) => !known.has(callId)), sumsAgree },
      { seed, early: true, invented: [], sumsAgree: true },
    );
  }
});

test('what the database forgets when power is lost comes back from the journal, once', async () => {
  for (let seed = 1; seed <= 60; seed += 1) {
    const here = machine(seed);
    here.disk.syncMs = 5;
    const { ledger } = await here.start({ journal: { directory: 'journal', segmentBytes: 6000 } });
    await here.pass(10);
    const all: string[] = [];
    for (let wave = 0; wave < 8; wave += 1) {
      for (const callId of calls(1 + ((seed * 7 + wave * 13) % 30), `wave${wave}`)) {
        ledger.book([record(callId)]);
        all.push(callId);
      }
      await here.pass(200 + ((seed * wave) % 5) * 20_000, 1000);
    }
    await here.pass(200);
    assert.deepEqual((await here.books()).calls, all.toSorted(), 'the database has it all');
    await here.losePower();
    await here.start();
    await here.pass(10_000, 100);
    assert.deepEqual(await here.books(), { calls: all.toSorted(), sumsAgree: true }, `seed ${seed}`);
  }
});

test('a damaged record is put aside, counted and told of; those around it are booked', async () => {
  const here = machine();
  const first = await here.start();
  for (const callId of ['a', 'b', 'c']) first.ledger.book([record(callId)]);
  here.kill();
  const [segment] = here.segments();
  const bytes = Buffer.from(here.disk.files.get(segment!)!);
  bytes[bytes.indexOf('"b"') + 1]! ^= 1;
  here.disk.put(segment!, bytes);

  const second = await here.start();
  await here.pass(200);
  assert.deepEqual((await here.books()).calls, ['a', 'c']);
  assert.equal(second.ledger.state.damaged, 1);
  assert.deepEqual(here.told(), ['damaged: in "journal/1/00000001.journal"; they are in quarantine']);
  assert.match(here.disk.files.get('journal/quarantine/1-00000001.journal')!.toString(), /^.[0-9a-f]{8} [0-9a-f]{8} \[.*"c".*\]\n$/);
  assert.deepEqual(here.segments(), []);
});

test('a record the database refuses is put aside, and keeps nobody waiting', async () => {
  const here = machine();
  const { ledger } = await here.start();
  ledger.book([record('a')]);
  ledger.book([record('b', { durationMs: Number.NaN })]);
  ledger.book([record('c')]);
  await here.pass(2_000);
  assert.deepEqual((await here.books()).calls, ['a', 'c']);
  assert.deepEqual(here.told(), [
    'dropped: the database refuses them: NOT NULL constraint failed: usage_record.duration_ms; they are in quarantine',
  ]);
  assert.match(here.disk.files.get('journal/quarantine/1-00000001.journal')!.toString(), /"b"/);
});

test('with the database frozen for a minute no call fails, nothing waits in memory, and then all of it is there', async () => {
  const here = machine();
  const { ledger } = await here.start({ waitingMax: 0 });
  await here.pass(100);
  here.trouble({ before: away });
  const all: string[] = [];
  for (let second = 0; second < 60; second += 1) {
    for (const callId of calls(1_000, `call_${second}`)) {
      ledger.book([record(callId)]);
      all.push(callId);
    }
    await here.pass(1_000, 100);
  }
  const { waiting, dropped, failing } = ledger.state;
  assert.deepEqual(
    { waiting, dropped, failing },
    { waiting: 60_000, dropped: 0, failing: 'the ledger "books" cannot be written: the database is away' },
  );
  here.trouble({});
  await here.pass(20_000, 100);
  assert.deepEqual(await here.books(), { calls: all.sort(), sumsAgree: true });
  assert.deepEqual(here.told(), ['failing: the ledger "books" cannot be written: the database is away', 'recovered']);
});

test('whichever call to the disk goes wrong and however, nothing is lost and people are told within five seconds', async () => {
  const faults: readonly (readonly [DiskOperation, Fault])[] = [
    ['append', { code: 'ENOSPC' }],
    ['append', { code: 'EIO' }],
    ['append', { taken: 0 }],
    ['append', { taken: 100 }],
    ['sync', { code: 'EIO' }],
    ['open', { code: 'EROFS' }],
    ['open', { code: 'ENOSPC' }],
    ['truncate', { code: 'EIO' }],
    ['read', { code: 'EIO' }],
    ['remove', { code: 'EIO' }],
    ['lock', { code: 'EIO' }],
    ['list', { code: 'EIO' }],
    ['size', { code: 'EIO' }],
    ['makeDirectory', { code: 'EROFS' }],
  ];
  for (const [operation, fault] of faults) {
    for (const forMs of [0, 3_000]) {
      for (let at = 1; at <= 12; at += 1) {
        const name = `${operation} ${JSON.stringify(fault)} at ${at} for ${forMs} ms`;
        const here = machine(at);
        let count = 0;
        let fromMs: number | undefined;
        here.disk.fault = (asked) => {
          // A disk that fails to append fails to cut off as well.
          if (asked !== operation && !(operation === 'truncate' && asked === 'append')) return undefined;
          count += 1;
          if (count === at) fromMs = here.world.elapsed();
          const now = fromMs !== undefined && (count === at || here.world.elapsed() - fromMs < forMs);
          if (!now) return undefined;
          return operation === 'truncate' && asked === 'append' ? { taken: count === at ? 50 : 0 } : fault;
        };
        const before = await here.start({ journal: { directory: 'journal', segmentBytes: 1_500 } });
        const all: string[] = [];
        for (const callId of calls(40)) {
          before.ledger.book([record(callId)]);
          all.push(callId);
          await here.pass(50);
        }
        const goesOn = 'taken' in fault && fault.taken > 0;
        if (fromMs !== undefined && forMs > 0 && !goesOn) assert.equal(here.events[0]?.type, 'failing', name);
        await here.pass(10_000, 100);
        assert.deepEqual(await here.books(), { calls: all, sumsAgree: true }, name);
        const { waiting, dropped, failing } = before.ledger.state;
        assert.deepEqual({ waiting, dropped, failing }, { waiting: 0, dropped: 0, failing: undefined }, name);
      }
    }
  }
});

test('a disk that takes two seconds to make anything safe keeps nobody waiting, and loses no more than was on its way', async () => {
  const here = machine(3);
  here.disk.syncMs = 2_000;
  const { ledger } = await here.start();
  await here.pass(100);
  here.trouble({ before: away });
  const all: string[] = [];
  for (const callId of calls(80)) {
    ledger.book([record(callId)]);
    all.push(callId);
    await here.pass(100, 50);
  }
  assert.equal(ledger.state.waiting, 80);
  here.losePower();
  here.trouble({});
  await here.start();
  await here.pass(5_000, 50);
  const { calls: there } = await here.books();
  // One sync may be under way and what it does not cover waits for the next: twice two seconds and the wait between.
  const old = all.slice(0, -Math.ceil((2 * 2_000 + 150) / 100));
  assert.deepEqual(there.slice(0, old.length), old);
  assert.deepEqual(here.told(), ['failing: the ledger "books" cannot be written: the database is away']);
});

test('what a full disk took of a record is cut off again, so that nobody takes it for damage', async () => {
  const here = machine();
  const { ledger } = await here.start();
  await here.pass(100);
  here.trouble({ before: away });
  ledger.book([record('a')]);
  const faults: Fault[] = [{ taken: 100 }, { code: 'ENOSPC' }];
  here.disk.fault = (operation) => (operation === 'append' ? faults.shift() : undefined);
  ledger.book([record('b')]);
  await here.pass(1_000);
  here.kill();
  here.trouble({});
  const next = await here.start();
  await here.pass(1_000);
  assert.deepEqual(await here.books(), { calls: ['a', 'b'], sumsAgree: true });
  assert.equal(next.ledger.state.damaged, 0);
});

test('with neither disk nor database, what fits in memory is kept in order and the rest is counted and told', async () => {
  const here = machine();
  const { ledger } = await here.start({ waitingMax: 3 });
  await here.pass(100);
  here.trouble({ before: away });
  here.disk.fault = (operation) => (operation === 'append' ? { code: 'ENOSPC' } : undefined);
  for (const callId of ['a', 'b', 'c', 'd', 'e']) ledger.book([record(callId)]);
  await here.pass(2_000);
  assert.deepEqual([ledger.state.waiting, ledger.state.dropped], [3, 2]);
  here.disk.fault = () => undefined;
  here.trouble({});
  await here.pass(10_000, 100);
  assert.deepEqual((await here.books()).calls, ['a', 'b', 'c']);
  assert.deepEqual(
    here.events.map(({ type }) => type),
    ['failing', 'failing', 'dropped', 'recovered'],
  );
});

test('a full disk that takes records again gets those that waited in memory, before the database does', async () => {
  const here = machine();
  const { ledger } = await here.start();
  await here.pass(100);
  here.trouble({ before: away });
  here.disk.fault = (operation) => (operation === 'append' ? { code: 'ENOSPC' } : undefined);
  for (const callId of calls(6_000)) ledger.book([record(callId)]);
  await here.pass(1_000);
  here.disk.fault = () => undefined;
  await here.pass(10_000, 100);
  here.kill();
  here.trouble({});
  await here.start();
  await here.pass(2_000);
  const { calls: there } = await here.books();
  assert.deepEqual(there, calls(6_000));
});

test('a journal that holds all it may is as good as a full disk until the database has taken some of it', async () => {
  const here = machine();
  const { ledger } = await here.start({ waitingMax: 10, journal: { directory: 'journal', bytesMax: 10_000, segmentBytes: 2_000 } });
  await here.pass(100);
  here.trouble({ before: away });
  for (const callId of calls(100)) ledger.book([record(callId)]);
  assert.ok(ledger.state.journalBytes <= 10_000);
  assert.equal(ledger.state.dropped, 100 - ledger.state.waiting);
  assert.match(
    here.told()[0]!,
    /^failing: the journal "journal" cannot be written: it holds 10000 bytes, all it may; records wait in memory$/,
  );
  here.trouble({});
  await here.pass(10_000, 100);
  ledger.book([record('later')]);
  await here.pass(200);
  assert.equal((await here.books()).calls.at(-1), 'later');
});

test('processes beside each other keep apart, and the next to start takes over from one that died', async () => {
  const here = machine();
  const [one, two] = [await here.start(), await here.start()];
  here.trouble({ before: away });
  one.ledger.book([record('one')]);
  two.ledger.book([record('two')]);
  assert.deepEqual(here.segments(), ['journal/1/00000001.journal', 'journal/2/00000001.journal']);
  await here.pass(100);
  here.kill();
  here.trouble({});
  const three = await here.start();
  const four = await here.start();
  await here.pass(500);
  assert.deepEqual(await here.books(), { calls: ['one', 'two'], sumsAgree: true });
  assert.deepEqual(here.segments(), []);
  three.ledger.book([record('three')]);
  four.ledger.book([record('four')]);
  assert.deepEqual(here.segments(), ['journal/1/00000002.journal', 'journal/3/00000001.journal']);
});

test('rows written by a Headgate with other columns find their places', async () => {
  const here = machine();
  const first = await here.start();
  first.ledger.book([record('a', { feature: 'search' })]);
  here.kill();
  const bytes = here.disk.files.get('journal/1/00000001.journal')!;
  const [layout, row] = scan(bytes, bytes.length).records.map(({ value }) => value) as [{ columns: string[] }, unknown[]];
  const older = recordWriter();
  const without = layout.columns.indexOf('feature');
  older.add({ ...layout, columns: ['gone', ...layout.columns.toSpliced(without, 1).toReversed()] });
  older.add(['x', ...row.toSpliced(without, 1).toReversed()]);
  here.disk.put('journal/1/00000001.journal', Buffer.from(older.take()));

  const { ledger } = await here.start();
  await here.pass(100);
  const found = ledger.records({});
  await here.pass(100);
  assert.deepEqual(await found, [record('a')]);
});

test('rows of other columns are put aside, not taken for ours, when the record that names their columns is damaged', async () => {
  const here = machine();
  const older = recordWriter();
  older.add({ headgate: 'journal', columns: ['call_id', 'attempt'] });
  older.add(['a', 1]);
  const bytes = Buffer.from(older.take());
  bytes[bytes.indexOf('columns')]! ^= 1;
  here.disk.put('journal/1/00000001.journal', bytes);
  const { ledger } = await here.start();
  await here.pass(100);
  assert.equal(ledger.state.damaged, 2);
  assert.deepEqual(here.disk.files.get('journal/quarantine/1-00000001.journal'), bytes);
});

test('a segment nobody adds to is ended and removed, so that no old record is met again', async () => {
  const here = machine();
  const { ledger } = await here.start();
  ledger.book([record('a')]);
  await here.pass(1_000, 50);
  assert.equal(here.segments().length, 1);
  await here.pass(200_000, 1_000);
  assert.deepEqual(here.segments(), []);
});
