import assert from 'node:assert/strict';
import test from 'node:test';
import type { Script } from '../../src/simulator/index.ts';
import { CLIENTS } from './clients.ts';
import { startGateway, TARGETS } from './gateway.ts';

const CITIES = ['Oslo', 'Rome', 'Lima'];

/** Three calls at once, with a thought before them where the model thinks; words only once all results are there. */
const script: Script = [
  { when: { feature: 'toolResults', contains: '4 degrees in Lima' }, reply: { text: 'It is 4 degrees — everywhere: Oslo, Rome & Lima.' } },
  {
    when: { feature: 'tools' },
    reply: { reasoning: 'Three cities, three calls.', toolCalls: CITIES.map((city) => ({ name: 'weather', arguments: { city } })) },
  },
  { reply: { text: 'Grüße — 你好, 🌊 "quoted"\n\tand indented.' } },
];

/** A thought that goes back: Anthropic's, OpenAI's, or OpenAI's by the id it was stored under, as the AI SDK prefers. */
const THOUGHT = /"type":"thinking"|"encrypted_content":"|"type":"item_reference","id":"rs_/;

for (const client of CLIENTS) {
  for (const [dialect, model] of Object.entries(TARGETS)) {
    for (const stream of [false, true]) {
      const pair = `${client.name} → ${dialect}${stream ? ', streamed' : ''}`;
      test(`${pair}: the words arrive as they were said`, async (t) => {
        const { url } = await startGateway(t, script);
        assert.equal(await client.ask(url, model, 'Say something.', stream), 'Grüße — 你好, 🌊 "quoted"\n\tand indented.');
      });
      test(`${pair}: three tools at once, two rounds, every result and the thought in the second`, async (t) => {
        const { url, simulator } = await startGateway(t, script);
        assert.deepEqual(await client.loop(url, model, 'The weather in Oslo, Rome and Lima?', stream), {
          cities: CITIES,
          text: 'It is 4 degrees — everywhere: Oslo, Rome & Lima.',
        });
        const second = JSON.stringify(simulator.requests.at(-1)?.body);
        assert.deepEqual(
          CITIES.filter((city) => !second.includes(`4 degrees in ${city}`)),
          [],
        );
        // Chat providers have no thoughts to give.
        if (dialect !== 'openai-chat') assert.match(second, THOUGHT);
      });
    }
  }
}
