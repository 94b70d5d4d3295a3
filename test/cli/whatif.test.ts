import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test, { after } from 'node:test';
import { openStore } from '../../src/store/open-store.ts';
import { money, noon, record, world } from '../support/records.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'headgate-whatif-'));
after(() => rmSync(folder, { recursive: true }));

const config = path.join(folder, 'headgate.json');
const file = path.join(folder, 'ledger.sqlite');
writeFileSync(
  config,
  JSON.stringify({
    providers: {
      openai: { dialect: 'openai', apiKey: 'key-of-openai-1234' },
      claude: { dialect: 'anthropic', apiKey: 'key-of-anthropic-1' },
      local: { dialect: 'openai-chat', baseUrl: 'http://127.0.0.1:8000/v1' },
    },
    models: { smart: ['claude/claude-sonnet-4-6'] },
    ledger: { file },
  }),
);

const sonnet = { provider: 'claude', model: 'claude-sonnet-4-6', dialectOut: 'anthropic-messages' } as const;
/** $3 a million tokens in, $15 out: a million tokens in and 466,667 out are $10.000005. */
const NIGHT = { input: 1_000_000, output: 466_667 };

async function booked() {
  const store = await openStore({ file }, world);
  const nightly = (night: number) =>
    record(`night ${night}`, {
      ...sonnet,
      feature: 'nightly',
      tokens: NIGHT,
      endedAtMs: noon - night * 86_400_000,
      cost: money(10_000_005_000_000n),
      costFloor: money(10_000_005_000_000n),
    });
  const chat = (at: number, tokens: object, cost: bigint) =>
    record(`chat ${at}`, { ...sonnet, feature: 'chat', tokens, endedAtMs: noon + at * 60_000, cost: money(cost), costFloor: money(cost) });
  store.ledger.book([
    ...Array.from({ length: 10 }, (_, night) => nightly(night)),
    // A system prompt of 2,000 tokens, not cached: $0.006 each.
    chat(0, { input: 2000 }, 6_000_000_000n),
    chat(1, { input: 2000 }, 6_000_000_000n),
    chat(20, { input: 2000 }, 6_000_000_000n),
    record('cached', {
      ...sonnet,
      feature: 'cached',
      tokens: { cacheRead: 1_000_000 },
      cost: money(300_000_000_000n),
      costFloor: money(300_000_000_000n),
    }),
    record('unpriced', { provider: 'local', model: 'llama-4', feature: 'own', cost: null, costFloor: money(0n), status: 'unpriced' }),
  ]);
  await store.ledger.flush();
  await store.close();
}
await booked();

function whatif(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['src/cli/main.ts', 'whatif', '--config', config, '--from', '2026-11-01', '--to', '2026-12-01', ...args],
    { encoding: 'utf8' },
  );
  return { status, stdout, stderr };
}
interface Line {
  readonly feature: string;
  readonly attempts: number;
  readonly actualUsd: string;
  readonly otherUsd: string;
  readonly differenceUsd: string;
  readonly otherUnpriced: number;
}
const sumOf = (feature: string, ...args: string[]): Line =>
  (JSON.parse(whatif('--format', 'json', ...args).stdout) as { sums: Line[] }).sums.find((sum) => sum.feature === feature)!;

test('a nightly job of $100 a month is $50 in batch, and says what that takes for granted', () => {
  const { status, stdout, stderr } = whatif('--batch', '--where', 'feature=nightly');
  assert.deepEqual([status, stderr], [0, '']);
  assert.equal(
    stdout,
    `FEATURE  ATTEMPTS  ACTUAL      THEN        DIFFERENCE
nightly  10        $100.00005  $50.000025  -$50.000025  -50.0 %
- every call can wait up to a day
`,
  );
});

test('caching a prompt of 2,000 tokens pays from the second call within its life', () => {
  // Written for $0.0075, read for $0.0006, written again after 19 minutes for $0.0075.
  assert.deepEqual((({ actualUsd, otherUsd }) => [actualUsd, otherUsd])(sumOf('chat', '--cached', '100%')), ['0.018', '0.0156']);
});

test('a prefix below the least that the model caches stays fresh input', () => {
  // 1,000 of 2,000 tokens, where Sonnet 4.6 caches from 1,024 on.
  assert.equal(sumOf('chat', '--cached', '50%').differenceUsd, '0');
  assert.notEqual(sumOf('chat', '--cached', '52%').differenceUsd, '0');
  assert.match(whatif('--cached', '50%').stdout, /a prefix of fewer tokens than its model caches at the least \(.*\) is fresh input/);
});

test('without caching a read costs what its tokens do', () => {
  assert.deepEqual((({ actualUsd, otherUsd, differenceUsd }) => [actualUsd, otherUsd, differenceUsd])(sumOf('cached', '--no-cache')), [
    '0.3',
    '3',
    '2.7',
  ]);
});

test('the other vendor is priced by its own book, and what has no price is left out of both sums', () => {
  const there = sumOf('chat', '--model', 'openai/gpt-6-luna');
  assert.ok(Number(there.otherUsd) < Number(there.actualUsd));
  assert.equal(sumOf('chat', '--model', 'smart').differenceUsd, '0');
  const nowhere = sumOf('chat', '--model', 'local/llama-4');
  assert.deepEqual([nowhere.attempts, nowhere.actualUsd, nowhere.otherUnpriced], [0, '0', 3]);
  assert.match(
    whatif('--model', 'openai/gpt-6-luna').stdout,
    /tokenizers of models differ.*\n.*\n- left out of both sums: 1 attempts without a price/,
  );
});

test('a question without another choice, or with two that contradict, is refused', () => {
  assert.match(whatif().stderr, /say what else: --model, --batch/);
  assert.match(whatif('--no-cache', '--cached', '50').stderr, /opposite things/);
  assert.match(whatif('--model', 'nothing-like-it').stderr, /nothing-like-it/);
  assert.match(whatif('--cached', '500').stderr, /a percentage from 1 to 100/);
});
