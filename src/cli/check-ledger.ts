import type { LedgerConfig } from '../config/config.ts';
import { connect, placeOf } from '../store/connect.ts';
import { ledgerCheck } from './check-machine.ts';
import type { Finding } from './doctor.ts';

/** Whether the ledger can be had. */
export async function ledgerChecks(ledger: LedgerConfig): Promise<Finding[]> {
  return ['file' in ledger ? ledgerCheck(ledger.file) : await serverCheck(ledger.url)];
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
