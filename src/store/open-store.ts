import { KEEP, type Keep } from '../accounting/keep.ts';
import { inTime } from '../world/in-time.ts';
import type { World } from '../world/world.ts';
import { createQuestions } from './ask.ts';
import { type Location, PATIENCE, type Patience, placeOf } from './connect.ts';
import { createLedger, type LedgerOptions } from './create-ledger.ts';
import type { Disk } from './disk.ts';
import type { News, Order } from './messages.ts';
import { realDisk } from './real-disk.ts';
import type { Store } from './store.ts';
import { startThread } from './thread.ts';

/** Patience is `PATIENCE` unless told. */
export type StoreOptions = Location &
  Partial<Patience> &
  LedgerOptions & {
    /** How long what is kept is kept; `KEEP` unless told. */
    readonly keep?: Keep;
    /** How long `close` waits for a disk that does not take what is waiting; 10,000 ms unless told. */
    readonly closeMs?: number;
  };

/** What the store stands on: files, and where the database is worked with. */
export interface Ground {
  readonly disk: Disk;
  readonly start: typeof startThread;
}

const machine: Ground = { disk: realDisk, start: startThread };

/** Opens the database in a worker thread. Rejects, naming it, when it cannot be opened or is not Headgate's. */
export async function openStore(options: StoreOptions, world: World, { disk, start }: Ground = machine): Promise<Store> {
  const { busyMs = PATIENCE.busyMs, answerMs = PATIENCE.answerMs, closeMs = 10_000, keep = KEEP } = options;
  const location = 'url' in options ? { url: options.url } : { file: options.file };
  const place = placeOf(location);
  const questions = createQuestions(send, place);
  const rows = createLedger(options, { send, ask: questions.ask, place, world, disk });
  const { ledger } = rows;
  let closed = (): void => undefined;
  let closing: Promise<void> | undefined;

  const thread = await start(
    { location, patience: { busyMs, answerMs }, keep },
    {
      hear,
      stopped(reason) {
        questions.fail(reason);
        rows.stopped(reason);
      },
      restarted: rows.restarted,
    },
    world,
  );
  rows.begin();

  function send(order: Order): boolean {
    const sent = thread.send(order);
    thread.hold(true);
    return sent;
  }

  function hear(news: News): void {
    switch (news.type) {
      case 'written':
      case 'fed':
      case 'failing':
      case 'recovered':
        rows.hear(news);
        break;
      case 'answer':
      case 'error':
        questions.hear(news);
        break;
      case 'closed':
        closed();
        break;
      case 'ready':
      case 'refused':
        break;
      default:
        news satisfies never;
    }
    // A process may end by itself once nothing is on its way to disk.
    if (!rows.busy && questions.open === 0) thread.hold(false);
  }

  async function close(): Promise<void> {
    rows.close();
    const written = ledger.flush();
    questions.close();
    await inTime(closeMs, written, undefined, world);
    if (ledger.state.failing === undefined) {
      const done = new Promise<void>((resolve) => {
        closed = resolve;
      });
      if (send({ type: 'close' })) await inTime(closeMs, done, undefined, world);
    }
    await thread.stop();
    questions.fail('it was closed');
    rows.stop();
  }

  return {
    ledger,
    ask: questions.ask,
    close() {
      closing ??= close();
      return closing;
    },
  };
}
