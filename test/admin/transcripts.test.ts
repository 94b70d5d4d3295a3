import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'node:test';
import { startAdmin } from './gateway.ts';

const BODY = { model: 'smart', messages: [{ role: 'user', content: 'Where is Oslo, said Åse?' }] };
const MODELS = { models: { smart: 'openai/gpt-4.1' } };

test('what callers asked and saw is kept for the features that are asked for, and shown to operators only', async (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'headgate-transcripts-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const ledger = { file: path.join(folder, 'ledger.sqlite'), transcripts: { features: ['chat'], maxBytes: '4KB' } };
  const { headgate, ask } = await startAdmin(t, { ...MODELS, ledger });
  const call = async (feature: string, stream = false) => {
    const body = JSON.stringify({ ...BODY, ...(stream && { stream }) });
    const headers = { 'content-type': 'application/json', 'x-headgate-feature': feature };
    const answer = await headgate.fetch('http://headgate/v1/chat/completions', { method: 'POST', headers, body });
    return { id: answer.headers.get('x-headgate-call-id')!, body, text: await answer.text() };
  };
  const whole = await call('chat');
  const streamed = await call('chat', true);
  const other = await call('search');
  for (const { id, body, text } of [whole, streamed]) {
    const { status, body: shown } = await ask('GET', `/calls/${id}/transcript`);
    assert.deepEqual(
      [status, shown.request, shown.answer, shown.requestBytes, shown.answerBytes],
      [200, body, text, Buffer.byteLength(body), Buffer.byteLength(text)],
    );
  }
  assert.match(streamed.text, /data: \[DONE\]/);
  assert.equal((await ask('GET', `/calls/${other.id}/transcript`)).status, 404);
  assert.equal((await ask('GET', `/calls/${whole.id}/transcript`, undefined, 'not-the-token-of-the-admin')).status, 401);

  const config = path.join(folder, 'headgate.json');
  writeFileSync(config, JSON.stringify({ providers: { openai: { dialect: 'openai', apiKey: 'k' } }, ledger }));
  await headgate.ledger!.flush();
  const show = (...args: string[]) =>
    spawnSync(process.execPath, ['src/cli/main.ts', 'show', ...args, '--config', config], { encoding: 'utf8' });
  const shown = show(whole.id).stdout;
  for (const part of [`${whole.id}: smart, key anonymous, feature chat`, '1 first', whole.body, whole.text])
    assert.ok(shown.includes(part), part);
  assert.match(show(other.id).stdout, /What was said is not kept \(ledger\.transcripts\)\./);
  assert.equal(JSON.parse(show(streamed.id, '--json').stdout).transcript.answer, streamed.text);
  assert.deepEqual([show('call_of_nobody').status, show('call_of_nobody').stdout], [1, '']);
});

test('what is longer than is kept is cut, and says so', async (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'headgate-transcripts-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const { headgate, ask } = await startAdmin(t, {
    ...MODELS,
    ledger: { file: path.join(folder, 'ledger.sqlite'), transcripts: { maxBytes: '1KB' } },
  });
  const body = JSON.stringify({ ...BODY, metadata: { note: 'x'.repeat(500), more: 'y'.repeat(500) }, seed: 7 });
  const answer = await headgate.fetch('http://headgate/v1/chat/completions', { method: 'POST', body });
  const text = await answer.text();
  const { body: shown } = await ask('GET', `/calls/${answer.headers.get('x-headgate-call-id')}/transcript`);
  assert.deepEqual([shown.request, shown.answer], [body.slice(0, 1023), text.slice(0, 1024)]);
  assert.deepEqual([shown.requestBytes, shown.answerBytes], [Buffer.byteLength(body), Buffer.byteLength(text)]);
});
