import { KEEP, type Keep } from '../accounting/keep.ts';
import type { Complain } from './build-provider.ts';
import type { JournalConfig, LedgerConfig } from './config.ts';
import type { Written } from './schema.ts';

type WrittenLedger = Exclude<NonNullable<Written['ledger']>, 'off'>;

const FILE = './headgate.sqlite';
/** What a journal is named after when the ledger is no file. */
const BESIDE_SERVER = './headgate';

/** Where the ledger is and how long it keeps what; undefined when it is off. */
export function buildLedger(written: Written['ledger'], complain: Complain): LedgerConfig | undefined {
  if (written === 'off') return undefined;
  const { file, url, keep = {}, journal, transcripts = 'off' } = written ?? {};
  if (file !== undefined && url !== undefined) {
    complain(['ledger', 'url'], 'ledger.url and ledger.file are two places for one ledger: keep one of them');
  }
  const place = url === undefined ? { file: file ?? FILE } : { url };
  return {
    ...place,
    keep: buildKeep(keep),
    ...buildJournal(journal, url === undefined ? (file ?? FILE) : BESIDE_SERVER),
    ...(transcripts !== 'off' && { transcripts: buildTranscripts(transcripts) }),
  };
}

const buildTranscripts = ({ features, maxBytes = 64 * 1024 }: Exclude<WrittenLedger['transcripts'], 'off' | undefined>) => ({
  bytesMax: maxBytes,
  ...(features && { features }),
});

/** Books in memory have no journal: both would end with the process. */
function buildJournal(written: WrittenLedger['journal'], beside: string): { journal?: JournalConfig } {
  if (written === 'off' || beside === ':memory:') return {};
  const { dir = `${beside}.journal`, fsync = 50, maxBytes = 4 * 1024 ** 3 } = written ?? {};
  return { journal: { directory: dir, fsync, bytesMax: maxBytes } };
}

const buildKeep = ({ records, minutes, hours, tags, transcripts }: NonNullable<WrittenLedger['keep']>): Keep => ({
  recordsMs: records ?? KEEP.recordsMs,
  minutesMs: minutes ?? KEEP.minutesMs,
  hoursMs: hours ?? KEEP.hoursMs,
  tagsMs: tags ?? KEEP.tagsMs,
  transcriptsMs: transcripts ?? KEEP.transcriptsMs,
});
