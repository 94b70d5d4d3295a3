import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import test from 'node:test';

const headgate = (args: readonly string[], input: unknown = '') => {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['src/cli/main.ts', ...args], {
    input: typeof input === 'string' ? input : JSON.stringify(input),
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
};
const linesOf = (text: string) => text.trimEnd().split('\n');

const USAGE = {
  input_tokens: 1000,
  cache_read_input_tokens: 10_000,
  output_tokens: 500,
  server_tool_use: { web_search_requests: 2 },
  inference_geo: 'us',
};

test('a bill is explained line by line, with where its rates are from', () => {
  const { status, stdout, stderr } = headgate(['price', '-m', 'claude-opus-5-5', '--at', '2026-11-20', '--usage', '-'], USAGE);
  assert.deepEqual({ status, stderr }, { status: 0, stderr: '' });
  assert.deepEqual(linesOf(stdout).slice(0, -1), [
    'claude-opus-5-5 at anthropic, standard, 2026-11-20T00:00:00.000Z',
    'meter                model            quantity  rate               amount',
    'input                claude-opus-5-5  1000      $4.4 per million   $0.0044',
    'cacheRead            claude-opus-5-5  10000     $0.22 per million  $0.0022',
    'output               claude-opus-5-5  500       $22 per million    $0.011',
    'web_search_requests  claude-opus-5-5  2         $0.01 each         $0.02',
    'total: $0.0376, exact',
  ]);
  assert.match(stdout, /prices 20\d\d-\d\d-\d\d-[0-9a-f]{8}, from https:.*, checked on 20\d\d-\d\d-\d\d\n$/);
});

test('a bill as JSON has exact amounts; tier, date and batch are taken into account', () => {
  const answer = { model: 'x', service_tier: 'default', usage: { prompt_tokens: 1000, completion_tokens: 100 } };
  const bill = (...options: string[]) => {
    const { usd, pico_usd, status, tier, channel } = JSON.parse(
      headgate(['price', '-m', 'gpt-6-sol', '--json', '--usage', '-', ...options], answer).stdout,
    );
    return { usd, pico_usd, status, tier, channel };
  };
  assert.deepEqual(bill(), { usd: '0.003', pico_usd: '3000000000', status: 'exact', tier: 'default', channel: 'sync' });
  assert.deepEqual(bill('--tier', 'priority'), {
    usd: '0.006',
    pico_usd: '6000000000',
    status: 'exact',
    tier: 'priority',
    channel: 'sync',
  });
  assert.deepEqual(bill('--batch'), { usd: '0.0015', pico_usd: '1500000000', status: 'exact', tier: 'default', channel: 'batch' });
});

test('a usage in the other vendor’s words is read in them', () => {
  const bill = (model: string, usage: object) => {
    const { status, usd } = JSON.parse(headgate(['price', '-m', model, '--at', '2026-11-20', '--json', '--usage', '-'], usage).stdout);
    return { status, usd };
  };
  const answer = { object: 'chat.completion', service_tier: 'default', usage: { prompt_tokens: 1_000_000, completion_tokens: 1_000_000 } };
  assert.deepEqual(bill('claude-sonnet-5-5', answer), { status: 'exact', usd: '12' });
  assert.deepEqual(bill('gpt-6-luna', { input_tokens: 10, cache_read_input_tokens: 1_000_000, output_tokens: 3 }), {
    status: 'exact',
    usd: '0.02000425',
  });
  assert.equal(bill('gpt-6-luna', { prompt_tokens: 10, prompt_tokens_details: { cached_tokens: 50 } }).status, 'assumed');
});

test('what reports nothing is an error, not free', () => {
  for (const nothing of [{}, [], null, { input_tokens: null }, { usage: {}, choices: [] }]) {
    const { status, stdout, stderr } = headgate(['price', '-m', 'gpt-6-luna', '--usage', '-'], nothing);
    assert.deepEqual({ status, stdout }, { status: 1, stdout: '' });
    assert.match(stderr, /^error: usage must have counters such as input_tokens or prompt_tokens, got /);
  }
  assert.equal(headgate(['price', '-m', 'gpt-6-luna', '--usage', '-'], { prompt_tokens: 0, completion_tokens: 0 }).status, 0);
});

test('what has no price says why, and fails', () => {
  const { status, stdout } = headgate(['price', '-m', 'gpt-6-sol-2', '--usage', '-'], { prompt_tokens: 10, completion_tokens: 1 });
  assert.equal(status, 1);
  assert.match(stdout, /total: at least \$0, unpriced: no_model/);
});

test('cases come out one a line, with an id and what is asked for', () => {
  const given = {
    provider: 'openai',
    model: 'm',
    usage: { prompt_tokens: 10, completion_tokens: 1 },
    rates_usd_per_mtok: { input: '1', output: '2' },
  };
  const expected = { status: 'exact', usd: '0.000012', pico_usd: '12000000' };
  const cases = [
    { id: 'a', ...given, expected },
    { id: 'b', ...given, rates_usd_per_mtok: { input: '1' } },
  ];
  const { status, stdout, stderr } = headgate(['price', '--cases', '-'], { format: 'headgate-golden-costs/1', cases });
  assert.deepEqual({ status, stderr }, { status: 0, stderr: '' });
  assert.deepEqual(
    linesOf(stdout).map((line) => JSON.parse(line)),
    [
      { id: 'a', ...expected },
      { id: 'b', status: 'partial', usd: null, usd_lower_bound: '0.00001', unpriced: { output: 1 } },
    ],
  );
});

test('a case that comes to something else, or to nothing, is named and fails', () => {
  const cases = [
    { id: 'wrong', api: 'aggregate', arithmetic_micro_usd: '1+1', expected: { status: 'exact', usd: '3' } },
    { id: 'broken', api: 'aggregate', arithmetic_micro_usd: '1/1' },
  ];
  const { status, stdout, stderr } = headgate(['price', '--cases', '-'], cases);
  assert.equal(status, 1);
  assert.equal(linesOf(stdout).length, 2);
  assert.match(stderr, /^error: wrong: expected .*\nerror: broken: arithmetic /);
});

test('the commands say what they need', () => {
  assert.deepEqual(headgate(['price', '-m', 'gpt-6-sol']), {
    status: 2,
    stdout: '',
    stderr: 'error: give --cases, or a --model and its --usage\n',
  });
  assert.match(headgate(['price', '-m', 'm', '--usage', '-'], 'no').stderr, /- must be JSON/);
  for (const at of ['soon', '2024-02-31'])
    assert.match(headgate(['price', '-m', 'm', '--at', at, '--usage', '-'], {}).stderr, /--at must be a date such as 2026-10-07/);
});

test('prices are listed, all in one line each and one in full', () => {
  const all = headgate(['prices', 'list']);
  assert.equal(all.status, 0);
  assert.match(all.stdout, /^anthropic +claude-sonnet-4-6 +2026-03-13 +3 +0\.3 +3\.75 +15 +standard batch/m);
  const one = headgate(['prices', 'list', '-m', 'gpt-4o-2024-11-20']);
  assert.match(one.stdout, /^gpt-4o-2024-08-06 at openai\nalso called gpt-4o-2024-11-20\n/);
  assert.deepEqual(headgate(['prices', 'list', '-m', 'gpt-4o-2024']), {
    status: 1,
    stdout: '',
    stderr: 'error: nobody here sells a model called exactly "gpt-4o-2024"\n',
  });
});

test('the check reports every number that differs from the other list, and fails', () => {
  const { status, stdout } = headgate(['prices', 'check', '--json']);
  assert.equal(status, 1);
  const { feed, compared, disagreements } = JSON.parse(stdout);
  assert.equal(feed, '@pydantic/genai-prices@0.1.8');
  assert.ok(compared > 100);
  // Their match by prefix takes Sonnet 5.5 for Sonnet 5.
  const sonnet = disagreements.find(({ model, what }: Record<string, unknown>) => model === 'claude-sonnet-5-5' && what === 'cacheRead');
  assert.deepEqual(sonnet, {
    seller: 'anthropic',
    model: 'claude-sonnet-5-5',
    what: 'cacheRead',
    ours: '0.1',
    theirs: '0.2',
    takenFor: 'claude-sonnet-5',
  });
});
