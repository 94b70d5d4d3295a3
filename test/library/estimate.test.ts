import assert from 'node:assert/strict';
import test from 'node:test';
import { MODELS, stage } from './stage.ts';

test('a question is sized at each kind of provider, and nothing is sent', async (t) => {
  const { headgate, simulator } = await stage(t, [], { models: { smart: { targets: MODELS } } });
  const found = await headgate.estimate({ model: 'smart', input: 'hello world', maxVisibleTokens: 500 });
  assert.deepEqual(
    found.map((one) => [one.target, one.countedBy, one.outputTokensMax, one.fitsWindow, one.fitsOutput]),
    [
      ['chat/gpt-4.1', 'tokenizer', 500, true, true],
      ['responses/gpt-6-sol', 'tokenizer', 500 + 16_384, true, true],
      ['claude/claude-sonnet-5', 'length', 500 + 32_768, true, true],
    ],
  );
  assert.equal(found[0]?.inputTokens, 8);
  assert.equal(simulator.requests.length, 0);
  await assert.rejects(headgate.estimate({ model: 'nowhere', input: 'x' }), { name: 'HeadgateError' });
});
