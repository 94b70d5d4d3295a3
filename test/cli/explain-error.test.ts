import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import test from 'node:test';
import { explained } from '../../src/cli/explain-error.ts';
import { rowNamed } from '../../src/dialects/failures/row.ts';
import { dialectOf } from '../../src/dialects/registry.ts';
import { failures, NAMES } from '../support/fixtures.ts';
import { recorded } from '../support/recorded.ts';

const explain = (args: readonly string[], input = '') => {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['src/cli/main.ts', 'explain-error', ...args], {
    input,
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
};

const QUOTA = JSON.stringify({
  error: { message: 'You exceeded your quota.', type: 'insufficient_quota', param: null, code: 'insufficient_quota' },
});

test('an answer is explained line by line', () => {
  assert.deepEqual(explain(['--status', '429', '--header', 'Retry-After: 20', '--header', 'x-should-retry:false', '--body', '-'], QUOTA), {
    status: 0,
    stderr: '',
    stdout: [
      'kind        exhausted',
      'said        You exceeded your quota.; code insufficient_quota; type insufficient_quota',
      'retried     only at other targets (the provider says not to)',
      'wait        20s, as the provider asks',
      'health      says nothing about the target’s health',
      'key         set aside until a probe shows that it works again',
      'our status  429',
      'row         openai.insufficient_quota',
      'when        code or type insufficient_quota, credit_balance_exhausted, organization_spend_limit_exceeded, project_spend_limit_exceeded, organization_usage_limit_exceeded, billing_hard_limit_reached, billing_not_active',
      'source      https://platform.openai.com/docs/guides/error-codes',
      '',
    ].join('\n'),
  });
});

test('an error of a stream has no status, and its dialect shows', () => {
  const { status, stdout } = explain(
    ['--json', '--body', '-'],
    '{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}',
  );
  assert.equal(status, 0);
  const { kind, rule, dialect, told } = JSON.parse(stdout);
  assert.deepEqual(
    { kind, rule, dialect, told },
    {
      kind: 'overloaded',
      rule: 'anthropic.overloaded_error',
      dialect: 'anthropic-messages',
      told: { 'openai-chat': 503, 'openai-responses': 503, 'anthropic-messages': 529 },
    },
  );
});

test('nothing to explain, no status and no header are told apart from an answer', () => {
  assert.deepEqual(explain([]), {
    status: 2,
    stdout: '',
    stderr: 'error: there is nothing to explain: give the --status, the --body or both\n',
  });
  for (const wrong of [
    ['--status', 'four'],
    ['--status', '429', '--header', 'nocolon'],
    ['--status', '429', '--dialect', 'smoke'],
  ])
    assert.equal(explain(wrong).status, 2, wrong.join(' '));
});

for (const name of NAMES) {
  test(`every failure of ${name} on file, and recorded, is explained by a row`, () => {
    const answers = [
      ...failures(name).map((fixture) => [fixture.file, fixture.wire] as const),
      ...recorded(name).flatMap(({ id, failure }) => (failure ? [[id, failure] as const] : [])),
    ];
    const unexplained = answers.filter(([, answer]) => {
      const { kind, rule, source, when } = explained(dialectOf(name).decodeFailure(answer), name);
      return rowNamed(rule ?? '')?.kind !== kind || !source || !when;
    });
    assert.deepEqual(unexplained, []);
  });
}
