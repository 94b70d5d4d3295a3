import { KEEP, type Keep } from '../accounting/keep.ts';
import type { Complain } from './build-provider.ts';
import type { LedgerConfig } from './config.ts';
import type { Written } from './schema.ts';

type WrittenLedger = Exclude<NonNullable<Written['ledger']>, 'off'>;

const FILE = './headgate.sqlite';

/** Where the ledger is and how long it keeps what; undefined when it is off. */
export function buildLedger(written: Written['ledger'], complain: Complain): LedgerConfig | undefined {
  if (written === 'off') return undefined;
  const { file, url, keep = {} } = written ?? {};
  if (file !== undefined && url !== undefined) {
    complain(['ledger', 'url'], 'ledger.url and ledger.file are two places for one ledger: keep one of them');
  }
  return { ...(url === undefined ? { file: file ?? FILE } : { url }), keep: buildKeep(keep) };
}

const buildKeep = ({ records, minutes, hours, tags }: NonNullable<WrittenLedger['keep']>): Keep => ({
  recordsMs: records ?? KEEP.recordsMs,
  minutesMs: minutes ?? KEEP.minutesMs,
  hoursMs: hours ?? KEEP.hoursMs,
  tagsMs: tags ?? KEEP.tagsMs,
});
