import assert from 'node:assert/strict';
import test, { after, type TestContext } from 'node:test';
import type { JsonObject } from '../../src/model/json.ts';
import type { DialectName } from '../../src/model/part.ts';
import { startGateway, TARGETS } from './gateway.ts';
import { TALKS } from './talks.ts';

const WORDS = 'I cannot help with that.';
const { url, simulator } = await startGateway({ after } as Pick<TestContext, 'after'>, [{ reply: { refusal: WORDS } }]);

/** Where each dialect's SDK says that a model refused, and how the answer then ended. */
const TOLD: Readonly<Record<DialectName, (wire: JsonObject) => unknown>> = {
  'openai-chat': (wire) => (wire['choices'] as { message: { refusal: string } }[])[0]!.message.refusal,
  'openai-responses': (wire) =>
    (wire['output'] as { content?: { refusal?: string }[] }[]).flatMap(({ content = [] }) => content.map(({ refusal }) => refusal))[0],
  'anthropic-messages': (wire) =>
    (wire['stop_details'] as { explanation: string | null }).explanation ??
    (wire['content'] as { text?: string }[]).map(({ text }) => text).join(''),
};
// Only Anthropic's refusals are those of a filter.
const FINISH: Readonly<Record<DialectName, (target: string) => string>> = {
  'openai-chat': (target) => (target === 'anthropic-messages' ? 'content_filter' : 'stop'),
  'openai-responses': () => 'completed',
  'anthropic-messages': () => 'refusal',
};

for (const caller of Object.keys(TALKS) as DialectName[]) {
  for (const [dialect, model] of Object.entries(TARGETS)) {
    for (const stream of [false, true]) {
      test(`${caller} → ${dialect}${stream ? ', streamed' : ''}: a refusal is one to the caller’s SDK, and the conversation goes on`, async () => {
        const talk = TALKS[caller](url, { stream });
        talk.say('Do it.');
        const { wire, finish } = await talk.ask(model);
        assert.deepEqual([TOLD[caller](wire as JsonObject), finish], [WORDS, FINISH[caller](dialect)]);
        // Anthropic's own explanation stays in the answer: nothing of it goes back.
        if (caller === 'anthropic-messages' && dialect === caller) return;
        talk.say('Please.');
        await talk.ask(model);
        assert.match(JSON.stringify(simulator.requests.at(-1)!.body), /I cannot help with that/);
      });
    }
  }
}
