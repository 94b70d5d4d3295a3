import { existsSync } from 'node:fs';
import type { Config } from '../config/config.ts';
import { DEMO_LEDGER } from '../config/demo.ts';
import { connect, PATIENCE, placeOf } from '../store/connect.ts';
import type { Database } from '../store/database.ts';
import { refuseOtherTables } from '../store/migrate.ts';
import { configFile, loadOrComplain } from './load.ts';
import { complain } from './print.ts';

/** What a command found at hand: the configuration and the ledger it names. */
export interface OpenLedger {
  readonly config: Config;
  readonly db: Database;
}

/** A report over a year of rows may take minutes, and holds nobody up. */
const ANSWER_MS = 600_000;

/**
 * Opens the ledger a configuration names, beside a gateway that may be writing it. Undefined after what is wrong
 * with the configuration was printed; throws when there is no ledger. `mend`: it will be changed, not only read.
 */
export async function openLedger(named: string | undefined, mend = false): Promise<OpenLedger | undefined> {
  // What is mended is priced anew, and who sold it is told by its provider.
  const file = configFile(named);
  const config = loadOrComplain(file, { callsNobody: !mend });
  if (!config) return undefined;
  const ledger = file === undefined ? ledgerAtHand(config) : config.ledger;
  if (!ledger) throw new Error('no ledger is kept: "ledger" is "off" in the configuration');
  if ('file' in ledger && !existsSync(ledger.file))
    throw new Error(`${placeOf(ledger)} is not there: a gateway makes it when it first starts`);
  const db = await connect(ledger, { ...PATIENCE, answerMs: ANSWER_MS }, !mend);
  try {
    await refuseOtherTables(db, placeOf(ledger));
  } catch (error) {
    await db.close();
    throw error;
  }
  return { config, db };
}

/** Who has only tried the demo means its ledger. */
function ledgerAtHand({ ledger }: Config): Config['ledger'] {
  if (!ledger || !('file' in ledger) || existsSync(ledger.file) || !existsSync(DEMO_LEDGER)) return ledger;
  complain(`there is no ${ledger.file} here: this is the demo's ledger, of what nobody paid`);
  return { ...ledger, file: DEMO_LEDGER };
}
