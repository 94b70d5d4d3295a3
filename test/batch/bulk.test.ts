import assert from 'node:assert/strict';
import test from 'node:test';
import { readConfig } from '../../src/config/read.ts';
import { createHeadgate } from '../../src/headgate.ts';

test('who starts a gateway hears of pieces that pass through, not of questions', async (t) => {
  const read = readConfig('providers: { openai: { dialect: openai, apiKey: k } }\nledger: { file: ":memory:" }', {});
  if ('problems' in read) throw new Error(read.problems.map(({ message }) => message).join());
  let heard = 0;
  const headgate = await createHeadgate(read.config, { onBulk: () => (heard += 1) });
  t.after(() => headgate.close(0));
  await headgate.jobs!.list({ limit: 1 });
  await headgate.files!.list({ limit: 1 });
  assert.equal(heard, 0);
  const pieces = (async function* () {
    yield Buffer.alloc(200_000);
  })();
  const { id } = await headgate.files!.add('', pieces, () => ({ purpose: 'batch', filename: 'a' }));
  assert.equal(heard, 1);
  for await (const _ of headgate.files!.content(id)) assert.ok(heard > 1);
});
