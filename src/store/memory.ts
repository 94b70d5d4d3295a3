import type { Ask } from './ask.ts';
import type { Database } from './database.ts';
import { migrate } from './migrate.ts';
import { sqlite } from './sqlite.ts';
import { type OutputOf, runTask } from './tasks.ts';

/**
 * A database in this thread's memory, for the little that must work without any other; gone with the process.
 * Made when it is first asked: its tables take some 30 ms.
 */
export function memoryAsk(): Ask {
  let made: Promise<Database> | undefined;
  return async (name, input) => {
    made ??= make();
    return (await runTask(await made, name, input)) as OutputOf<typeof name>;
  };
}

async function make(): Promise<Database> {
  const db = sqlite({ file: ':memory:', busyMs: 0 });
  await migrate(db);
  return db;
}
