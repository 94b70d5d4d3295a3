import assert from 'node:assert/strict';
import test from 'node:test';
import type { Network } from '../model/exchange.ts';
import { linesOf } from './exchange.ts';

test('an error that is longer than what is read ahead is read to its end, and told', async () => {
  // Sends on only while it is not told to wait, as a connection does.
  const network: Network = {
    send(_, receiver) {
      let paused = false;
      let left = 3;
      const go = (): void => {
        if (paused) return;
        left -= 1;
        if (left < 0) return receiver.onEnd();
        receiver.onData(Buffer.alloc(2 * 1024 ** 2, 'x'));
        setImmediate(go);
      };
      setImmediate(() => {
        receiver.onHead(502, {});
        go();
      });
      return {
        asked: true,
        abort() {},
        pause() {
          paused = true;
        },
        resume() {
          if (paused) setImmediate(go);
          paused = false;
        },
      };
    },
  };
  const reading = linesOf(network, { provider: 'p', method: 'GET', path: '/results', headers: {} }).next();
  const told = reading.then(
    () => 'lines',
    (error: Error) => error.message,
  );
  assert.equal(await Promise.race([told, turns(100)]), 'the results were answered with status 502');
});

/** Resolves after so many turns of the event loop. */
async function turns(count: number): Promise<string> {
  for (let turn = 0; turn < count; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  return 'it waits for ever';
}
