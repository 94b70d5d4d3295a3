import assert from 'node:assert/strict';
import test from 'node:test';
import { compatible } from '../../src/catalogue/index.ts';
import { dialectOf } from '../../src/dialects/registry.ts';
import { sseText } from '../../src/dialects/sse.ts';
import { inboundOf } from '../../src/lanes/inbound.ts';
import { laneFor } from '../../src/lanes/index.ts';
import { createVault } from '../../src/lanes/vault.ts';
import type { JsonObject } from '../../src/model/json.ts';
import type { DialectName } from '../../src/model/part.ts';
import type { ModelEvent } from '../../src/model/reply.ts';
import { ALL_PAIRS, asked } from '../support/cases.ts';

const QUESTIONS: Readonly<Record<DialectName, JsonObject>> = {
  'openai-chat': { messages: [{ role: 'user', content: 'hi' }] },
  'openai-responses': { input: 'hi' },
  'anthropic-messages': { messages: [{ role: 'user', content: 'hi' }], max_tokens: 1000 },
};

/** The machine between a provider of one dialect and a caller of another. */
function between(from: DialectName, to: DialectName) {
  const inbound = inboundOf('generate', to, {}, Buffer.from(JSON.stringify({ model: 'm', stream: true, ...QUESTIONS[to] })));
  const target = { provider: 'p', model: 'm', dialect: from };
  const way = { target, facts: compatible, nowS: 0, includeUsage: true, repair: false, vault: createVault(), owner: 'k' };
  return laneFor(inbound, from)(inbound, way).answer('text/event-stream');
}

const MARKS = Array.from({ length: 40 }, (_, at) => `m${at}m`);
const start: ModelEvent = { type: 'start', id: 'a', model: 'm' };
const finish = (reason: 'stop' | 'toolCalls'): ModelEvent => ({
  type: 'finish',
  finish: { reason },
  usage: { tokens: { input: 1, output: 1 } },
});

/** Answers that grow by one mark an event. */
const GROWING: Readonly<Record<string, readonly ModelEvent[]>> = {
  words: [
    start,
    { type: 'open', index: 0, part: { type: 'text', text: '' } },
    ...MARKS.map((mark): ModelEvent => ({ type: 'delta', index: 0, text: `${mark} ` })),
    { type: 'close', index: 0 },
    finish('stop'),
  ],
  'the arguments of one call': [
    start,
    { type: 'open', index: 0, part: { type: 'toolCall', id: 'c1', name: 'write', arguments: '' } },
    { type: 'delta', index: 0, text: '{"text":"' },
    ...MARKS.map((mark): ModelEvent => ({ type: 'delta', index: 0, text: mark })),
    { type: 'delta', index: 0, text: '"}' },
    { type: 'close', index: 0 },
    finish('toolCalls'),
  ],
};

for (const [from, to] of ALL_PAIRS) {
  for (const [what, events] of Object.entries(GROWING)) {
    test(`${from} → ${to}: ${what} leave with the bytes that brought them, none is held for the next`, () => {
      const provider = dialectOf(from).encodeStream(asked(from));
      const machine = between(from, to);
      const late: string[] = [];
      for (const event of events) {
        const mark = event.type === 'delta' ? MARKS.find((each) => event.text.trim() === each) : undefined;
        const bytes = Buffer.from(provider.push(event).map(sseText).join(''));
        const out = machine.push(bytes).map((delivery) => (delivery.type === 'bytes' ? delivery.bytes.toString() : ''));
        if (mark && !out.join('').includes(mark)) late.push(mark);
      }
      assert.deepEqual(late, []);
    });
  }
}
