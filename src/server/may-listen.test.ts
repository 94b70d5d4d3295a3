import assert from 'node:assert/strict';
import test from 'node:test';
import { mayListen } from './may-listen.ts';

test('without keys only this machine may call, unless the operator said otherwise', () => {
  const may = (host: string, hasKeys = false, told = false) => mayListen(host, hasKeys, told) === undefined;
  for (const host of ['127.0.0.1', '127.8.8.8', 'localhost', 'LOCALHOST', '::1', '[::1]', '::ffff:127.0.0.1'])
    assert.equal(may(host), true);
  for (const host of ['0.0.0.0', '::', '10.0.0.1', '127.0.0.1.example.com', 'gateway', '']) {
    assert.equal(may(host), false, host);
    assert.equal(may(host, true), true, host);
    assert.equal(may(host, false, true), true, host);
  }
});
