import { type Database, DatabaseError, type Value } from './database.ts';
import { createWrite, type Write } from './write.ts';

/** A batch of rows on its way to disk. */
export interface Batch {
  readonly id: number;
  readonly rows: readonly (readonly Value[])[];
}

export interface WriterEvents {
  /** The batch is on disk but for `lost` rows, which the database will never take. */
  written(id: number, lost: number, message: string): void;
  /** The disk is full, locked or gone; the batch stays and is tried again. */
  failing(message: string): void;
  recovered(): void;
}

const RETRY_MS = 100;
const RETRY_MS_MAX = 5_000;

/** Writes batches in order, each until it is written. `after` runs something later, after milliseconds. */
export function createWriter(db: Database, events: WriterEvents, after: (ms: number, work: () => void) => void): (batch: Batch) => void {
  const write = createWrite(db);
  const queue: Batch[] = [];
  let busy = false;
  let failures = 0;

  async function drain(): Promise<void> {
    if (busy) return;
    busy = true;
    for (let batch = queue[0]; batch; batch = queue[0]) {
      const outcome = await writeAll(write, batch.rows);
      if ('passing' in outcome) {
        failures += 1;
        if (failures === 1) events.failing(outcome.passing);
        after(Math.min(RETRY_MS_MAX, RETRY_MS * 2 ** (failures - 1)), () => {
          busy = false;
          void drain();
        });
        return;
      }
      queue.shift();
      if (failures > 0) events.recovered();
      failures = 0;
      events.written(batch.id, outcome.lost, outcome.message);
    }
    busy = false;
  }

  return (batch) => {
    queue.push(batch);
    void drain();
  };
}

/** Writes the rows together, or, when one of them is refused, each by itself so that only the bad are lost. */
async function writeAll(write: Write, rows: Batch['rows']): Promise<{ lost: number; message: string } | { passing: string }> {
  try {
    await write(rows);
    return { lost: 0, message: '' };
  } catch (error) {
    if (isPassing(error)) return { passing: messageOf(error) };
    if (rows.length === 1) return { lost: 1, message: messageOf(error) };
  }
  let lost = 0;
  let message = '';
  for (const row of rows) {
    try {
      await write([row]);
    } catch (error) {
      // What is written already is known by its key and not written again.
      if (isPassing(error)) return { passing: messageOf(error) };
      lost += 1;
      message = messageOf(error);
    }
  }
  return { lost, message };
}

const isPassing = (error: unknown): boolean => error instanceof DatabaseError && error.passing;
const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
