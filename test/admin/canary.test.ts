import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'node:test';
import { startSimulator } from '../../src/simulator/index.ts';

/** A secret in every form it could leak in. */
const forms = (secret: string) => [
  secret,
  Buffer.from(secret).toString('base64').replace(/=+$/, ''),
  Buffer.from(secret).toString('base64url'),
  Buffer.from(secret).toString('hex'),
  encodeURIComponent(secret),
];

const ADMIN = 'canary-admin-token-7f3a';
const PROVIDER = 'sk-canary-provider-key-91c2';
const WRONG = 'hg_canary-of-a-key-that-is-none';

test('no secret is in a log, an error, an answer of the admin API or a file, and of a key its digest alone is kept', async (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'headgate-canary-'));
  const simulator = await startSimulator({ port: 0 });
  t.after(async () => {
    await simulator.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const config = path.join(folder, 'headgate.json');
  writeFileSync(
    config,
    JSON.stringify({
      server: { port: 0, keys: [{ id: 'ci', key: '${CI_KEY}' }] },
      providers: {
        claude: { dialect: 'anthropic', baseUrl: simulator.url, apiKey: '${PROVIDER_KEY}', headers: { 'x-secret': '${PROVIDER_KEY}' } },
      },
      admin: { token: '${ADMIN}' },
      log: { level: 'debug' },
    }),
  );
  const CI = 'hg_canary-key-of-the-configuration';
  const env = { PATH: process.env['PATH'], PROVIDER_KEY: PROVIDER, ADMIN, CI_KEY: CI };
  const child = spawn(process.execPath, [path.resolve('src/cli/main.ts'), '--config', config], { cwd: folder, env });
  let output = '';
  const url = await new Promise<string>((resolve, reject) => {
    const hear = (bytes: Buffer) => {
      output += String(bytes);
      const address = /http:\/\/127\.0\.0\.1:\d+/.exec(output)?.[0];
      if (address) resolve(address);
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    child.on('exit', () => reject(new Error(output)));
  });

  let answers = '';
  const fetched = async (target: string, init: RequestInit) => {
    const answer = await fetch(url + target, init);
    const text = await answer.text();
    answers += `${JSON.stringify([...answer.headers])} ${text}\n`;
    return text;
  };
  const admin = (method: string, target: string, body?: object) =>
    fetched(`/admin/v1${target}`, { method, headers: { authorization: `Bearer ${ADMIN}` }, ...(body && { body: JSON.stringify(body) }) });
  const secretIn = (text: string) => (JSON.parse(text) as { secret: string }).secret;
  const made = secretIn(await admin('POST', '/keys', { id: 'app', scopes: { models: ['claude/claude-sonnet-5'] } }));
  const rotated = secretIn(await admin('POST', '/keys/app/rotate', {}));
  // What was to be shown once has been shown.
  answers = answers.replaceAll(made, '').replaceAll(rotated, '');

  for (const key of [made, rotated, CI, WRONG, ADMIN, PROVIDER])
    for (const [target, model] of [
      ['/v1/messages', 'claude/claude-sonnet-5'],
      ['/v1/messages', 'nobody'],
      ['/v1/chat/completions', 'claude/claude-sonnet-5'],
      [`/v1/messages?key=${key}`, 'claude/claude-sonnet-5'],
    ])
      await fetched(target!, {
        method: 'POST',
        headers: { authorization: `Bearer ${key}`, 'x-api-key': key },
        body: JSON.stringify({ model, max_tokens: 9, messages: [{ role: 'user', content: 'hi' }] }),
      });
  for (const target of [
    '/keys',
    '/keys/app',
    '/keys/ci',
    '/config',
    '/status',
    '/upstreams',
    '/usage?by=key',
    '/records',
    '/alerts',
    '/openapi.json',
  ])
    await admin('GET', target);
  await admin('GET', `/keys/${made}`);
  await admin('POST', '/keys', { secret: made });
  await admin('POST', '/keys/app/revoke');
  await fetched(`/admin/v1/keys`, { headers: { authorization: `Bearer ${made}` } });

  child.kill('SIGTERM');
  await once(child, 'close');
  const files = globSync('**/*', { cwd: folder }).flatMap((name) => {
    try {
      return [`${name}\n${readFileSync(path.join(folder, name), 'latin1')}`];
    } catch {
      return [];
    }
  });
  const everything = { output, files: files.filter((text) => !text.startsWith('headgate.json')).join('\n'), answers };
  const leaks = Object.entries(everything).flatMap(([where, text]) =>
    Object.entries({ made, rotated, CI, ADMIN, PROVIDER, WRONG }).flatMap(([name, secret]) =>
      forms(secret).some((form) => text.includes(form)) ? [`${name} in ${where}`] : [],
    ),
  );
  assert.deepEqual(leaks, []);
  // There was something to look through.
  assert.match(everything.files, /[0-9a-f]{64}/);
  assert.match(output, /"callId":/);
  assert.match(answers, /"hint":"hg_…/);
});
