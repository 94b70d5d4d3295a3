import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'node:test';
import type { CallEstimate } from '../../src/estimate-call.ts';
import { openaiTokenizer } from '../../src/lanes/tokenizer.ts';

const config = path.join(mkdtempSync(path.join(tmpdir(), 'headgate-estimate-')), 'headgate.yaml');
writeFileSync(
  config,
  `providers:
  openai: { dialect: openai, apiKey: sk-0123456789abcdef }
  anthropic: { dialect: anthropic, apiKey: sk-ant-0123456789abcdef }
models:
  smart: { targets: [openai/gpt-6-sol, anthropic/claude-sonnet-5] }
modelFacts:
  openai/gpt-4.1: { contextTokens: 600 }
`,
);
const estimate = (request: object, ...args: readonly string[]) =>
  spawnSync(process.execPath, ['src/cli/main.ts', 'estimate', '-', '-c', config, ...args], {
    input: JSON.stringify(request),
    encoding: 'utf8',
  });
const ASKED = { model: 'smart', max_completion_tokens: 500, messages: [{ role: 'user', content: 'hello world' }] };

test('each target has its tokens, how they were counted, its prices and whether it fits', () => {
  const { status, stdout, stderr } = estimate(ASKED, '--json');
  assert.deepEqual([status, stderr], [0, '']);
  const found = JSON.parse(stdout) as readonly CallEstimate[];
  assert.deepEqual(
    found.map((one) => [one.target, one.inputTokens, one.countedBy, one.outputTokensMax, one.fitsWindow, one.fitsOutput]),
    [
      ['openai/gpt-6-sol', 8, 'tokenizer', 500, true, true],
      ['anthropic/claude-sonnet-5', Math.ceil(JSON.stringify(ASKED).length / 4), 'length', 500, true, true],
    ],
  );
  for (const { likelyUsd, worstUsd } of found) assert.ok(Number(likelyUsd) > 0 && Number(worstUsd) > Number(likelyUsd));
});

test('what is to be seen counts with the reasoning it needs', () => {
  const [openai] = JSON.parse(estimate(ASKED, '--json', '--max-visible-tokens', '500').stdout) as readonly CallEstimate[];
  assert.equal(openai?.outputTokensMax, 500 + 16_384);
});

test('a call that fits no target fails and says why', () => {
  const beyond = estimate({ ...ASKED, model: 'openai/gpt-4.1', max_completion_tokens: 595 });
  assert.deepEqual([beyond.status, /no: beyond the window/.test(beyond.stdout)], [1, true]);
  const long = estimate({ ...ASKED, max_completion_tokens: 128_001 });
  assert.deepEqual([long.status, /no: beyond the longest answer/.test(long.stdout)], [1, true]);
  assert.match(estimate({ ...ASKED, model: 'smrat' }).stderr, /smrat/);
});

test('an unbroken run is counted in pieces, letters of two units whole', async () => {
  const count = (await openaiTokenizer())!;
  assert.equal(count('hello world'), 2);
  assert.ok(count('東'.repeat(80_000)) > 1000);
  for (const before of [254, 255, 256])
    assert.ok(count(`${'a'.repeat(before)}😀`) <= count('a'.repeat(before)) + count('😀'), `after ${before} letters`);
});
