import assert from 'node:assert/strict';
import test from 'node:test';
import { CLIENTS } from './clients.ts';
import { startGateway, TARGETS } from './gateway.ts';

for (const { name, ask } of CLIENTS) {
  for (const [dialect, model] of Object.entries(TARGETS)) {
    test(`${name} → ${dialect}: a stream that falls silent raises when the call's time is up`, async (t) => {
      const { url, headgate, simulator } = await startGateway(
        t,
        [{ reply: { text: 'and so on '.repeat(20) }, fault: { stallAfterEvents: 20 } }],
        { models: { silent: { targets: [model], deadline: '300ms' } } },
      );
      await assert.rejects(ask(url, 'silent', 'Count.', true));
      assert.equal(headgate.running, 0);
      while (!simulator.requests[0]!.aborted) await new Promise((resolve) => setImmediate(resolve));
      assert.equal(simulator.requests.length, 1);
    });
  }
}
