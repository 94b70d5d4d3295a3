import { type Database, DatabaseError, type Value } from './database.ts';
import { createWrite, type Write } from './write.ts';

/** A batch of rows on its way to disk. */
export interface Batch {
  readonly rows: readonly (readonly Value[])[];
  /** They are kept elsewhere as well until the database has been settled. */
  readonly relaxed?: boolean;
  /** It is in the database but for the rows at the places `refused`, which the database will never take. */
  written(refused: readonly number[], message: string): void;
}

/** What a writer tells. */
export interface WriterEvents {
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
      const outcome = await writeAll(write, batch);
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
      batch.written(outcome.refused, outcome.message);
    }
    busy = false;
  }

  return (batch) => {
    queue.push(batch);
    void drain();
  };
}

type Outcome = { readonly refused: readonly number[]; readonly message: string } | { readonly passing: string };

/** Writes the rows together, or, when one of them is refused, each by itself so that only the bad are lost. */
async function writeAll(write: Write, { rows, relaxed }: Batch): Promise<Outcome> {
  try {
    await write(rows, relaxed);
    return { refused: [], message: '' };
  } catch (error) {
    if (isPassing(error)) return { passing: messageOf(error) };
    if (rows.length === 1) return { refused: [0], message: messageOf(error) };
  }
  const refused: number[] = [];
  let message = '';
  for (const [place, row] of rows.entries()) {
    try {
      await write([row], relaxed);
    } catch (error) {
      // What is written already is known by its key and not written again.
      if (isPassing(error)) return { passing: messageOf(error) };
      refused.push(place);
      message = messageOf(error);
    }
  }
  return { refused, message };
}

const isPassing = (error: unknown): boolean => error instanceof DatabaseError && error.passing;
const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
