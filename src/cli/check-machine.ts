import { accessSync, constants, existsSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { staleness } from '../accounting/age.ts';
import type { PriceBook } from '../accounting/book.ts';
import type { Finding } from './doctor.ts';

/** Whether this Node is new enough. */
export function nodeCheck(version = process.versions.node): Finding {
  const good = Number(version.split('.')[0]) >= 24;
  return { what: 'node', verdict: good ? 'good' : 'bad', detail: version, ...(!good && { fix: 'install Node.js 24 or newer' }) };
}

/** Whether the prices that come along were compared with their sources lately. */
export function pricesCheck(book: Pick<PriceBook, 'checkedOn'>, nowMs = Date.now()): Finding {
  const old = staleness(book, nowMs);
  if (old === undefined) return { what: 'prices', verdict: 'good', detail: `compared with their sources on ${book.checkedOn}` };
  return {
    what: 'prices',
    verdict: 'doubtful',
    detail: old,
    fix: 'update Headgate, or see `headgate prices check` and set prices of your own',
  };
}

/** Whether the ledger's file, or the folder it will be made in, can be written. */
export function ledgerCheck(file: string): Finding {
  const folder = path.dirname(path.resolve(file));
  try {
    // SQLite writes beside its file too (-wal, -shm).
    accessSync(folder, constants.W_OK);
    if (existsSync(file)) accessSync(file, constants.R_OK | constants.W_OK);
    return { what: 'ledger', verdict: 'good', detail: `${file} can be written` };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const detail = code === 'ENOENT' ? `the folder ${folder} is not there` : `${file} cannot be written (${code})`;
    return { what: 'ledger', verdict: 'bad', detail, fix: 'make the folder writable, or set ledger.file' };
  }
}

/** Whether the port can be listened on now. */
export function portCheck(host: string, port: number): Promise<Finding> {
  const what = 'port';
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', ({ code }: NodeJS.ErrnoException) => {
      const taken = code === 'EADDRINUSE';
      // A gateway that runs already is no trouble for the one who asks about it.
      resolve({
        what,
        verdict: taken ? 'doubtful' : 'bad',
        detail: taken ? `${host}:${port} is taken` : `${host}:${port} cannot be listened on (${code})`,
        fix: taken
          ? 'fine if it is Headgate itself; else choose another with --port or server.port'
          : 'look at server.host and server.port',
      });
    });
    probe.listen(port, host, () => probe.close(() => resolve({ what, verdict: 'good', detail: `${host}:${port} is free` })));
  });
}

/** Whether our clock agrees with the providers'; `skewsMs` are ours minus theirs. The least of them counts: answers take time. */
export function clockCheck(skewsMs: readonly number[]): Finding {
  const what = 'clock';
  if (skewsMs.length === 0) return { what, verdict: 'doubtful', detail: 'no provider told the time to compare with' };
  const skewMs = skewsMs.reduce((least, skew) => (Math.abs(skew) < Math.abs(least) ? skew : least));
  const seconds = Math.round(Math.abs(skewMs) / 1000);
  if (seconds <= 30) return { what, verdict: 'good', detail: "agrees with the providers'" };
  const detail = `${seconds} s ${skewMs > 0 ? 'ahead of' : 'behind'} the providers'`;
  return { what, verdict: 'bad', detail, fix: 'keep it by NTP: prices and budgets go by the clock' };
}
