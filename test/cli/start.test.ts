import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import test, { after, type TestContext } from 'node:test';
import { startSimulator } from '../../src/simulator/index.ts';

const MAIN = path.resolve('src/cli/main.ts');
const folder = mkdtempSync(path.join(tmpdir(), 'headgate-start-'));
const thoughtful = { when: { contains: 'think hard' }, reply: { reasoning: 'Hm. '.repeat(400), text: 'Yes.' } };
const simulator = await startSimulator({ port: 0, script: [thoughtful] });
after(async () => {
  await simulator.close();
  rmSync(folder, { recursive: true });
});

test('the demo says how to call it and what that costs, answers, and stops when told', async (t) => {
  const { child, said } = gateway(t, 'start', '--demo', '--port', '0');
  const banner = await said('stdout', /Or point an SDK here/);
  assert.equal(banner.match(/, for \$0\.\d+$/gm)?.length, 3);

  // Each line it prints works as it is typed.
  for (const line of banner.split(/\n\n/).filter((block) => block.includes('curl -s'))) {
    const { stdout } = spawnSync('sh', ['-c', line], { encoding: 'utf8' });
    assert.match(stdout, /^\{.*"model":/s, line);
  }
  child.kill('SIGTERM');
  assert.deepEqual(await once(child, 'exit'), [0, null]);

  const usage = await headgate('usage', '--format', 'json');
  assert.match(usage.stderr, /this is the demo's ledger/);
  assert.equal((JSON.parse(usage.stdout) as { total: { calls: number } }).total.calls, 6);
});

test('told to stop, it is not ready at once, answers on for the drain, and ends at a second signal', async (t) => {
  const file = path.join(folder, 'stop.yaml');
  writeFileSync(file, `${configured('mine')}server: { drain: 5m }\n`);
  const { child, said } = gateway(t, '--config', file, '--port', '0');
  const url = /listens on (http\S+)/.exec(await said('stdout', /Or point an SDK here/))![1]!;
  child.kill('SIGTERM');
  await said('stdout', /stopping/);
  const ready = await fetch(`${url}/readyz`);
  assert.deepEqual([ready.status, ready.headers.get('connection')], [503, 'close']);
  assert.equal(await status(url, 'mine'), 200);
  child.kill('SIGTERM');
  assert.deepEqual(await once(child, 'exit'), [143, null]);
});

test('a promise that nobody waits for is told of, and ends nothing', async (t) => {
  const failing = "process.on('SIGUSR2', () => void Promise.reject(new Error('left alone')))";
  const file = path.join(folder, 'rejected.yaml');
  writeFileSync(file, configured('mine'));
  const { child, said } = gateway(t, `--import=data:text/javascript,${encodeURIComponent(failing)}`, '--config', file, '--port', '0');
  const url = /listens on (http\S+)/.exec(await said('stdout', /Or point an SDK here/))![1]!;
  child.kill('SIGUSR2');
  assert.match(await said('stderr', /nobody waited for/), /"message":"left alone"/);
  assert.equal(await status(url, 'mine'), 200);
});

test('a taken port is told with a way out', async (t) => {
  const { said } = gateway(t, 'start', '--demo', '--port', '0');
  const port = /127\.0\.0\.1:(\d+)/.exec(await said('stdout', /Or point an SDK here/))![1]!;
  const second = gateway(t, 'start', '--demo', '--port', port);
  assert.match(
    await second.said('stderr', /\n/),
    /^error: port \d+ on 127\.0\.0\.1 is taken by another program; choose another with --port/,
  );
  assert.deepEqual(await once(second.child, 'exit'), [1, null]);
});

test('the simulator tells of a taken port as the gateway does', async (t) => {
  const second = gateway(t, 'simulate', '--port', new URL(simulator.url).port);
  assert.match(
    await second.said('stderr', /\n/),
    /^error: port \d+ on 127\.0\.0\.1 is taken by another program; choose another with --port/,
  );
  assert.deepEqual(await once(second.child, 'exit'), [1, null]);
});

test('a changed configuration is taken over when it is good, and told and left when it is not', async (t) => {
  const file = path.join(folder, 'reload.yaml');
  writeFileSync(file, configured('first'));
  const { said } = gateway(t, '--config', file, '--port', '0');
  const url = /listens on (http\S+)/.exec(await said('stdout', /Or point an SDK here/))![1]!;
  assert.deepEqual([await status(url, 'first'), await status(url, 'second')], [200, 404]);

  writeFileSync(file, configured('second').replace('models:', 'modles:'));
  assert.match(await said('stderr', /\n/), /reload\.yaml:4:1: modles is not a setting \(did you mean \\"models\\"\?\)/);
  assert.deepEqual([await status(url, 'first'), await status(url, 'second')], [200, 404]);

  writeFileSync(file, configured('second'));
  await said('stderr', /is used from now on/);
  assert.deepEqual([await status(url, 'first'), await status(url, 'second')], [404, 200]);
});

test('call asks in this process, streams, and tells tokens and cost', async () => {
  const file = path.join(folder, 'call.yaml');
  writeFileSync(file, configured('mine'));
  for (const how of [[], ['--no-stream']]) {
    const { status, stdout, stderr } = await headgate('call', '-m', 'mine', '-c', file, 'Name three rivers.', ...how);
    assert.equal(status, 0, stderr);
    assert.match(stdout, /^\S.*\n$/s);
    assert.match(stderr, /^\d+ tokens in, \d+ out, \$0\.\d+\n$/);
  }
  for (const how of [[], ['--no-stream']]) {
    const { stdout, stderr } = await headgate('call', '-m', 'mine', '-c', file, 'think hard', '--max-tokens', '50', ...how);
    assert.equal(stdout, '\n');
    assert.match(stderr, /^starved: reasoning used 50 of 50 tokens; --max-tokens sets how many there are\n\d+ tokens in, 50 out, /);
  }
  const json = await headgate('call', '-m', 'mine', '-c', file, '--json', 'Name three rivers.');
  assert.equal(JSON.parse(json.stdout).object, 'chat.completion');
  const unknown = await headgate('call', '-m', 'mien', '-c', file, 'x');
  assert.deepEqual([unknown.status, unknown.stderr], [1, 'error: model "mien" is not known (did you mean "mine"?)\n']);
});

test('call asks a running gateway too', async (t) => {
  const { said } = gateway(t, 'start', '--demo', '--port', '0');
  const url = /listens on (http\S+)/.exec(await said('stdout', /Or point an SDK here/))![1]!;
  const asked = await headgate('call', '-m', 'claude-haiku-5-5', '--url', url, 'Name three rivers.');
  assert.equal(asked.status, 0, asked.stderr);
  const nobody = await headgate('call', '-m', 'x', '--url', 'http://127.0.0.1:2', 'hello');
  assert.deepEqual([nobody.status, nobody.stderr], [1, 'error: no gateway answers at http://127.0.0.1:2 (ECONNREFUSED)\n']);
});

test('doctor finds nothing wrong where nothing is', async () => {
  const file = path.join(folder, 'doctor.yaml');
  writeFileSync(file, configured('mine'));
  const { status, stdout } = await headgate('doctor', '-c', file);
  assert.equal(status, 0, stdout);
  assert.match(stdout, /^✔ provider claude +http:\/\/127\.0\.0\.1:\d+ answers$/m);
  assert.match(stdout, /^✔ clock +agrees/m);
  writeFileSync(file, configured('mine').replace(/http:[^"]+/, 'http://127.0.0.1:2'));
  assert.equal((await headgate('doctor', '-c', file)).status, 1);
});

test('simulate plays a script', async (t) => {
  const file = path.join(folder, 'script.json');
  writeFileSync(file, '[{ "reply": { "text": "Aare, Rhine, Rhone." } }]');
  const { child, said } = gateway(t, 'simulate', '--port', '0', '--script', file);
  const url = /at (http\S+)/.exec(await said('stdout', /ANTHROPIC_BASE_URL/))![1]!;
  const answer = await fetch(`${url}/v1/messages`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-api-key': 'k', 'anthropic-version': '2023-06-01' },
    body: JSON.stringify({ model: 'claude-haiku-5-5', max_tokens: 100, messages: [{ role: 'user', content: 'Name three rivers.' }] }),
  });
  const { content } = (await answer.json()) as { content: { text?: string }[] };
  assert.deepEqual(
    content.flatMap(({ text }) => text ?? []),
    ['Aare, Rhine, Rhone.'],
  );
  child.kill('SIGINT');
  assert.deepEqual(await once(child, 'exit'), [0, null]);
  writeFileSync(file, '[');
  assert.match((await headgate('simulate', '--script', file)).stderr, /^error: .*script\.json is not JSON: /);
});

const configured = (name: string) => `providers:
  claude: { dialect: anthropic, apiKey: k, baseUrl: "${simulator.url}" }
prices: { claude/claude-haiku-5-5: { input: $1, output: $5 } }
models: { ${name}: claude/claude-haiku-5-5 }
`;

async function status(url: string, model: string): Promise<number> {
  const answer = await fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model, messages: [{ role: 'user', content: 'hello' }] }),
  });
  await answer.arrayBuffer();
  return answer.status;
}

const environment = { cwd: folder, env: { PATH: process.env['PATH'] } };

/** One command run to its end; not synchronously, because the simulator answers from this process. */
async function headgate(...args: string[]): Promise<{ status: number | null; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, [MAIN, ...args], { ...environment, stdio: ['ignore', 'pipe', 'pipe'] });
  const [stdout, stderr, [status]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
  return { status, stdout, stderr };
}

/** A gateway that runs until the test is over; `said` waits until it has said something, and forgets what led up to it. */
function gateway(
  t: TestContext,
  ...args: string[]
): { child: ChildProcess; said: (stream: 'stdout' | 'stderr', what: RegExp) => Promise<string> } {
  const nodes = args.filter((arg) => arg.startsWith('--import='));
  const child = spawn(process.execPath, [...nodes, MAIN, ...args.slice(nodes.length)], {
    ...environment,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  t.after(() => child.kill('SIGKILL'));
  const heard = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const) child[stream].on('data', (bytes) => (heard[stream] += bytes));
  return {
    child,
    async said(stream, what) {
      while (!what.test(heard[stream])) {
        if (child.exitCode !== null) assert.fail(`it ended with ${child.exitCode}: ${heard.stdout}${heard.stderr}`);
        await Promise.race([once(child[stream], 'data'), once(child, 'exit')]);
      }
      const text = heard[stream];
      heard[stream] = '';
      return text;
    },
  };
}
