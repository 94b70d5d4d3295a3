import assert from 'node:assert/strict';
import test from 'node:test';
import { gzipSync } from 'node:zlib';
import type { Dispatcher } from 'undici';
import type { Provider } from '../model/provider.ts';
import { Sending } from './sending.ts';

const provider: Provider = {
  name: 'p',
  dialects: ['openai-chat'],
  baseUrl: 'http://127.0.0.1',
  keys: [],
  headers: {},
  connectMs: 1000,
  firstByteMs: 1000,
  stallMs: 1000,
  connectionsMax: 1,
  includeUsage: true,
  vendor: 'openai',
};
const controller = { abort() {}, pause() {}, resume() {} } as unknown as Dispatcher.DispatchController;

test('an answer that is still being unpacked has not fallen silent; one that has been is told so', async () => {
  const unpacked = Promise.withResolvers<string>();
  const failures: string[] = [];
  const sending = new Sending(
    provider,
    {
      onHead() {},
      onData: (bytes) => unpacked.resolve(bytes.toString()),
      onEnd() {},
      onError: ({ kind }) => failures.push(kind),
    },
    { add() {}, remove() {}, watched: 0 },
  );
  sending.dispatched();
  sending.onRequestStart(controller);
  sending.onResponseStart(controller, 200, { 'content-encoding': 'gzip' });
  sending.onResponseData(controller, gzipSync('hello').subarray(0, -4));
  sending.look(0, false);
  assert.equal(await unpacked.promise, 'hello');
  sending.look(1500, false);
  assert.deepEqual(failures, []);
  sending.look(3000, false);
  assert.deepEqual(failures, ['slow']);
});
