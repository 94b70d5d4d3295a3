import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after } from 'node:test';
import type { Location } from '../../src/store/connect.ts';
import { type Postgres, startPostgres, withoutPostgres } from './postgres.ts';

/** A database the store runs on. */
export interface Engine {
  readonly name: 'SQLite' | 'PostgreSQL';
  /** Why its tests are skipped here, or false. */
  readonly skip: string | false;
  /** A new place without tables. */
  fresh(): Promise<Location>;
}

/** Both engines, for a test file to run its tests on each. What they start and write is gone when the file is done. */
export function engines(): readonly Engine[] {
  const folder = mkdtempSync(path.join(tmpdir(), 'headgate-engines-'));
  let files = 0;
  let server: Promise<Postgres> | undefined;
  after(async () => {
    rmSync(folder, { recursive: true, force: true });
    await (await server)?.stop();
  });
  return [
    { name: 'SQLite', skip: false, fresh: async () => ({ file: path.join(folder, `${++files}`, 'ledger.db') }) },
    {
      name: 'PostgreSQL',
      skip: withoutPostgres(),
      fresh: async () => {
        server ??= startPostgres();
        return { url: await (await server).database() };
      },
    },
  ];
}
