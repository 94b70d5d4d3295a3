import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test, { after } from 'node:test';
import { periodAt } from '../../src/policy/period.ts';
import { chargeBudgets } from '../../src/store/budgets.ts';
import { connect } from '../../src/store/connect.ts';
import { migrate } from '../../src/store/migrate.ts';
import { money } from '../support/records.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'headgate-budgets-'));
after(() => rmSync(folder, { recursive: true }));

test('budgets are shown as they stand, and made again from the rows', async () => {
  const file = path.join(folder, 'ledger.db');
  const config = path.join(folder, 'headgate.json');
  const budgets = [
    { limit: '$50', period: 'month' },
    { scope: { user: '*' }, limit: '$2', period: 'month', exceeded: 'alert' },
  ];
  writeFileSync(config, JSON.stringify({ providers: { openai: { dialect: 'openai', apiKey: 'k' } }, ledger: { file }, budgets }));
  const { startMs, endMs } = periodAt('month', 'UTC', Date.now());
  const db = await connect({ file });
  await migrate(db);
  const account = { budget: 'user=* per month, alert only', value: 'user=ann', startMs, endMs };
  await chargeBudgets(db, [{ account, amount: money(1_250_000_000_000n) }]);
  await db.close();

  const run = (...args: string[]) =>
    spawnSync(process.execPath, ['src/cli/main.ts', 'budgets', '--config', config, ...args], { encoding: 'utf8' }).stdout;
  const end = new Date(endMs).toISOString();
  assert.equal(
    run(),
    `budget                                   spent  held  limit  until
total per month                          $0     $0    $50    ${end}
user=* per month, alert only (user=ann)  $1.25  $0    $2     ${end}
`,
  );
  const [total, users] = JSON.parse(run('--recount', '--json')) as { spentUsd: string; value: string }[];
  assert.deepEqual([total?.spentUsd, users?.value, users?.spentUsd], ['0', 'user=ann', '0']);
});
