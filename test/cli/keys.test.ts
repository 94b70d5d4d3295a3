import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test, { after } from 'node:test';
import { startAdmin, TOKEN } from '../admin/gateway.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'headgate-keys-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const main = path.resolve('src/cli/main.ts');
const config = path.join(folder, 'headgate.json');
writeFileSync(
  config,
  JSON.stringify({
    providers: { openai: { dialect: 'openai', apiKey: 'k' } },
    ledger: { file: path.join(folder, 'ledger.sqlite') },
    server: { keys: [{ id: 'ci', key: 'a-key-of-16-chars' }] },
  }),
);

test('keys are made, listed, rotated and revoked on the database alone', () => {
  const made = headgate(
    'keys',
    'create',
    '--id',
    'search',
    '--feature',
    'search',
    '--models',
    'smart,gpt-*',
    '--budget',
    '$50/day',
    '-c',
    config,
  );
  assert.equal(made.status, 0, made.stderr);
  assert.match(made.stdout, /^hg_[\w-]{43}\n$/);
  assert.match(made.stderr, /"search".*only time/);

  const rotated = headgate('keys', 'rotate', 'search', '--overlap', '0', '-c', config);
  assert.match(rotated.stdout, /^hg_[\w-]{43}\n$/);
  assert.notEqual(rotated.stdout, made.stdout);

  assert.equal(headgate('keys', 'disable', 'search', '-c', config).stdout, 'search is disabled\n');
  assert.equal(headgate('keys', 'enable', 'search', '-c', config).stdout, 'search is active\n');
  const [, ci, search] = headgate('keys', 'list', '-c', config).stdout.split('\n');
  assert.match(ci!, /^ci +\(config\) +active/);
  assert.match(search!, new RegExp(`^search +hg_…${rotated.stdout.trim().slice(-4)} +active +search +smart, gpt-\\* +never`));
  assert.equal(headgate('keys', 'revoke', 'search', '-c', config).stdout, 'search is revoked\n');

  const [, key] = JSON.parse(headgate('keys', 'list', '--json', '-c', config).stdout);
  assert.deepEqual(
    [key.id, key.state, key.limits],
    ['search', 'revoked', { budgets: [{ limit: '$50', period: 'day', exceeded: 'block' }] }],
  );
  assert.doesNotMatch(readFileSync(path.join(folder, 'ledger.sqlite'), 'latin1'), /hg_[\w-]{43}/);
});

test('what cannot be done is told with exit code 1, what cannot be understood with 2', () => {
  const refused = (...args: string[]) => {
    const { status, stdout, stderr } = headgate('keys', ...args, '-c', config);
    return `${status} ${stdout}${stderr}`.trim();
  };
  assert.deepEqual(
    [
      refused('revoke', 'nobody'),
      refused('revoke', 'ci'),
      refused('create', '--id', 'no spaces'),
      refused('create', '--budget', 'fifty'),
      refused('create', '--tags', 'blue'),
      refused('rotate', 'ci', '--overlap', 'soon'),
    ],
    [
      '1 error: there is no key "nobody"',
      '1 error: the key "ci" stands in the configuration: change it there',
      '1 error: id must be up to 64 letters, digits, "_", "-" and ".", not dots alone, and not "anonymous", got "no spaces"',
      "2 error: --budget must be like '$50/day' or '$50/month/alert', in quotes, got \"fifty\"",
      '2 error: --tags must be name=value pairs with commas between, got "blue"',
      '2 error: --overlap must be a duration such as 1d or 30m, or 0, got "soon"',
    ],
  );
  assert.equal(headgate('keys', 'revoke').status, 2);
});

test('a running gateway is asked by its address and token, and uses a new key at once', async (t) => {
  const { url, headgate: gateway } = await startAdmin(t);
  const env = { HEADGATE_ADMIN_TOKEN: TOKEN };
  const made = await beside(['keys', 'create', '--name', 'new', '--expires', '30d', '--url', url], env);
  assert.deepEqual([made.status, made.stderr.includes('only time')], [0, true]);
  const shown = (key: string) => gateway.fetch('http://headgate/v1/models', { headers: { authorization: `Bearer ${key}` } });
  assert.deepEqual([(await shown(made.stdout.trim())).status, (await shown('hg_wrong')).status], [200, 401]);
  assert.match((await beside(['keys', 'list', '--url', `${url}/`], env)).stdout, /new +hg_…/);
  assert.deepEqual(
    [
      await beside(['keys', 'list', '--url', url], { HEADGATE_ADMIN_TOKEN: 'wrong' }),
      await beside(['keys', 'list', '--url', url], {}),
      await beside(['keys', 'list', '--url', 'http://127.0.0.1:9'], env),
    ].map(({ stderr }) => stderr.trim().replace(/ \(.*\)$/, '')),
    [
      'error: show a token of the admin API as "authorization: Bearer …"',
      'error: set HEADGATE_ADMIN_TOKEN to the admin token of the gateway',
      'error: no gateway answers at http://127.0.0.1:9',
    ],
  );
});

/** Runs the command and waits, as a shell would. */
function headgate(...args: string[]) {
  return spawnSync(process.execPath, [main, ...args], { cwd: folder, env: { PATH: process.env['PATH'] }, encoding: 'utf8' });
}

/** Runs the command while this process goes on serving. */
async function beside(args: readonly string[], env: Record<string, string>) {
  const child = spawn(process.execPath, [main, ...args], { cwd: folder, env: { PATH: process.env['PATH'], ...env } });
  const out = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) child[name].on('data', (bytes) => (out[name] += String(bytes)));
  const status = await new Promise((resolve) => child.on('close', resolve));
  return { status, ...out };
}
