import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test, { after } from 'node:test';
import { audit } from '../../src/store/audit.ts';
import { connect } from '../../src/store/connect.ts';
import { openStore } from '../../src/store/open-store.ts';
import { engines } from '../support/engines.ts';
import { day, money, noon, record, world } from '../support/records.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'headgate-reprice-'));
after(() => rmSync(folder, { recursive: true }));

const account = { budget: 'search', value: '', startMs: day.fromMs, endMs: day.toMs };
const local = (callId: string, more: Parameters<typeof record>[1] = {}) => {
  const wire = { prompt_tokens: 1000, completion_tokens: 100 };
  return record(callId, { provider: 'local', model: 'llama-4', tokens: { input: 1000, output: 100 }, wire, ...more });
};
// At $0.10 and $0.40 a million each is $0.00014.
const right = money(140_000_000n);
const booked = [
  local('right', { cost: right, costFloor: right, charges: [{ account, amount: right }] }),
  local('wrong', { tags: { team: 'a' }, charges: [{ account, amount: money(300_000_000n) }] }),
  local('unpriced', { cost: null, costFloor: money(0n), status: 'unpriced', charges: [{ account, amount: money(5_000_000_000n) }] }),
  record('of another model', { endedAtMs: noon + 1 }),
];

for (const { name, skip, fresh } of engines()) {
  test(`${name}: rows are priced again, once, with sums and budgets, and what they said is kept`, { skip }, async () => {
    const place = await fresh();
    const config = path.join(folder, `${name}.json`);
    writeFileSync(
      config,
      JSON.stringify({
        providers: { local: { dialect: 'openai-chat', baseUrl: 'http://127.0.0.1:8000/v1' } },
        prices: { 'local/llama-4': { input: '$0.10', output: '$0.40' } },
        ledger: place,
      }),
    );
    const store = await openStore(place, world);
    store.ledger.book(booked);
    await store.ledger.flush();
    const before = await store.ledger.records({});
    const reprice = (...args: string[]) =>
      headgate('reprice', '--config', config, '--from', '2026-11-20', '--to', '2026-11-21', '--model', 'llama-4', ...args);

    const table = `MODEL    ROWS  BEFORE                 AFTER     DIFFERENCE
llama-4  2     ≥ $0.0003, 1 unpriced  $0.00028  -$0.00002
`;
    assert.deepEqual(reprice('--dry-run'), { status: 0, stderr: '', stdout: `${table}3 rows looked at, 2 would change\n` });
    assert.deepEqual(await store.ledger.records({}), before);
    assert.deepEqual(reprice(), { status: 0, stderr: '', stdout: `${table}3 rows looked at, 2 changed\n` });
    assert.deepEqual(reprice(), { status: 0, stderr: '', stdout: '3 rows looked at, 0 changed\n' });

    const [sum] = await store.ledger.usage({ ...day, by: [], where: { model: 'llama-4' } });
    const [byTag] = await store.ledger.usage({ ...day, by: ['tag:team'] });
    assert.deepEqual([sum?.cost, sum?.unpriced, sum?.attempts, byTag?.cost], [420_000_000n, 0, 3, 140_000_000n]);
    const db = await connect(place);
    assert.deepEqual(await audit(db, day), []);
    assert.deepEqual(
      (await db.all('select spent from budget_account')).map((row) => BigInt(row['spent'] ?? 0)),
      [420_000_000n],
    );
    assert.deepEqual(
      (await db.all('select call_id, number, status, cost, cost_floor, price_version from usage_correction order by call_id')).map((row) =>
        Object.values(row),
      ),
      [
        ['unpriced', 1n, 'unpriced', null, 0n, 'test'],
        ['wrong', 1n, 'exact', 300_000_000n, 300_000_000n, 'test'],
      ],
    );
    await db.close();
    await store.close();
  });
}

function headgate(...args: string[]) {
  const main = path.resolve('src/cli/main.ts');
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...args], {
    cwd: folder,
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], NO_COLOR: '1' },
  });
  return { status, stdout, stderr };
}
