import { existsSync } from 'node:fs';
import type { LedgerConfig } from '../config/config.ts';
import { formatUsd } from '../model/money.ts';
import { audit } from '../store/audit.ts';
import { connect, PATIENCE, placeOf } from '../store/connect.ts';
import type { Database } from '../store/database.ts';
import { refuseOtherTables } from '../store/migrate.ts';
import { ledgerCheck } from './check-machine.ts';
import type { Finding } from './doctor.ts';

/** Whether the ledger can be had, and whether its sums are those of its rows. */
export async function ledgerChecks(ledger: LedgerConfig, nowMs = Date.now()): Promise<Finding[]> {
  const found = 'file' in ledger ? ledgerCheck(ledger.file) : await serverCheck(ledger.url);
  const isThere = found.verdict === 'good' && !('file' in ledger && !existsSync(ledger.file));
  return isThere ? [found, await sumsCheck(ledger, nowMs)] : [found];
}

const DAY_MS = 86_400_000;

/** Whether a recount of yesterday's and today's rows comes to the sums that reports are made of. */
async function sumsCheck(ledger: LedgerConfig, nowMs: number): Promise<Finding> {
  const what = 'ledger sums';
  let db: Database | undefined;
  try {
    db = await connect(ledger, { ...PATIENCE, answerMs: 120_000 }, true);
    await refuseOtherTables(db, placeOf(ledger));
    const differences = await audit(db, { fromMs: nowMs - DAY_MS, toMs: nowMs });
    const [first] = differences;
    if (!first) return { what, verdict: 'good', detail: 'those of yesterday and today equal their rows' };
    const { level, startMs, feature, model, provider, beyond } = first;
    const where = `the ${level} of ${new Date(startMs).toISOString()}, feature "${feature}", ${provider}/${model}`;
    return {
      what,
      verdict: 'bad',
      detail: `${differences.length} differ from their rows, the first for ${where}: ${beyond.attempts} attempts and $${formatUsd(beyond.cost)} beyond`,
      fix: 'something else wrote to the ledger, or this is a bug: please report it',
    };
  } catch (error) {
    return { what, verdict: 'doubtful', detail: (error as Error).message };
  } finally {
    await db?.close();
  }
}

async function serverCheck(url: string): Promise<Finding> {
  const what = 'ledger';
  try {
    const db = await connect({ url }, undefined, true);
    await db.close();
    return { what, verdict: 'good', detail: `${placeOf({ url })} answers` };
  } catch (error) {
    return { what, verdict: 'bad', detail: (error as Error).message, fix: 'look at ledger.url, and whether the server runs' };
  }
}
