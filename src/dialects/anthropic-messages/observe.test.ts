import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import type { JsonObject } from '../../model/json.ts';
import { run } from '../../model/machine.ts';
import { sseDecoder } from '../sse.ts';
import { observe } from './observe.ts';
import { decodeReply } from './reply.ts';
import { decodeStream } from './stream.ts';

const files = (pattern: string) =>
  globSync(path.resolve(import.meta.dirname, '../../../fixtures/anthropic-messages', pattern)).filter((file) => !file.includes('.to.'));

for (const file of files('stream/*.sse')) {
  test(`${path.basename(file)}: the observer knows what the decoder knows`, () => {
    const sse = readFileSync(file, 'utf8');
    const observer = observe(true);
    const sightings = sse
      .split('\n\n')
      .filter(Boolean)
      .map((event) => observer.see(Buffer.from(event)));
    const events = run(decodeStream(), run(sseDecoder(), [sse]));
    const start = events.find((event) => event.type === 'start');
    const last = events.at(-1)!;
    assert.equal(observer.servedModel, start?.model);
    if (last.type === 'finish') {
      assert.deepEqual([observer.finish, observer.usage, observer.failure], [last.finish, last.usage, undefined]);
      assert.equal(sightings.at(-1), 'end');
    } else if (last.type === 'fail' && last.failure.kind !== 'interrupted') {
      assert.deepEqual([observer.failure, sightings.at(-1)], [last.failure, 'fail']);
    }
  });
}

for (const file of files('reply/*.json')) {
  test(`${path.basename(file)}: the observer of a whole answer knows what the decoder knows`, () => {
    const wire = JSON.parse(readFileSync(file, 'utf8')) as JsonObject;
    const { model, finish, usage } = decodeReply(wire);
    const observer = observe(false);
    assert.equal(observer.see(Buffer.from(JSON.stringify(wire))), 'end');
    assert.deepEqual([observer.servedModel, observer.finish, observer.usage], [model, finish, usage]);
  });
}

test('until the first block opens the call may still go elsewhere', () => {
  const observer = observe(true);
  const see = (type: string, more = '') => observer.see(Buffer.from(`event: ${type}\ndata: {"type":"${type}"${more}}`));
  assert.deepEqual(
    [
      see('message_start', ',"message":{"model":"m"}'),
      see('ping'),
      see('content_block_start', ',"index":0'),
      see('ping'),
      see('message_delta', ',"delta":{"stop_reason":"end_turn"}'),
      see('message_stop'),
    ],
    ['preamble', 'preamble', 'content', 'content', 'content', 'end'],
  );
});

test('a body that is no message is a failure', () => {
  const observer = observe(false);
  assert.equal(observer.see(Buffer.from('{"object":"list"}')), 'fail');
  assert.deepEqual(observer.failure, { kind: 'broken', message: 'the answer is no Messages message: type must be "message"' });
});
