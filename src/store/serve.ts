import type { Keep } from '../accounting/keep.ts';
import { type Database, DatabaseError, settle } from './database.ts';
import type { Disk } from './disk.ts';
import { createFeeder } from './feeder.ts';
import type { Cause, News, Order } from './messages.ts';
import { createSweeper } from './retention.ts';
import { rowsIn } from './row.ts';
import { runTask } from './tasks.ts';
import { createWriter } from './writer.ts';

/** What orders are carried out with. */
export interface Serving {
  readonly db: Database;
  readonly disk: Disk;
  readonly keep: Keep;
  readonly tell: (news: News) => void;
  /** Runs something later, after milliseconds. */
  readonly after: (ms: number, work: () => void) => void;
}

/** Carries out orders and tells what became of them. */
export function serve({ db, disk, keep, tell, after }: Serving): (order: Order) => void {
  const trouble = (cause: Cause) => ({
    failing: (message: string) => tell({ type: 'failing', cause, message }),
    recovered: () => tell({ type: 'recovered', cause }),
  });
  const sweep = createSweeper(db, keep);
  const write = createWriter(db, trouble('database'), after);
  const feed = createFeeder(disk, write, () => settle(db), { fed: tell, ...trouble('journal') }, after);
  return (order) => {
    switch (order.type) {
      case 'rows':
        write({
          rows: rowsIn(order.values),
          written(refused, message) {
            sweep(order.nowMs);
            tell({ type: 'written', id: order.id, lost: refused.length, message });
          },
        });
        return;
      case 'feed':
        sweep(order.nowMs);
        feed(order);
        return;
      case 'task':
        void answer(db, order).then(tell);
        return;
      case 'close':
        void db.close().finally(() => tell({ type: 'closed' }));
        return;
      default:
        order satisfies never;
    }
  };
}

async function answer(db: Database, { id, name, input }: Order & { type: 'task' }): Promise<News> {
  try {
    return { type: 'answer', id, value: await runTask(db, name, input) };
  } catch (error) {
    return { type: 'error', id, message: messageOf(error), passing: error instanceof DatabaseError && error.passing };
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
