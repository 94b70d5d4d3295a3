import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import test, { after } from 'node:test';
import { stripVTControlCharacters } from 'node:util';

const folder = mkdtempSync(path.join(tmpdir(), 'headgate-cli-'));
after(() => rmSync(folder, { recursive: true }));

test('help shows no default that is only the beginning of a list', () => {
  const { stdout } = headgate('usage', '--help');
  assert.match(stdout, /--where <name=value> {2}only these; may be given many times\n/);
  assert.doesNotMatch(stdout, /default: [[{]/);
});

test('help shows every command, examples and exit codes', () => {
  const { status, stdout } = headgate('--help');
  assert.equal(status, 0);
  for (const word of ['start', 'check', 'call', 'simulate', 'doctor', 'Examples:', 'Exit codes:']) assert.ok(stdout.includes(word), word);
});

test('a mistyped command is refused with what was meant, and so are wrong options', () => {
  assert.deepEqual(headgate('chekc'), { status: 2, stdout: '', stderr: 'error: there is no command "chekc" (did you mean "check"?)\n' });
  assert.equal(headgate('start', '--port', '70000').status, 2);
  assert.equal(headgate('call', 'hello').status, 2);
  assert.deepEqual(headgate('call', '-m', 'm', ' '), {
    status: 2,
    stdout: '',
    stderr: 'error: there is nothing to ask: the prompt is empty\n',
  });
  assert.equal(headgate('--prot', '1').status, 2);
});

test('options that cannot be understood end with 2, and their error names them', () => {
  const refused = (stderr: RegExp, ...args: string[]) => {
    const answer = headgate(...args);
    assert.deepEqual([answer.status, answer.stdout], [2, ''], args.join(' '));
    assert.match(answer.stderr, stderr);
  };
  write('headgate.yaml', 'providers: { openai: { dialect: openai, apiKey: sk-secret } }\nledger: { file: other.sqlite }\n');
  refused(/--from must be a date/, 'usage', '--from', 'foo');
  refused(/--to needs --from/, 'usage', '--to', '2026-11-20');
  refused(/--model, --batch, --tier/, 'whatif');
  refused(/--fault .*from 1 to 16/, 'wall', '--fault', '17');
  refused(/--tags must be name=value/, 'keys', 'create', '--tags', 'team');
  // As a shell makes it of --budget $50/day.
  refused(/--budget must be like '\$50\/day'.*in quotes/, 'keys', 'create', '--budget', '0/day');
  refused(/--overlap must be a duration/, 'keys', 'rotate', 'k', '--overlap', 'x');
  for (const args of [
    ['call', '-m', 'm', 'hi'],
    ['keys', 'list'],
    ['wall', '--speed', 'virtual'],
    ['cache', 'diagnose', 'a.json', 'b.json'],
  ])
    refused(/--url .*http:\/\/127\.0\.0\.1:4000/, ...args, '--url', 'localhost:4000');
  refused(/--provider must be one of .*openai.*got "nope"/, 'price', '-m', 'gpt-6-sol', '--usage', usage(), '--provider', 'nope');
});

test('a file that is not there is named, whichever command was to read it', () => {
  write('headgate.yaml', 'providers: { openai: { dialect: openai, apiKey: sk-secret } }\nledger: { file: other.sqlite }\n');
  for (const args of [
    ['price', '-m', 'gpt-6-sol', '--usage'],
    ['price', '--cases'],
    ['route', '--explain'],
    ['estimate'],
    ['explain-error', '--body'],
    ['cache', 'plan', '--trace'],
    ['alerts', 'replay', '--cases'],
    ['simulate', '--script'],
    ['import', 'litellm'],
    ['batch', 'submit'],
  ])
    assert.deepEqual(
      headgate(...args, 'none.json'),
      { status: 1, stdout: '', stderr: 'error: none.json: there is no such file\n' },
      args.join(' '),
    );
});

test('prices of the configuration in the folder count without being named', () => {
  write(
    'headgate.yaml',
    'providers: { mine: { dialect: openai-chat, baseUrl: "http://127.0.0.1:9/v1" } }\nprices: { mine/llama: { input: $1, output: $2, cacheRead: $0.1 } }\n',
  );
  assert.match(headgate('price', '-m', 'llama', '--usage', usage()).stdout, /^total: \$0\.000002, exact$/m);
  assert.match(headgate('prices', 'list', '-m', 'llama').stdout, /^llama at mine/);
  assert.match(headgate('cache', 'break-even', '-m', 'llama').stdout, /^llama, 2,000 tokens: \$0\.002 afresh/);
});

const usage = () => write('usage.json', '{ "usage": { "prompt_tokens": 2, "completion_tokens": 0, "total_tokens": 2 } }');

test('check shows where each model goes', () => {
  write('headgate.yaml', 'providers: { openai: { dialect: openai, apiKey: sk-secret } }\nmodels: { smart: openai/gpt-6-sol }\n');
  const { status, stdout, stderr } = headgate('check');
  assert.deepEqual({ status, stderr }, { status: 0, stderr: '' });
  assert.match(stdout, /^headgate.yaml is good\.$/m);
  assert.match(stdout, /^smart +openai\/gpt-6-sol +10m +content +no$/m);
  assert.ok(!stdout.includes('sk-secret') && stdout === stripVTControlCharacters(stdout));
});

test('check tells all that is wrong, as editors link it, and fails', () => {
  write('wrong.yaml', 'providers: { openai: { dialect: openai, apiKey: ${NOT_SET} } }\nserver: { port: no }\n');
  assert.deepEqual(headgate('check', 'wrong.yaml'), {
    status: 1,
    stdout: '',
    stderr: [
      'error: wrong.yaml:1:41: providers.openai.apiKey needs the environment variable NOT_SET, which is not set (${NOT_SET:-default} gives it a default)',
      'error: wrong.yaml:2:11: server.port must be a whole number from 0 to 65535, got "no"\n',
    ].join('\n'),
  });
  assert.deepEqual(headgate('check', 'none.yaml').stderr, 'error: none.yaml: there is no such file\n');
});

test('alerts are replayed case by case, and a trial that does not reach its recipient fails', () => {
  const cases = write(
    'cases.json',
    JSON.stringify({ cases: [{ id: 'a', rule: 'day_bucket', timezone: 'UTC', instant: '2026-11-23T23:59:59Z' }] }),
  );
  assert.deepEqual(headgate('alerts', 'replay', '--cases', cases), { status: 0, stdout: '{"id":"a","day":"2026-11-23"}\n', stderr: '' });
  const mixed = write(
    'mixed.json',
    JSON.stringify([null, { id: 'b', rule: 'moon' }, { id: 'c', rule: 'day_bucket', instant: '2026-11-23T00:00:00Z' }]),
  );
  const { status, stdout, stderr } = headgate('alerts', 'replay', '--cases', mixed);
  assert.equal(status, 1);
  assert.deepEqual(
    stdout
      .trim()
      .split('\n')
      .map((line) => Object.keys(JSON.parse(line))),
    [
      ['id', 'error'],
      ['id', 'error'],
      ['id', 'day'],
    ],
  );
  assert.match(stderr, /^error: cases\[0\]: a case must be an object\nerror: b: rule must be /);
  const providers = 'providers: { openai: { dialect: openai, apiKey: k } }\n';
  const config = write('notify.yaml', `${providers}notify: { ops: { slack: "http://127.0.0.1:65530/" } }\n`);
  assert.deepEqual(headgate('alerts', 'test', '-c', config), {
    status: 1,
    stdout: '✖ ops: it cannot be reached (ECONNREFUSED)\n',
    stderr: '',
  });
  assert.deepEqual(headgate('alerts', 'test', 'opps', '-c', config), {
    status: 1,
    stdout: '',
    stderr: 'error: "opps" is not in notify (did you mean "ops"?)\n',
  });
  assert.match(headgate('alerts', 'list', '-c', config).stderr, /^error: the ledger "\.\/headgate\.sqlite" is not there/);
  const older = new DatabaseSync(path.join(folder, 'older.sqlite'));
  older.exec('create table migration (number bigint not null primary key); insert into migration values (1)');
  older.close();
  const before = write('before.yaml', `${providers}ledger: { file: older.sqlite }\n`);
  assert.match(headgate('alerts', 'list', '-c', before).stderr, /^error: the ledger "older\.sqlite" was written by an older Headgate/);
});

test('start without keys tells the three ways on', () => {
  const { status, stderr } = headgate('start', '--config', write('empty.yaml', ''));
  assert.equal(status, 1);
  assert.match(stderr, /OPENAI_API_KEY[\s\S]*headgate\.yaml[\s\S]*--demo/);
});

test('start refuses to be open to others without keys', () => {
  const config = write('open.yaml', 'providers: { openai: { dialect: openai, apiKey: k } }');
  const { status, stderr } = headgate('--config', config, '--host', '0.0.0.0');
  assert.equal(status, 1);
  assert.match(stderr, /add server\.keys, set admin\.token .*, or write "open: anyone"/);
});

/** Runs the command in a folder of its own, with nothing of ours in its environment. */
function headgate(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  const main = path.resolve('src/cli/main.ts');
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...args], {
    cwd: folder,
    env: { PATH: process.env['PATH'] },
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
}

function write(name: string, text: string): string {
  writeFileSync(path.join(folder, name), text);
  return name;
}
