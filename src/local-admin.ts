import { hash, randomBytes } from 'node:crypto';
import type { Config } from './config/config.ts';
import { describe } from './config/describe.ts';
import { enterAdmin } from './server/admin/admin.ts';
import type { AdminRooms } from './server/admin/rooms.ts';
import { doorFetch } from './server/fetch.ts';
import { connect } from './store/connect.ts';
import { migrate } from './store/migrate.ts';
import { runTask } from './store/tasks.ts';

/** The admin API's keys in this process, on the database alone: there is no gateway, and none need be running. */
export interface LocalAdmin {
  /** Takes paths of the admin API, and needs no token. */
  readonly fetch: typeof globalThis.fetch;
  close(): Promise<void>;
}

/**
 * Opens the ledger's database beside whatever gateways use it; they hear of changed keys within seconds. For
 * short work: SQLite answers in this very thread. Rejects when there is no ledger or it cannot be opened.
 */
export async function localAdmin(config: Config, now: () => number): Promise<LocalAdmin> {
  const { ledger } = config;
  if (!ledger) throw new Error('keys are kept in the database of the ledger, and the configuration says "ledger: off"');
  const db = await connect(ledger);
  await migrate(db);
  const token = randomBytes(32).toString('hex');
  const rooms: AdminRooms = {
    tokens: () => [hash('sha256', token)],
    now,
    config: () => describe(config),
    configKeys: () => config.server.keys,
    ask: (name, input) => runTask(db, name, input) as never,
    refreshKeys: async () => {},
    status: () => ({ running: 0 }),
  };
  const answer = doorFetch((request, outlet) => enterAdmin(request, outlet, rooms)?.(request.body) ?? { cancel() {} });
  return {
    fetch: (input, init) => {
      const headers = new Headers(init?.headers);
      headers.set('authorization', `Bearer ${token}`);
      return answer(input, { ...init, headers });
    },
    close: () => db.close(),
  };
}
