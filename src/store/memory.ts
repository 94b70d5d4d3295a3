import type { Ask } from './ask.ts';
import { migrate } from './migrate.ts';
import { sqlite } from './sqlite.ts';
import { type OutputOf, runTask } from './tasks.ts';

/** A database in this thread's memory, for the little that must work without any other; gone with the process. */
export function memoryAsk(): Ask {
  const db = sqlite({ file: ':memory:', busyMs: 0 });
  const ready = migrate(db);
  return async (name, input) => {
    await ready;
    return (await runTask(db, name, input)) as OutputOf<typeof name>;
  };
}
