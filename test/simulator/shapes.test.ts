import assert from 'node:assert/strict';
import test from 'node:test';
import { dialectOf } from '../../src/dialects/registry.ts';
import { fold } from '../../src/model/fold.ts';
import type { JsonObject } from '../../src/model/json.ts';
import type { DialectName } from '../../src/model/part.ts';
import type { Script } from '../../src/simulator/index.ts';
import { framesOf, eventsOf as modelEventsOf } from '../support/cases.ts';
import { NAMES } from '../support/fixtures.ts';
import { grammarProblems } from '../support/grammar.ts';
import { problemsOf } from '../support/sdk-types.ts';
import { CHAT, eventsOf, MESSAGES, RESPONSES, simulator } from './ask.ts';

const PATHS: Readonly<Record<DialectName, string>> = { 'openai-chat': CHAT, 'openai-responses': RESPONSES, 'anthropic-messages': MESSAGES };
const REPLY_TYPES = { 'openai-chat': 'ChatCompletion', 'openai-responses': 'Response', 'anthropic-messages': 'Message' } as const;
const EVENT_TYPES = {
  'openai-chat': 'ChatCompletionChunk',
  'openai-responses': 'ResponseStreamEvent',
  'anthropic-messages': 'RawMessageStreamEvent',
} as const;

/** One question in each format. */
function question(dialect: DialectName, words: string): JsonObject {
  const parameters = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'], additionalProperties: false };
  const messages = [{ role: 'user', content: words }];
  switch (dialect) {
    case 'openai-chat':
      return { model: 'gpt-5', messages, tools: [{ type: 'function', function: { name: 'get_weather', parameters, strict: true } }] };
    case 'openai-responses':
      return {
        model: 'gpt-5',
        input: messages,
        tools: [{ type: 'function', name: 'get_weather', parameters, strict: true }],
        reasoning: { summary: 'auto' },
      };
    case 'anthropic-messages':
      return { model: 'claude-opus-5-5', max_tokens: 1000, messages, tools: [{ name: 'get_weather', input_schema: parameters }] };
  }
}

const SCRIPTS: Readonly<Record<string, { readonly words: string; readonly script?: Script }>> = {
  text: { words: 'Hello there' },
  'parallel calls': { words: 'What is the weather in Oslo, Rome and Lima?' },
  'thought, text and calls': { words: 'Hi', script: [{ reply: { reasoning: 'Hm.', text: 'So:', toolCalls: [{ name: 'get_weather' }] } }] },
  refusal: { words: 'Hi', script: [{ reply: { refusal: 'No.' } }] },
  'cut at its length': { words: 'Hi', script: [{ reply: { text: 'Half an', finish: 'length' } }] },
  sources: {
    words: 'Hi',
    script: [
      {
        reply: {
          text: 'As said.',
          citations: [{ type: 'url', url: 'https://example.com/', title: 'It', start: 0, end: 8, quote: 'said' }],
        },
      },
    ],
  },
  usage: { words: 'Hi', script: [{ reply: { text: 'x', usage: { input: 9, cacheRead: 8, cacheWrite5m: 7, output: 6, reasoning: 5 } } }] },
};

for (const dialect of NAMES) {
  for (const [name, { words, script = [] }] of Object.entries(SCRIPTS)) {
    const ask = (more: JsonObject = {}) => simulator({ script }).ask(PATHS[dialect], { ...question(dialect, words), ...more });
    const streaming = { stream: true, ...(dialect === 'openai-chat' && { stream_options: { include_usage: true } }) };

    test(`${dialect}, ${name}: what the vendor’s SDK declares, whole and streamed, in the vendor’s order`, () => {
      const whole = ask();
      const { text } = ask(streaming);
      assert.deepEqual(problemsOf(REPLY_TYPES[dialect], whole.json, { exact: true }), []);
      const events = eventsOf(text).filter(({ type }) => type !== 'ping');
      assert.deepEqual(
        events.flatMap((event) => problemsOf(EVENT_TYPES[dialect], event, { exact: true })),
        [],
      );
      assert.deepEqual(grammarProblems(dialect, framesOf(text)), []);
      assert.ok(!whole.text.includes('"headgate"') && !text.includes('"headgate"'));
    });

    // A stream of Chat has no place for sources.
    if (dialect === 'openai-chat' && name === 'sources') continue;
    test(`${dialect}, ${name}: the stream adds up to the whole answer`, () => {
      const { usage: _, extra: __, ...whole } = dialectOf(dialect).decodeReply(ask().json);
      const { usage: ___, extra: ____, ...streamed } = fold(modelEventsOf(dialect, ask(streaming).text));
      assert.deepEqual(streamed, whole);
    });
  }
}
