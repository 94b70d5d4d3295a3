import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import test from 'node:test';

const headgate = (args: readonly string[], input = '') => {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['src/cli/main.ts', 'cache', ...args], { input, encoding: 'utf8' });
  return { status, stdout, stderr };
};
const linesOf = (text: string) => text.trimEnd().split('\n');

const GOLDEN = '../shared/golden/caching.json';
const CASE = {
  id: 'two uses, then one too late',
  request_start_seconds: [0, 300, 601],
  prefix_tokens: 10_000,
  min_cacheable_tokens: 1024,
  rates_usd_per_mtok: { input: '1', cache_write_5m: '1.25', cache_write_1h: '2', cached_input: '0.1' },
  options: [
    { name: '5m', ttl_s: 300, write_rate: 'cache_write_5m' },
    { name: '1h', ttl_s: 3600, write_rate: 'cache_write_1h' },
  ],
};
const SHORT = { ...CASE, id: 'too short', prefix_tokens: 1000 };

test('a trace comes to exact dollars under each lifetime, and to the best of them', () => {
  const { status, stdout, stderr } = headgate(['plan', '--trace', '-'], JSON.stringify({ cases: [CASE, SHORT] }));
  assert.deepEqual([status, stderr], [0, '']);
  assert.deepEqual(
    linesOf(stdout).map((line) => JSON.parse(line) as unknown),
    [
      {
        id: CASE.id,
        prefix_cost_usd: { none: '0.03', '5m': '0.026', '1h': '0.022' },
        hits_writes: { '5m': { hits: 1, writes: 2 }, '1h': { hits: 2, writes: 1 } },
        best: '1h',
      },
      {
        id: SHORT.id,
        prefix_cost_usd: { none: '0.003', '5m': '0.003', '1h': '0.003' },
        hits_writes: { '5m': { hits: 0, writes: 0 }, '1h': { hits: 0, writes: 0 } },
        best: 'none',
      },
    ],
  );
});

test('a case that cannot be worked out says which field is at fault, and the others go on', () => {
  const cases = [{ ...CASE, id: 'a', rates_usd_per_mtok: { input: '1' } }, { ...CASE, id: 'b', prefix_tokens: 1.5 }, SHORT];
  const { status, stdout, stderr } = headgate(['plan', '--trace', '-'], JSON.stringify({ cases }));
  assert.equal(status, 1);
  assert.deepEqual(linesOf(stderr), [
    'error: a: rates_usd_per_mtok.cached_input must be a decimal such as "3.75", got nothing',
    'error: b: prefix_tokens must be a whole number of tokens, got 1.5',
  ]);
  assert.equal(linesOf(stdout).length, 3);
});

test('every golden case is exact', { skip: !existsSync(GOLDEN) && 'no golden cases here' }, () => {
  const { cases } = JSON.parse(readFileSync(GOLDEN, 'utf8')) as { cases: readonly { id: string; expected: object }[] };
  const { status, stdout } = headgate(['plan', '--trace', GOLDEN]);
  assert.equal(status, 0);
  assert.deepEqual(
    linesOf(stdout).map((line) => JSON.parse(line) as unknown),
    cases.map(({ id, expected }) => ({ id, ...expected })),
  );
});

test('the break-even of a model: 2,000 tokens of Claude Sonnet 4.6 pay from the second use', () => {
  assert.equal(
    headgate(['break-even', '-m', 'claude-sonnet-4-6', '--tokens', '2000']).stdout,
    `claude-sonnet-4-6, 2,000 tokens: $0.006 afresh, $0.0006 from the cache
shorter than 1,024 tokens nothing is cached

LIFETIME  WRITING  PAYS FROM  IF A USE FINDS IT IN
5m        $0.0075  2 uses     21.7 %
1h        $0.012   3 uses     52.6 %

1h is cheaper than 5m where fewer than 60.5 % of the uses that miss 5m miss 1h too.
`,
  );
  const { lifetimes } = JSON.parse(headgate(['break-even', '-m', 'gpt-6.1-sol', '--json']).stdout);
  assert.deepEqual(lifetimes, [
    { lifetime: '30m', write_usd: '0.005', min_uses_to_save: 2, break_even_uses: '24/19', min_hit_probability: '5/24' },
  ]);
  assert.deepEqual(headgate(['break-even', '-m', 'gpt-nobody']), {
    status: 1,
    stdout: '',
    stderr: 'error: nobody here sells a model called exactly "gpt-nobody"\n',
  });
});
