import assert from 'node:assert/strict';
import test from 'node:test';
import { DEFAULT_ON_LOSS, readOnLoss } from './on-loss.ts';

const rows: [string, string][] = [
  ['refuse', 'refuse refuse refuse'],
  ['allow', 'allow allow allow'],
  ['behavior=refuse', 'refuse refuse allow'],
  ['content=allow, cost=refuse', 'allow allow refuse'],
  ['refuse=behavior,cost', 'refuse refuse refuse'],
  ['allow=content', 'allow allow allow'],
  ['', 'refuse allow allow'],
];
for (const [header, expected] of rows) {
  test(`x-headgate-on-loss: ${header || '(empty)'}`, () => {
    const { content, behavior, cost } = readOnLoss(header, DEFAULT_ON_LOSS);
    assert.equal(`${content} ${behavior} ${cost}`, expected);
  });
}

for (const header of ['maybe', 'content', 'content=maybe', 'refuse=content=cost', 'none=refuse']) {
  test(`x-headgate-on-loss: "${header}" is refused in words`, () =>
    assert.throws(() => readOnLoss(header, DEFAULT_ON_LOSS), /must be "refuse"/));
}
