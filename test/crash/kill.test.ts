/*
 * Gateways under load, killed outright again and again, while others beside them go on: two share one ledger,
 * and the third takes over from the one that died. `KILLS` says how often; CI says 200.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import test, { type TestContext } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { openStore } from '../../src/store/open-store.ts';
import { sqlite } from '../../src/store/sqlite.ts';
import { realWorld } from '../../src/world/real.ts';
import { simulatedWorld } from '../../src/world/simulated.ts';
import { recount } from '../support/books.ts';
import { startCallers } from './callers.ts';

const KILLS = Number(process.env['KILLS'] ?? 6);
const SEED = Number(process.env['SEED'] ?? 1);
/** With a pause after each call, they come to well over a thousand calls a second where there is room for them. */
const CALLERS = 128;
const PAUSE_MS_MAX = 50;
const LIFE_MS_MAX = 1_200;
/** The small budget, in picodollars. */
const SMALL = 2_000_000_000n;

const folder = mkdtempSync(path.join(tmpdir(), 'headgate-crash-'));
const children = new Set<ChildProcess>();
test.after(() => {
  for (const child of children) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

test(`killed ${KILLS} times, the ledger has every call whose end a caller saw, once, and its sums and budgets are those of its rows`, async (t) => {
  const { ended, refused, file, journal } = await run(t, 'kept', KILLS, true);
  const store = await openStore({ file, journal: { directory: journal } }, realWorld);
  await store.ledger.flush();
  const { dropped, damaged } = store.ledger.state;
  // The holds of the dead let go when their time has come.
  await store.ask('sweepHolds', { nowMs: Date.now() + 3_600_000 });
  const budgets = await store.ask('budgetStates', { nowMs: Date.now(), budgets: [] });
  await store.close();
  const { calls, rows, sums, again, charged } = await books(file);
  assert.deepEqual(
    { missing: ended.filter((id) => !calls.has(id)).length, sums, dropped, damaged },
    { missing: 0, sums: again, dropped: 0, damaged: 0 },
  );
  const small = budgets.find(({ budget }) => budget.includes('feature-0'))!;
  assert.deepEqual(
    { held: budgets.map(({ held }) => held), spent: budgets.reduce((sum, { spent }) => sum + spent, 0n), overrun: small.spent > SMALL },
    { held: [0n, 0n], spent: charged, overrun: false },
  );
  t.diagnostic(`${ended.length} calls seen to their end, ${rows} rows of ${calls.size} calls, ${refused} refused by a budget`);
  assert.ok(rows > calls.size, 'some calls took two attempts');
  assert.ok(refused > 0, 'the small budget was used up');
});

test('the same without a journal loses calls, so that the test above can fail', async (t) => {
  const { ended, file } = await run(t, 'control', 3, false);
  const { calls } = await books(file);
  const missing = ended.filter((id) => !calls.has(id)).length;
  t.diagnostic(`${missing} of ${ended.length} calls are missing`);
  assert.notEqual(missing, 0);
});

async function run(t: TestContext, name: string, kills: number, journalled: boolean) {
  const chance = simulatedWorld({ seed: SEED }).random;
  const file = path.join(folder, name, 'ledger.sqlite');
  const journal = path.join(folder, name, 'journal');
  const upstream = start('upstream.ts');
  const config = JSON.stringify({
    providers: { openai: { dialect: 'openai', baseUrl: `${await line(upstream)}/v1`, apiKey: 'sk-crash-0123456789' } },
    models: { plain: 'openai/gpt-5-mini', spare: ['openai/absent', 'openai/gpt-5-mini'] },
    // One is used up on the way, the other never is.
    budgets: [
      { scope: { feature: 'feature-0' }, limit: '$0.002', period: 'month' },
      { scope: { feature: 'feature-1' }, limit: '$1000', period: 'month' },
    ],
    ledger: { file, journal: journalled ? { dir: journal } : 'off' },
    log: { level: 'silent' },
  });
  const spare = () => start('gateway.ts', config);
  const serve = async (child: ChildProcess) => {
    child.stdin!.write('go\n');
    const url = await line(child);
    callers.open(url);
    return { child, url };
  };

  const callers = startCallers(CALLERS, PAUSE_MS_MAX, chance);
  const serving = [await serve(spare()), await serve(spare())];
  let next = spare();
  const beganMs = performance.now();
  for (let kill = 0; kill < kills; kill += 1) {
    const [replacement] = await Promise.all([serve(next), pause(chance() * LIFE_MS_MAX)]);
    next = spare();
    const [victim] = serving.splice(Math.floor(chance() * serving.length), 1, replacement);
    await die(victim!.child);
    callers.gone(victim!.url);
  }
  t.diagnostic(`${Math.round(callers.ended.length / ((performance.now() - beganMs) / 1000))} calls a second`);
  for (const { child } of serving) await die(child);
  callers.stop();
  await Promise.all([die(next), die(upstream)]);
  return { ended: callers.ended, refused: callers.refused, file, journal };
}

async function books(file: string) {
  const db = sqlite({ file, busyMs: 1_000 });
  const { records, sums, again } = await recount(db);
  await db.close();
  const charged = records.flatMap(({ charges = [] }) => charges).reduce((sum, { amount }) => sum + amount, 0n);
  return { calls: new Set(records.map(({ callId }) => callId)), rows: records.length, sums, again, charged };
}

function start(program: string, ...args: string[]): ChildProcess {
  const child = spawn(process.execPath, [path.join(import.meta.dirname, program), ...args], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, NODE_COMPILE_CACHE: path.join(folder, 'compiled') },
  });
  children.add(child);
  return child;
}

/** The next line the program prints. */
async function line(child: ChildProcess): Promise<string> {
  const lines = createInterface({ input: child.stdout! });
  const [text] = (await once(lines, 'line')) as [string];
  return text;
}

async function die(child: ChildProcess): Promise<void> {
  const over = once(child, 'exit');
  child.kill('SIGKILL');
  await over;
  children.delete(child);
}
