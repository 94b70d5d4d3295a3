import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test, { type TestContext } from 'node:test';
import { startSimulator } from '../../src/simulator/index.ts';

/** A folder with a configuration, whose providers a simulator plays, and the command in it. */
async function place(t: TestContext) {
  const folder = mkdtempSync(path.join(tmpdir(), 'headgate-batch-'));
  const { url, close } = await startSimulator({ port: 0 });
  t.after(async () => {
    await close();
    rmSync(folder, { recursive: true, force: true });
  });
  const file = (name: string, text: string | Buffer) => {
    writeFileSync(path.join(folder, name), text);
    return path.join(folder, name);
  };
  const config = file(
    'headgate.yaml',
    `providers:
  openai: { dialect: openai, baseUrl: ${url}/openai/v1, apiKey: sk-0123456789abcdef }
  anthropic: { dialect: anthropic, baseUrl: ${url}/anthropic, apiKey: sk-ant-0123456789abcdef }
ledger: { file: ${path.join(folder, 'ledger.sqlite')} }
`,
  );
  const batch = (...args: readonly string[]) =>
    new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
      execFile(process.execPath, ['src/cli/main.ts', 'batch', ...args, '-c', config], (error, stdout, stderr) =>
        resolve({ code: typeof error?.code === 'number' ? error.code : error ? -1 : 0, stdout, stderr }),
      );
    });
  return { file, batch };
}

test('rows and a prompt become a job, which is waited for and read back with its columns', async (t) => {
  const { file, batch } = await place(t);
  const rows = file('q.csv', 'id,city\n1,Oslo\n2,"Bonn, on the Rhine"\n3\n');
  const submit = ['submit', rows, '-t', file('p.txt', 'Where is {{city}}?'), '-m', 'claude-haiku-5-5', '-n', '50'];
  const refused = await batch(...submit, '--yes');
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /q\.csv:4: has 1 cells, and 2 columns have names/);
  assert.match(refused.stderr, /--skip-bad/);
  const silent = await batch(...submit, '--skip-bad');
  assert.match(silent.stderr, /nothing is handed in without --yes/);
  const { code, stdout } = await batch(...submit, '--skip-bad', '--yes');
  assert.equal(code, 0);
  assert.match(stdout, /2 to anthropic\/claude-haiku-5-5, as a batch/);
  assert.match(stdout, /one by one \(50 % less\)/);
  const [id] = /batch_[0-9a-f]{32}/.exec(stdout)!;
  const waited = await batch('wait', id);
  assert.equal(waited.code, 0, waited.stderr);
  assert.match(waited.stdout, /ended, 2 of 2: 2 succeeded, \$0\.\d+/);
  const results = await batch('results', id, '--format', 'csv', '--input', rows);
  assert.deepEqual(results.stdout.trimEnd().split('\n'), [
    'id,city,custom_id,outcome,text,error',
    '1,Oslo,1,succeeded,This is a simulated answer to: Where is Oslo?,',
    '2,"Bonn, on the Rhine",2,succeeded,"This is a simulated answer to: Where is Bonn, on the Rhine?",',
  ]);
  assert.match((await batch('list')).stdout, new RegExp(`${id} +ended`));
  assert.match((await batch('status', 'nobody')).stderr, /there is no job "nobody"/);
});

test('lines that cannot be asked are named before anything is sent', async (t) => {
  const { file, batch } = await place(t);
  const line = (customId: string, body: object) =>
    JSON.stringify({ custom_id: customId, method: 'POST', url: '/v1/chat/completions', body });
  const good = { model: 'gpt-6-luna', messages: [{ role: 'user', content: 'x' }] };
  const lines = file('in.jsonl', [line('a', good), 'bad', line('a', good), line('b', { ...good, stream: true })].join('\n'));
  const { code, stdout, stderr } = await batch('submit', lines, '--dry-run');
  assert.equal(code, 1);
  assert.match(stdout, /^1 lines/);
  assert.match(
    stderr,
    /in\.jsonl:2: is not valid JSON\n.*in\.jsonl:3: has the custom_id "a" of line 1\n.*in\.jsonl:4: stream must be left out/,
  );
});

test('a quote that is never closed hands nothing in, bad lines skipped or not', async (t) => {
  const { file, batch } = await place(t);
  const rows = file('u.csv', 'id,city\n1,"Oslo\n2,Bonn\n3,Rome\n');
  const { code, stdout, stderr } = await batch('submit', rows, '-t', file('p.txt', '{{city}}?'), '-m', 'gpt-6-luna', '--skip-bad', '--yes');
  assert.deepEqual([code, stdout, stderr], [1, '', `error: ${rows}:2: the quote is never closed\n`]);
  assert.equal((await batch('list')).stdout.includes('batch_'), false);
});

test('lines end at line feeds only, and what is no UTF-8 is named', async (t) => {
  const { file, batch } = await place(t);
  const line = (customId: string, content: string) =>
    JSON.stringify({
      custom_id: customId,
      method: 'POST',
      url: '/v1/chat/completions',
      body: { model: 'gpt-6-luna', messages: [{ role: 'user', content }] },
    });
  const text = [`\uFEFF${line('a', 'one\u2028two')}\r`, line('b', '\u2029'), '', 'bad', line('c', '\uFFFF')].join('\n');
  const bytes = Buffer.from(text);
  bytes[bytes.lastIndexOf(0xef)] = 0xff;
  const { stdout, stderr } = await batch('submit', file('in.jsonl', bytes), '--dry-run');
  assert.match(stdout, /^2 lines/);
  assert.match(stderr, /in\.jsonl:4: is not valid JSON\n.*in\.jsonl:5: is not valid UTF-8\n/);
  const rows = file('in.csv', Buffer.from([...Buffer.from('id,city\n1,Oslo\n2,'), 0xff, 0x0a]));
  const csv = await batch('submit', rows, '-t', file('p.txt', '{{city}}?'), '-m', 'gpt-6-luna', '--dry-run');
  assert.deepEqual([csv.code, csv.stderr], [1, `error: ${rows}:3: is not valid UTF-8\n`]);
});

test('only columns of the row stand for places of a template', async (t) => {
  const { file, batch } = await place(t);
  const rows = file('in.jsonl', '{"id":"1"}\n');
  const { code, stderr } = await batch('submit', rows, '-t', file('p.txt', '{{constructor}}'), '-m', 'gpt-6-luna', '--dry-run');
  assert.equal(code, 1);
  assert.match(stderr, /in\.jsonl:1: has no column "constructor", which the template names/);
});

test('columns of the input that are called like ours stay, and ours get another name', async (t) => {
  const { file, batch } = await place(t);
  const rows = file('in.jsonl', '{"id":"1","text":"Oslo","body":"x","answer_body":"y"}\n{"id":"2","text":"Bonn","error":"none"}\n');
  const submitted = await batch('submit', rows, '-t', file('p.txt', '{{text}}'), '-m', 'gpt-6-luna', '--yes');
  const [id] = /batch_[0-9a-f]{32}/.exec(submitted.stdout)!;
  await batch('wait', id);
  const csv = await batch('results', id, '--format', 'csv', '--input', rows);
  assert.deepEqual(csv.stdout.trimEnd().split('\n'), [
    'id,text,body,answer_body,error,custom_id,outcome,answer_text,answer_error',
    '1,Oslo,x,y,,1,succeeded,This is a simulated answer to: Oslo,',
    '2,Bonn,,,none,2,succeeded,This is a simulated answer to: Bonn,',
  ]);
  const output = file('out.jsonl', '');
  assert.equal((await batch('results', id, '--input', rows, '-o', output)).code, 0);
  const [first] = readFileSync(output, 'utf8').split('\n');
  const { answer_answer_body: body, ...rest } = JSON.parse(first!) as Record<string, unknown>;
  const own = { id: '1', text: 'Oslo', body: 'x', answer_body: 'y' };
  assert.deepEqual(rest, { ...own, custom_id: '1', outcome: 'succeeded', answer_text: 'This is a simulated answer to: Oslo' });
  assert.equal((body as { object: string }).object, 'chat.completion');
  const nowhere = await batch('results', id, '-o', '/nonexistent/x.jsonl');
  assert.equal(nowhere.code, 1);
  assert.match(nowhere.stderr, /^error: \/nonexistent\/x\.jsonl: there is no folder \/nonexistent\n$/);
});
