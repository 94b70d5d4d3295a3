import assert from 'node:assert/strict';
import test, { after, type TestContext } from 'node:test';
import type { DialectName } from '../../src/model/part.ts';
import { startGateway, TARGETS } from './gateway.ts';
import { TALKS } from './talks.ts';

const source = { url: 'https://rivers.example/rhine', title: 'The Rhine' };
const { url, simulator } = await startGateway({ after } as Pick<TestContext, 'after'>, [
  { reply: { text: 'It is long.', citations: [{ type: 'url', ...source }] } },
]);

for (const caller of Object.keys(TALKS) as DialectName[]) {
  for (const [dialect, model] of Object.entries(TARGETS)) {
    for (const stream of [false, true]) {
      // A Chat stream has no field for sources: what comes from one has none, and what goes into one is told.
      const has = !(stream && (caller === 'openai-chat' || dialect === 'openai-chat'));
      test(`${caller} → ${dialect}${stream ? ', streamed' : ''}: sources ${has ? 'arrive, and the words go back' : 'have no field'}`, async () => {
        const talk = TALKS[caller](url, { stream });
        talk.say('How long is the Rhine?');
        const { wire, losses, text } = await talk.ask(model);
        assert.equal(text, 'It is long.');
        const said = JSON.stringify(wire);
        assert.deepEqual([said.includes(source.url), said.includes(source.title)], [has, has]);
        const told = losses.some(({ path }) => path.endsWith('citations'));
        assert.equal(told, !has && dialect !== 'openai-chat');
        talk.say('Sure?');
        await talk.ask(model);
        assert.match(JSON.stringify(simulator.requests.at(-1)!.body), /It is long\./);
      });
    }
  }
}
