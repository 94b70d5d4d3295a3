import assert from 'node:assert/strict';
import test from 'node:test';
import { type Failure, HeadgateError } from '../../model/failure.ts';
import { simulatedWorld } from '../../world/simulated.ts';
import { createOnce } from './once.ts';

const DAY_MS = 86_400_000;

/** Asks, and counts what is done; the answer says how often that was. */
function place(windowMs: number | 'off' = DAY_MS) {
  const world = simulatedWorld();
  const once = createOnce(world, windowMs === 'off' ? undefined : { windowMs });
  let done = 0;
  const ask = async ({ key = 'k', caller = 'ci', target = '/v1/batches', body = '{}', fail = false } = {}) => {
    const asked = {
      head: { method: 'POST', target, headers: key === '' ? {} : { 'idempotency-key': key } },
      caller: { key: caller },
      body: Buffer.from(body),
    };
    const answer = once(asked, async () => {
      done += 1;
      if (fail) throw new HeadgateError({ kind: 'overloaded', message: 'no' });
      return { json: { done }, status: 202 };
    });
    return answer.catch(({ failure }: HeadgateError) => failure.kind);
  };
  return { world, ask };
}

const first = (done: number) => ({ status: 202, json: `{"done":${done}}` });
const again = (done: number) => ({ ...first(done), headers: { 'x-headgate-idempotent-replay': 'true' } });

test('the same key, path and body get the first answer again, while it is made and afterwards', async () => {
  const { ask } = place();
  assert.deepEqual(await Promise.all([ask(), ask()]), [first(1), again(1)]);
  assert.deepEqual(await ask({ target: '/v1/batches?x=1' }), again(1));
});

test('another body or path under the key is refused, whoever else has the key is not', async () => {
  const { ask } = place();
  await ask();
  const reused: Failure['kind'] = 'reused';
  assert.deepEqual([await ask({ body: '{ }' }), await ask({ target: '/v1/messages/batches' })], [reused, reused]);
  assert.deepEqual(await ask({ caller: 'other' }), first(2));
});

test('what failed is done again, and what is over is forgotten', async () => {
  const { ask, world } = place();
  assert.equal(await ask({ fail: true }), 'overloaded');
  assert.deepEqual(await ask(), first(2));
  world.advance(DAY_MS);
  assert.deepEqual(await ask(), again(2));
  world.advance(1);
  assert.deepEqual(await ask(), first(3));
});

test('without a key, and where keys count for nothing, everything is done', async () => {
  const { ask } = place();
  const done = [await ask({ key: '' }), await ask({ key: '' })].map((answer) => (answer as { json: object }).json);
  assert.deepEqual(done, [{ done: 1 }, { done: 2 }]);
  const off = place('off');
  await off.ask();
  assert.deepEqual(await off.ask(), { json: { done: 2 }, status: 202 });
});
