import assert from 'node:assert/strict';
import test, { after, type TestContext } from 'node:test';
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { unwrapSeal, wrapSeal } from '../../src/dialects/seal.ts';
import type { JsonObject } from '../../src/model/json.ts';
import type { DialectName } from '../../src/model/part.ts';
import type { Script } from '../../src/simulator/index.ts';
import { CLIENTS } from './clients.ts';
import { startGateway } from './gateway.ts';
import { type Answer, TALKS, type Talk } from './talks.ts';

/** Three rounds: a thought before each call and before the words; the tools are asked one after the other. */
const script: Script = [
  { when: { contains: 'Lima is warm' }, reply: { reasoning: 'All told.', text: 'Done.' } },
  {
    when: { contains: 'Oslo is cold' },
    reply: {
      reasoning: 'Now the second.',
      text: 'Two more.',
      toolCalls: [
        { name: 'weather', arguments: { city: 'Rome' } },
        { name: 'weather', arguments: { city: 'Lima' } },
      ],
    },
  },
  { when: { feature: 'tools' }, reply: { reasoning: 'First the north.', toolCalls: [{ name: 'weather', arguments: { city: 'Oslo' } }] } },
];

const { url, simulator } = await startGateway({ after } as Pick<TestContext, 'after'>, script);
const tools = [{ name: 'weather' }];
const CALLERS = Object.keys(TALKS) as DialectName[];
const said: Readonly<Record<string, string>> = { Oslo: 'Oslo is cold', Rome: 'Rome is mild', Lima: 'Lima is warm' };

/** Results for everything the answer called. */
const give = (talk: Talk, { calls }: Answer) =>
  talk.give(calls.map(({ id, arguments: written }) => ({ id, text: said[(JSON.parse(written) as { city: string }).city]! })));

/** The thoughts in what a provider was last asked, with their proofs, in order; or, where it keeps them itself, their ids. */
function thoughtsSent(): string[] {
  const { messages, input } = simulator.requests.at(-1)!.body as { messages?: JsonObject[]; input?: JsonObject[] };
  const blocks = (messages ?? []).flatMap(({ content }) => (Array.isArray(content) ? (content as JsonObject[]) : []));
  return [...blocks, ...(input ?? [])].flatMap(({ type, signature, data, encrypted_content: sealed, id }) =>
    type === 'thinking' || type === 'redacted_thinking' || type === 'reasoning'
      ? [String(signature ?? data ?? sealed)]
      : type === 'item_reference' && String(id).startsWith('rs_')
        ? [String(id)]
        : [],
  );
}
const statuses = (from: number) => simulator.requests.slice(from).map(({ status }) => status);

/** Models that think, and the words each caller's dialect has for asking to see the thoughts. */
const THINKERS = [
  'claude/claude-opus-5-5',
  'claude/claude-sonnet-5-5',
  'claude/claude-sonnet-5',
  'responses/gpt-6-sol',
  'openai/gpt-6-astra',
];
const SHOWN: Readonly<Record<DialectName, object>> = {
  'openai-chat': {},
  'openai-responses': { reasoning: { summary: 'auto' } },
  'anthropic-messages': { thinking: { type: 'adaptive', display: 'summarized' } },
};

for (const caller of CALLERS) {
  for (const model of THINKERS) {
    for (const stream of [false, true]) {
      for (const shown of caller === 'openai-chat' ? [false] : [false, true]) {
        const how = `${stream ? ', streamed' : ''}${shown ? ', thoughts shown' : ''}`;
        test(`${caller} → ${model}${how}: three rounds of thoughts and calls, every thought goes back as it was made`, async () => {
          const from = simulator.requests.length;
          const talk = TALKS[caller](url, { stream, tools });
          const more = shown ? SHOWN[caller] : {};
          talk.say('The weather in Oslo, Rome and Lima?');
          const first = await talk.ask(model, more);
          give(talk, first);
          const second = await talk.ask(model, more);
          const afterOne = thoughtsSent();
          give(talk, second);
          const third = await talk.ask(model, more);
          const afterTwo = thoughtsSent();

          assert.deepEqual(statuses(from), [200, 200, 200]);
          assert.deepEqual([first.calls.length, second.calls.length, third.text], [1, 2, 'Done.']);
          assert.equal(afterOne.length, 1);
          assert.equal(afterTwo.length, 2);
          assert.equal(afterTwo[0], afterOne[0], 'the same thought, twice in the same words');
          if (caller === 'openai-chat') return;
          const held = [...first.seals, ...second.seals].map((seal) => unwrapSeal(seal)?.data ?? seal);
          assert.deepEqual(afterTwo, held);
          assert.deepEqual([...first.thoughts, ...second.thoughts], shown ? ['First the north.', 'Now the second.'] : ['', '']);
        });
      }
    }
  }
}

const REDACT = 'ANTHROPIC_MAGIC_STRING_TRIGGER_REDACTED_THINKING_46C9A13E193C177646C7398A98432ECCCE4C1253D5E2D82641AC0E52CC2876CB';

for (const caller of CALLERS) {
  for (const stream of [false, true]) {
    test(`${caller} → claude${stream ? ', streamed' : ''}: a redacted thought goes back in its place`, async () => {
      const from = simulator.requests.length;
      const talk = TALKS[caller](url, { stream, tools });
      talk.say(`The weather? ${REDACT}`);
      const first = await talk.ask('claude/claude-opus-5-5');
      give(talk, first);
      await talk.ask('claude/claude-opus-5-5');
      assert.deepEqual(statuses(from), [200, 200]);
      const { messages } = simulator.requests.at(-1)!.body as { messages: { content: JsonObject[] }[] };
      assert.deepEqual(
        messages[1]!.content.map(({ type }) => type),
        ['redacted_thinking', 'tool_use'],
      );
    });
  }
}

/** The path of every loss that has to do with a thought. */
const thoughtLosses = ({ losses }: Answer) => losses.filter(({ path, note }) => /thought/.test(note) || /seal/.test(path));

for (const caller of CALLERS) {
  for (const stream of [false, true]) {
    for (const [one, other] of [
      ['claude/claude-opus-5-5', 'responses/gpt-6-sol'],
      ['responses/gpt-6-sol', 'claude/claude-opus-5-5'],
      ['claude/claude-sonnet-5-5', 'chat/gpt-4.1'],
    ] as const) {
      test(`${caller}${stream ? ', streamed' : ''}: ${one}, then ${other}, then back: foreign thoughts stay out and are reported`, async () => {
        const from = simulator.requests.length;
        const talk = TALKS[caller](url, { stream, tools });
        talk.say('The weather?');
        const first = await talk.ask(one);
        const [made] = first.seals.map((seal) => unwrapSeal(seal)?.data ?? seal);
        give(talk, first);
        const second = await talk.ask(other);
        assert.deepEqual(thoughtsSent(), [], `${other} is not sent a thought of ${one}`);
        if (caller !== 'openai-chat') assert.equal(thoughtLosses(second).length, 1);
        give(talk, second);
        const third = await talk.ask(one);
        assert.deepEqual(statuses(from), [200, 200, 200]);
        assert.equal(thoughtsSent().length, 1, 'its own first thought, and not the other’s');
        if (made) assert.deepEqual(thoughtsSent(), [made]);
        assert.equal(third.text, 'Done.');
        // A Chat caller never saw the thoughts; a model on Chat has none to give.
        if (caller !== 'openai-chat' && !other.startsWith('chat/')) assert.equal(thoughtLosses(third).length, 1);
      });
    }
  }
}

/** A turn of Claude's with its thought changed, then sent on: what comes back. */
async function tampered(caller: DialectName, model: string, change: (thought: JsonObject) => JsonObject, stream: boolean) {
  const talk = TALKS[caller](url, { stream, tools });
  talk.say('The weather?');
  give(talk, await talk.ask(model, SHOWN[caller]));
  const isThought = ({ type }: JsonObject) => type === 'thinking' || type === 'reasoning';
  for (const [i, entry] of talk.history.entries()) {
    if (isThought(entry)) talk.history[i] = change(entry);
    else if (Array.isArray(entry['content']))
      talk.history[i] = {
        ...entry,
        content: (entry['content'] as JsonObject[]).map((block) => (isThought(block) ? change(block) : block)),
      };
  }
  return talk.ask(model, SHOWN[caller]);
}

const forged = (by: DialectName, data: string) => ({ by, data: data.replace(/.{4}$/, 'AAA=') });
const tamperings: [string, DialectName, string, (thought: JsonObject) => JsonObject, RegExp][] = [
  [
    'a changed thought',
    'anthropic-messages',
    'claude/claude-opus-5-5',
    (block) => ({ ...block, thinking: 'Other words.' }),
    /cannot be modified/,
  ],
  [
    'a changed signature',
    'anthropic-messages',
    'claude/claude-sonnet-5',
    (block) => ({ ...block, signature: 'AAAA' }),
    /Invalid `signature`/,
  ],
  [
    'a changed summary of a thought that was Claude’s',
    'openai-responses',
    'claude/claude-opus-5-5',
    (item) => ({ ...item, summary: [{ type: 'summary_text', text: 'Other words.' }] }),
    /cannot be modified/,
  ],
  [
    'a forged signature in a wrapper of ours',
    'openai-responses',
    'claude/claude-sonnet-5-5',
    (item) => ({ ...item, encrypted_content: wrapSeal(forged('anthropic-messages', unwrapSeal(String(item['encrypted_content']))!.data)) }),
    /Invalid `signature`/,
  ],
  [
    'forged encrypted reasoning in a wrapper of ours',
    'anthropic-messages',
    'responses/gpt-6-sol',
    (block) => ({ ...block, signature: wrapSeal(forged('openai-responses', unwrapSeal(String(block['signature']))!.data)) }),
    /could not be verified/,
  ],
  [
    'changed encrypted reasoning',
    'openai-responses',
    'responses/gpt-6-sol',
    (item) => ({ ...item, encrypted_content: 'gAAAAAbcdefgh' }),
    /could not be verified/,
  ],
];
for (const [what, caller, model, change, words] of tamperings) {
  for (const stream of [false, true]) {
    test(`${caller} → ${model}${stream ? ', streamed' : ''}: ${what} is the vendor's own 400, as the caller's SDK raises it`, async () => {
      const { BadRequestError } = caller === 'anthropic-messages' ? Anthropic : OpenAI;
      await assert.rejects(tampered(caller, model, change, stream), (error) => {
        assert.ok(error instanceof BadRequestError, String(error));
        assert.match(error.message, words);
        return true;
      });
    });
  }
}

test('a wrapper damaged on its way is not passed on as anybody’s: the thought is dropped and reported', async () => {
  const answer = await tampered(
    'openai-responses',
    'claude/claude-opus-5-5',
    (item) => ({ ...item, encrypted_content: `${String(item['encrypted_content']).slice(0, -3)}AAA` }),
    false,
  );
  assert.equal(thoughtLosses(answer).length, 1);
  assert.deepEqual(thoughtsSent(), []);
});

test('a Chat caller that edited its history gets no thought put back before words the model did not say', async () => {
  const talk = TALKS['openai-chat'](url, { tools });
  talk.say('The weather?');
  give(talk, await talk.ask('claude/claude-opus-5-5'));
  talk.history[1] = { ...talk.history[1], content: 'I shall ask.' };
  assert.equal((await talk.ask('claude/claude-opus-5-5')).calls.length, 2);
  assert.deepEqual(thoughtsSent(), []);
});

for (const client of CLIENTS) {
  for (const model of ['claude/claude-opus-5-5', 'claude/claude-sonnet-5-5', 'openai/gpt-6-astra']) {
    for (const stream of [false, true]) {
      test(`${client.name} → ${model}${stream ? ', streamed' : ''}: three rounds, and the model gets its thoughts back from an unmodified client`, async () => {
        simulator.script([
          { when: { contains: '4 degrees in Lima' }, reply: { text: 'Done.' } },
          {
            when: { contains: '4 degrees in Rome' },
            reply: { reasoning: 'South next.', toolCalls: [{ name: 'weather', arguments: { city: 'Lima' } }] },
          },
          { reply: { reasoning: 'North first.', text: 'I look.', toolCalls: [{ name: 'weather', arguments: { city: 'Rome' } }] } },
        ]);
        const from = simulator.requests.length;
        assert.deepEqual(await client.loop(url, model, 'The weather?', stream), { cities: ['Rome', 'Lima'], text: 'Done.' });
        simulator.script(script);
        assert.deepEqual(statuses(from), [200, 200, 200]);
        assert.equal(thoughtsSent().length, 2);
      });
    }
  }
}

test('a Chat caller’s thoughts are found again though the ids of its calls had to be changed for it', async () => {
  simulator.script([
    { when: { feature: 'toolResults' }, reply: { text: 'Done.' } },
    { reply: { reasoning: 'Hm.', toolCalls: [{ id: 'call ünï', name: 'weather', arguments: { city: 'Oslo' } }] } },
  ]);
  for (const stream of [false, true]) {
    const talk = TALKS['openai-chat'](url, { stream, tools });
    talk.say('The weather?');
    give(talk, await talk.ask('responses/gpt-6-sol'));
    await talk.ask('responses/gpt-6-sol');
    assert.equal(thoughtsSent().length, 1);
  }
  simulator.script(script);
});
