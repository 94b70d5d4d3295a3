import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import test from 'node:test';
import { startSimulator } from '../../src/simulator/index.ts';

const main = path.resolve('src/cli/main.ts');

/** Runs `headgate wall` as a shell would. */
async function wall(args: readonly string[], node: readonly string[] = []) {
  const child = spawn(process.execPath, [...node, main, 'wall', ...args]);
  const [stdout, stderr, [status]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit') as Promise<[number]>]);
  return { status, stdout, stderr };
}

test('a card of one fault in one dialect, and the same as JSON in a file', async (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'headgate-wall-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = path.join(folder, 'card.json');
  const { status, stdout } = await wall(['--fault', '8', '--dialect', 'openai', '--speed', 'virtual', '--json', file]);
  assert.equal(status, 0);
  assert.match(stdout, /^ 8 +stream dies after 40 of 60 tokens +openai +safe +told: 08-openai-primary broke off/m);
  assert.match(stdout, /\n1: 0 pass, 1 safe\n$/);
  const card = JSON.parse(readFileSync(file, 'utf8'));
  assert.deepEqual([card.gateway, card.mode, card.totals], ['headgate', 'default', { pass: 0, safe: 1, fail: 0 }]);
  assert.deepEqual([card.results[0].fault, card.results[0].vendor, card.results[0].attempts.primary.length], [8, 'openai', 1]);
});

test('another gateway that does not know the wall is told what it must know', async (t) => {
  const simulator = await startSimulator();
  t.after(() => simulator.close());
  const { status, stderr } = await wall(['--url', `${simulator.url}/v1`, '--port', '0', '--dialect', 'anthropic', '--fault', '1']);
  assert.equal(status, 1);
  assert.match(stderr, /does not serve the wall's models/);
  assert.match(stderr, /^wall-01-anthropic +fallback +anthropic +http:\/\/127\.0\.0\.1:\d+\/01-anthropic\/fallback +sim-fallback$/m);
});

test('nobody can leave out the waiting of another process', async () => {
  const { status, stderr } = await wall(['--url', 'http://127.0.0.1:9/v1', '--speed', 'virtual']);
  assert.deepEqual([status, stderr.split(':')[0]], [2, 'error']);
});

test('without an SDK it says which and how to get it', async () => {
  const hook = `import { registerHooks } from 'node:module';
    registerHooks({ resolve(name, context, next) { if (name === 'openai') throw new Error('not here'); return next(name, context); } });`;
  const { status, stderr } = await wall(
    ['--fault', '1', '--speed', 'virtual'],
    ['--import', `data:text/javascript,${encodeURIComponent(hook)}`],
  );
  assert.equal(status, 1);
  assert.match(stderr, /the official SDK openai, which is not installed: npm install openai/);
});
