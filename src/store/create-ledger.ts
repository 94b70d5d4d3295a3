import type { World } from '../world/world.ts';
import type { Ask } from './ask.ts';
import type { Value } from './database.ts';
import type { Disk } from './disk.ts';
import { createDrops } from './drops.ts';
import { createJournal, type JournalOptions } from './journal.ts';
import type { Ledger, LedgerEvent } from './ledger.ts';
import type { Cause, Order, RowsNews } from './messages.ts';
import { pushRow } from './row.ts';
import { createSpool } from './spool.ts';

/** How rows get to the database, and where they are meanwhile. */
export interface LedgerOptions {
  /** Longest time a record waits for company before it is written to the database, in milliseconds; 50 unless told. */
  readonly flushMs?: number;
  /** Most records in one transaction; 1,000 unless told. */
  readonly batchMax?: number;
  /** Most records kept in memory while neither disk nor database take them; 100,000 unless told (about 100 MB). */
  readonly waitingMax?: number;
  /** Where records are safe before the caller sees the end of the answer. Absent: they wait in memory, which dies with the process. */
  readonly journal?: Omit<JournalOptions, 'flushMs'>;
  readonly onEvent?: (event: LedgerEvent) => void;
}

/** The way to the database: its thread, and the name it has in errors. */
interface Way {
  readonly send: (order: Order) => boolean;
  readonly ask: Ask;
  readonly place: string;
  readonly world: World;
  readonly disk: Disk;
}

/** Somebody waits for everything up to a place to be in the database; without patience only while the database takes any. */
interface Flush {
  readonly batch: number;
  readonly journalBytes: number;
  readonly patient: boolean;
  done(): void;
}

/** The main thread's side of the ledger: makes records safe, and follows them until they are in the database. */
export interface LedgerRows {
  readonly ledger: Ledger;
  /** Whether anything is on its way to the database. */
  readonly busy: boolean;
  /** The thread is there: takes over what earlier processes left in the journal. */
  begin(): void;
  hear(news: RowsNews): void;
  /** The thread died; `restarted`: there is another. */
  stopped(reason: string): void;
  restarted(): void;
  /** Takes no more records. */
  close(): void;
  /** Gives up what is in memory, and leaves what is in the journal to the next process. */
  stop(): void;
}

export function createLedger(
  { flushMs = 50, batchMax = 1_000, waitingMax = 100_000, journal: written, onEvent = () => undefined }: LedgerOptions,
  { send, ask, place, world, disk }: Way,
): LedgerRows {
  let closed = false;
  let damaged = 0;
  let flushes: Flush[] = [];
  const failing = new Map<Cause | 'disk', string>();
  const drops = createDrops(world, onEvent);
  const spool = createSpool({ flushMs, batchMax }, send, world);
  const journal =
    written &&
    createJournal(
      { ...written, flushMs },
      {
        send,
        failing: (message) => fail('disk', `${message}; records wait in memory`),
        returning: () => keep(spool.takeBack()),
        recovered: () => recover('disk'),
      },
      disk,
      world,
    );

  /** Booked in this turn of the event loop: the calls that end in it share one write, which takes longer than all else about them. */
  let gathered: Value[][] = [];
  let waiters: (() => void)[] = [];

  function makeSafe(): void {
    const rows = gathered;
    gathered = [];
    keep(rows);
    const works = waiters;
    waiters = [];
    for (const work of works) work();
  }

  const waitingBytes = (): number => (journal ? journal.appendedBytes - journal.fedBytes : 0);

  /** In the journal, and where its disk takes none, in memory. */
  function keep(rows: readonly (readonly Value[])[]): void {
    for (let from = 0; from < rows.length; from += batchMax) {
      const some = rows.slice(from, from + batchMax);
      if (journal?.append(some)) continue;
      for (const row of some) {
        if (spool.waiting < waitingMax) spool.add(row);
        else drops.drop(1, `${waitingMax} records are waiting to be written`);
      }
    }
  }

  function flush(patient: boolean): Promise<void> {
    makeSafe();
    journal?.tell();
    const batch = spool.post();
    return new Promise((done) => {
      flushes.push({ batch, journalBytes: journal?.appendedBytes ?? 0, patient, done });
      settleFlushes();
    });
  }

  function settleFlushes(): void {
    const stuck = failing.has('database') || failing.has('journal');
    const isOver = ({ batch, journalBytes, patient }: Flush) =>
      (batch < spool.oldest && journalBytes <= (journal?.fedBytes ?? 0)) || (!patient && stuck);
    const over = flushes.filter(isOver);
    flushes = flushes.filter((one) => !isOver(one));
    for (const { done } of over) done();
  }

  function fail(cause: Cause | 'disk', message: string): void {
    failing.set(cause, message);
    settleFlushes();
    onEvent({ type: 'failing', message });
  }

  function recover(cause: Cause | 'disk'): void {
    if (failing.delete(cause) && failing.size === 0) onEvent({ type: 'recovered' });
  }

  function hear(news: RowsNews): void {
    switch (news.type) {
      case 'written':
        spool.wrote(news.id);
        if (news.lost > 0) drops.drop(news.lost, `the database refuses them: ${news.message}`);
        settleFlushes();
        break;
      case 'fed':
        journal?.hear(news);
        if (news.refused > 0) drops.drop(news.refused, `the database refuses them: ${news.message}; they are in quarantine`);
        if (news.damaged > 0) {
          damaged += news.damaged;
          onEvent({ type: 'damaged', count: news.damaged, message: `in "${news.segment}"; they are in quarantine` });
        }
        settleFlushes();
        break;
      case 'failing':
        fail(news.cause, news.cause === 'database' ? `${place} cannot be written: ${news.message}` : `the journal ${news.message}`);
        break;
      case 'recovered':
        recover(news.cause);
        break;
      default:
        news satisfies never;
    }
  }

  const ledger: Ledger = {
    book(records) {
      if (closed) return drops.drop(records.length, 'the ledger is closed');
      if (!journal) return keep(records.map(rowOf));
      if (gathered.length === 0) world.soon(makeSafe);
      for (const record of records) gathered.push(rowOf(record));
    },
    onceSafe(work) {
      if (gathered.length === 0) work();
      else waiters.push(work);
    },
    usage: (query) => flush(false).then(() => ask('usage', query)),
    records: (query) => flush(false).then(() => ask('records', query)),
    flush: () => flush(true),
    get state() {
      const [message] = failing.values();
      return {
        waiting: gathered.length + spool.waiting + (journal?.waiting ?? 0),
        dropped: drops.count,
        damaged,
        journalBytes: waitingBytes(),
        ...(message !== undefined && { failing: message }),
      };
    },
  };

  return {
    ledger,
    get busy() {
      return gathered.length > 0 || spool.waiting > 0 || waitingBytes() > 0;
    },
    begin: () => journal?.begin(),
    hear,
    stopped: (reason) => fail('database', `${place} cannot be written: ${reason}`),
    restarted() {
      // What the old thread was stuck at, the new one will say again.
      recover('journal');
      recover('database');
      spool.restarted();
      journal?.restarted();
    },
    close() {
      closed = true;
      makeSafe();
      journal?.end();
    },
    stop() {
      journal?.close();
      if (spool.waiting > 0) drops.drop(spool.waiting, 'the ledger was closed before they could be written');
      drops.tell();
    },
  };
}

function rowOf(record: Parameters<typeof pushRow>[1]): Value[] {
  const row: Value[] = [];
  pushRow(row, record);
  return row;
}
