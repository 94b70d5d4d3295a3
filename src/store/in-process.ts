import type { Database } from './database.ts';
import type { Disk } from './disk.ts';
import { migrate } from './migrate.ts';
import type { Ground } from './open-store.ts';
import { serve } from './serve.ts';

/** A store without a thread, for tests and simulations: the world's time is all the time there is. */
export const inProcess = (db: Database, disk: Disk): Ground => ({
  disk,
  async start({ keep }, { hear }, world) {
    await migrate(db);
    let stopped = false;
    const take = serve({
      db,
      disk,
      keep,
      tell: (news) => queueMicrotask(() => stopped || hear(news)),
      after: (ms, work) => world.after(ms, () => stopped || work()),
    });
    return {
      send(order) {
        if (!stopped) queueMicrotask(() => stopped || take(order));
        return !stopped;
      },
      hold: () => undefined,
      async stop() {
        stopped = true;
      },
    };
  },
});
