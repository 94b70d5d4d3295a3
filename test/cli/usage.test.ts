import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test, { after } from 'node:test';
import { FOCUS_COLUMNS } from '../../src/accounting/focus.ts';
import { KEEP } from '../../src/accounting/keep.ts';
import { connect } from '../../src/store/connect.ts';
import type { Value } from '../../src/store/database.ts';
import { migrate } from '../../src/store/migrate.ts';
import { openStore } from '../../src/store/open-store.ts';
import { sweep } from '../../src/store/retention.ts';
import { pushRow, rowsIn } from '../../src/store/row.ts';
import { createWrite } from '../../src/store/write.ts';
import { engines } from '../support/engines.ts';
import { pico } from '../support/focus-rules.ts';
import { money, noon, record, world } from '../support/records.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'headgate-usage-'));
after(() => rmSync(folder, { recursive: true }));

const HOUR_MS = 3_600_000;
const booked = [
  record('a', { feature: 'search', user: 'ann', tags: { team: 'blue' }, tokens: { input: 1200, cacheRead: 300, output: 34 } }),
  record('b', { feature: 'search', endedAtMs: noon + HOUR_MS, cost: money(123_456_789_012_345n), costFloor: money(123_456_789_012_345n) }),
  record('c', { feature: 'a "b", c', cost: null, costFloor: money(1n), status: 'partial', measured: 'estimated' }),
];
const time = ['--from', '2026-11-20', '--to', '2026-11-21'];

for (const { name, skip, fresh } of engines()) {
  test(`${name}: usage prints what was used, while a gateway runs`, { skip }, async () => {
    const place = await fresh();
    const config = path.join(folder, `${name}.json`);
    writeFileSync(config, JSON.stringify({ providers: { openai: { dialect: 'openai', apiKey: 'k' } }, ledger: place }));
    const { ledger, close } = await openStore(place, world);
    ledger.book(booked);
    await ledger.flush();
    const usage = (...args: string[]) => headgate('usage', '--config', config, ...time, ...args);

    assert.deepEqual(usage('--by', 'feature'), {
      status: 0,
      stderr: '',
      stdout: `FEATURE   CALLS  ATTEMPTS  FAILED  INPUT  CACHED  OUTPUT  COST
search        2         2       0  1,600     300      44  $123.457089012345
a "b", c      1         1       0    100       0      10  ≥ $0.000000000001, 1 unpriced
total         3         3       0  1,700     300      54  ≥ $123.457089012346, 1 unpriced
attempts without a price, or without a whole one: 1; what is shown is the least they cost
attempts counted by Headgate, because the provider did not say: 1
`,
    });
    assert.equal(
      usage('--by', 'tag:team,user', '--every', 'hour', '--zone', 'Europe/Berlin', '--where', 'feature=search').stdout,
      `HOUR                     TEAM    USER    CALLS  ATTEMPTS  FAILED  INPUT  CACHED  OUTPUT  COST
2026-11-20 13:00 +01:00  blue    ann         1         1       0  1,500     300      34  $0.0003
2026-11-20 14:00 +01:00  (none)  (none)      1         1       0    100       0      10  $123.456789012345
total                                        2         2       0  1,600     300      44  $123.457089012345
`,
    );
    assert.equal(
      usage('--by', 'feature', '--every', 'day', '--format', 'csv', '--where', 'user=').stdout,
      `start,feature,calls,attempts,failures,unpriced,estimated,starved,input_tokens,cache_read_tokens,cache_write_tokens,output_tokens,reasoning_tokens,cost_usd,batch_saved_usd,cache_saved_usd
2026-11-20T00:00:00.000Z,search,1,1,0,0,0,0,100,0,0,10,0,123.456789012345,0,0
2026-11-20T00:00:00.000Z,"a ""b"", c",1,1,0,1,1,0,100,0,0,10,0,0.000000000001,0,0
`,
    );
    const json = JSON.parse(usage('--format', 'json', '--by', 'model').stdout);
    assert.deepEqual(
      [json.from, json.to, json.sums.length, json.sums[0].model, json.total.costUsd, json.total.unpriced],
      ['2026-11-20T00:00:00.000Z', '2026-11-21T00:00:00.000Z', 1, 'gpt-6-sol', '123.457089012346', 1],
    );
    const [header, ...lines] = headgate('export', 'focus', '--config', config, ...time, '--tags', 'team')
      .stdout.trimEnd()
      .split('\n');
    assert.equal(header, FOCUS_COLUMNS.join(','));
    assert.equal(
      lines.reduce((sum, line) => sum + pico(line.slice(0, line.indexOf(','))), 0n),
      123_457_089_012_346n,
    );
    assert.ok(lines.some((line) => line.includes('"{""feature"":""search"",""user"":""ann"",""team"":""blue""}"')));
    assert.equal(headgate('usage', '--config', config, '--last', '1d', '--from', '2020-01-01').status, 2);
    assert.equal(usage('--where', 'feature=nobody').stdout, 'nothing was used in that time\n');
    await close();
  });
}

test('the ledger is read where nobody is there to call: keys are for calls', async () => {
  const { ledger, close } = await openStore({ file: path.join(folder, 'headgate.sqlite') }, world);
  ledger.book(booked);
  await close();
  const { status, stdout } = headgate('usage', ...time, '--format', 'json');
  assert.deepEqual([status, JSON.parse(stdout).total.attempts], [0, 3]);
  const config = path.join(folder, 'books.yaml');
  writeFileSync(config, 'ledger: { file: ./headgate.sqlite }\n');
  for (const command of ['usage', 'budgets']) assert.equal(headgate(command, '--config', config).status, 0, command);
  assert.match(headgate('reprice', '--config', config).stderr, /nobody to call/);
  assert.equal(headgate('alerts', 'list').status, 0);
});

test('what is no longer kept is refused by every report that needs it', async () => {
  const ledger = { file: path.join(folder, 'swept.sqlite') };
  const config = path.join(folder, 'swept.json');
  writeFileSync(config, JSON.stringify({ providers: { openai: { dialect: 'openai', apiKey: 'k' } }, ledger }));
  const db = await connect(ledger);
  await migrate(db);
  const values: Value[] = [];
  for (const ended of ['2025-10-01T12:00Z', '2026-11-20T12:00Z'])
    pushRow(values, record(ended, { endedAtMs: Date.parse(ended), tags: { team: 'blue' } }));
  await createWrite(db)(rowsIn(values));
  await sweep(db, KEEP, noon);
  await db.close();
  const needs = (what: string, since: string) =>
    `error: this needs ${what}, which are kept since ${since} only; whole days in UTC, without tags, are there for ever\n`;
  const long = ['--config', config, '--from', '2025-10-01', '--to', '2026-11-21'];
  assert.deepEqual(
    [
      ['usage', '--by', 'tag:team'],
      ['export', 'focus'],
      ['whatif', '--batch'],
      ['reprice', '--dry-run'],
    ].map((command) => headgate(...command, ...long)),
    [needs('sums by tag', '2025-10-16'), ...Array.from({ length: 3 }, () => needs('rows', '2026-11-20'))].map((stderr) => ({
      status: 1,
      stdout: '',
      stderr,
    })),
  );
  assert.equal(headgate('export', 'focus', '--config', config, ...time).status, 0);
});

test('what usage does not understand, or has no ledger for, is told', () => {
  assert.match(headgate('usage', '--by', 'colour').stderr, /"colour" is none of feature, user, model, key, provider and tag:NAME/);
  assert.match(headgate('usage', '--zone', 'Mars').stderr, /There is no such time zone/);
  assert.match(headgate('usage', '--where', 'feature').stderr, /such as feature=search/);
  assert.match(headgate('usage', '--last', '7 days').stderr, /such as 24h or 7d/);
  const config = path.join(folder, 'none.yaml');
  writeFileSync(config, 'providers: { openai: { dialect: openai, apiKey: k } }\nledger: { file: ./nowhere.sqlite }\n');
  assert.deepEqual(headgate('usage', '--config', config), {
    status: 1,
    stdout: '',
    stderr: 'error: the ledger "./nowhere.sqlite" is not there: a gateway makes it when it first starts\n',
  });
  writeFileSync(config, 'providers: { openai: { dialect: openai, apiKey: k } }\nledger: off\n');
  assert.equal(headgate('usage', '--config', config).stderr, 'error: no ledger is kept: "ledger" is "off" in the configuration\n');
});

function headgate(...args: string[]) {
  const main = path.resolve('src/cli/main.ts');
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...args], {
    cwd: folder,
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], NO_COLOR: '1' },
  });
  return { status, stdout, stderr };
}
