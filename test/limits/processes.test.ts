import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test, { after } from 'node:test';
import { fileURLToPath } from 'node:url';
import { connect, type Location } from '../../src/store/connect.ts';
import { migrate } from '../../src/store/migrate.ts';
import { engines } from '../support/engines.ts';
import { LIMIT_TOKENS, REFUSALS, type SpenderInput, type SpenderOutput, TOKEN } from './spender.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'headgate-limits-'));
after(() => {
  for (const child of children) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});
const children: ChildProcess[] = [];
let journals = 0;

interface Spender {
  readonly process: ChildProcess;
  readonly journal: string;
  /** It waits for the word to begin. */
  readonly ready: Promise<void>;
  /** It has answered some calls. */
  readonly busy: Promise<void>;
  readonly done: Promise<SpenderOutput>;
}

function spender(location: Location, way: SpenderInput['way'], more: Partial<SpenderInput> = {}): Spender {
  const { journal = path.join(folder, `journal-${++journals}`) } = more;
  const input: SpenderInput = { location, way, journal, seed: journals, callers: 64, ...more };
  const child = spawn(process.execPath, [fileURLToPath(new URL('./spender.ts', import.meta.url)), JSON.stringify(input)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  children.push(child);
  let said = '';
  const [ready, busy] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text;
    if (said.includes('ready\n')) ready.resolve();
    if (said.includes('busy\n')) busy.resolve();
  });
  const done = once(child, 'close').then(
    () => JSON.parse(said.split('\n').find((line) => line.startsWith('{')) ?? 'null') as SpenderOutput,
  );
  return { process: child, journal, ready: ready.promise, busy: busy.promise, done };
}

/** What four see that begin at one moment: who starts earlier could spend it all alone. */
async function four(location: Location, way: SpenderInput['way'], more: Partial<SpenderInput> = {}): Promise<SpenderOutput[]> {
  const spenders = [1, 2, 3, 4].map(() => spender(location, way, { ...more, together: true }));
  await Promise.all(spenders.map(({ ready }) => ready));
  for (const { process } of spenders) process.stdin!.write('go');
  return Promise.all(spenders.map(({ done }) => done));
}

/** What the ledger's rows add up to, and what the budget says, in tokens. */
async function booked(location: Location): Promise<{ rows: number; spent: number; held: number }> {
  const db = await connect(location);
  const [rows] = await db.all('select coalesce(sum(cost), 0) as cost from usage_record');
  const [account] = await db.all('select spent, held from budget_account');
  await db.close();
  const tokens = (value: unknown) => Number(value ?? 0) / Number(TOKEN);
  return { rows: tokens(rows?.['cost']), spent: tokens(account?.['spent']), held: tokens(account?.['held']) };
}

/** Four gateways start at an empty ledger: one makes its tables first. */
async function prepared(fresh: () => Promise<Location>): Promise<Location> {
  const location = await fresh();
  const db = await connect(location);
  await migrate(db);
  await db.close();
  return location;
}

for (const { name, skip, fresh } of engines()) {
  test(`four gateways of 64 callers spend a dollar on ${name}, nearly all of it and no more`, { skip }, async (t) => {
    const location = await prepared(fresh);
    const seen = await four(location, 'holds');
    const { rows, spent, held } = await booked(location);
    assert.equal(spent, rows);
    assert.equal(held, 0);
    t.diagnostic(`${spent} of ${LIMIT_TOKENS} spent, in ${seen.map(({ answered }) => answered).join(', ')} calls`);
    assert.ok(spent <= LIMIT_TOKENS, `overspent: ${spent}`);
    assert.ok(spent >= LIMIT_TOKENS * 0.95, `unused: ${LIMIT_TOKENS - spent}`);
    assert.ok(seen.every(({ answered, refused }) => answered > 0 && refused >= 64 * REFUSALS));
  });

  test(`callers overspend on ${name} where what is spent is looked at first and added after`, { skip }, async (t) => {
    const location = await prepared(fresh);
    await four(location, 'check', { callers: 16, callsMax: 400 });
    const { rows, spent } = await booked(location);
    assert.equal(spent, rows);
    t.diagnostic(`${spent} of ${LIMIT_TOKENS} spent`);
    assert.ok(spent > LIMIT_TOKENS, `not overspent: ${spent}`);
  });
}

for (const { name, skip, fresh } of engines()) {
  test(`gateways killed at any moment leave nothing spent twice, nothing unspent and nothing set aside on ${name}`, { skip }, async () => {
    const location = await prepared(fresh);
    const folders: (string | undefined)[] = [undefined, undefined, undefined];
    for (let round = 0; round < 2; round += 1) {
      const spenders = folders.map((journal) =>
        spender(location, 'holds', { forever: true, callers: 16, ...(journal !== undefined && { journal }) }),
      );
      await Promise.all(spenders.map(({ busy }) => busy));
      for (const { process } of spenders) process.kill('SIGKILL');
      await Promise.all(spenders.map(({ done }) => done));
      folders.splice(0, 3, ...spenders.map(({ journal }) => journal));
    }
    // Their successors write what was journalled; the rest is there for others once the dead have let go.
    await Promise.all(folders.map((journal) => spender(location, 'holds', { journal: journal!, callers: 0 }).done));
    const db = await connect(location);
    await db.all('update budget_hold set expires_ms = 1');
    await db.close();
    await Promise.all(folders.map((journal) => spender(location, 'holds', { journal: journal!, callers: 32 }).done));
    const { rows, spent, held } = await booked(location);
    assert.deepEqual([spent, held], [rows, 0]);
    assert.ok(spent <= LIMIT_TOKENS && spent >= LIMIT_TOKENS * 0.95, `${spent} of ${LIMIT_TOKENS} spent`);
  });
}
