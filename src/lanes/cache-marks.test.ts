import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { dialectOf } from '../dialects/registry.ts';
import type { CachePlan } from '../model/caching.ts';
import type { DialectName } from '../model/part.ts';
import { marked } from './cache-marks.ts';
import { inboundOf } from './inbound.ts';
import { cacheableIn } from './prefixes.ts';

const inboundFrom = (dialect: DialectName, body: object) => inboundOf('generate', dialect, {}, Buffer.from(JSON.stringify(body)));
const planned = (marks: CachePlan['marks'], explicit = false): CachePlan => ({ marks, explicit });
const MESSAGES = {
  model: 'm',
  max_tokens: 10,
  tools: [{ name: 'find', input_schema: { type: 'object' } }],
  system: 'Be "brief".',
  messages: [
    { role: 'user', content: 'one' },
    { role: 'assistant', content: [{ type: 'text', text: 'two' }] },
    { role: 'user', content: 'three' },
  ],
};

function markedBody(dialect: DialectName, body: object, plan: CachePlan): Record<string, unknown> {
  const inbound = inboundFrom(dialect, body);
  return JSON.parse(marked(inbound, cacheableIn(inbound), plan, dialect).body.toString()) as Record<string, unknown>;
}

test('marks are set on the ends of prefixes, in the bytes of the caller', () => {
  const body = markedBody(
    'anthropic-messages',
    MESSAGES,
    planned([
      { at: 0, minutes: 60 },
      { at: 2, minutes: 5 },
      { at: 3, minutes: 5 },
    ]),
  );
  assert.deepEqual(body, {
    ...MESSAGES,
    system: [{ type: 'text', text: 'Be "brief".', cache_control: { type: 'ephemeral', ttl: '1h' } }],
    messages: [
      MESSAGES.messages[0],
      { role: 'assistant', content: [{ type: 'text', text: 'two', cache_control: { type: 'ephemeral' } }] },
      { role: 'user', content: [{ type: 'text', text: 'three', cache_control: { type: 'ephemeral' } }] },
    ],
  });
  const { system: _, ...bare } = MESSAGES;
  assert.deepEqual(markedBody('anthropic-messages', bare, planned([{ at: 0, minutes: 5 }]))['tools'], [
    { ...MESSAGES.tools[0], cache_control: { type: 'ephemeral' } },
  ]);
});

test('OpenAI takes marks on what was asked, and is told to write nothing unasked', () => {
  const chat = {
    model: 'm',
    messages: [
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: [{ type: 'text', text: 'one' }] },
      { role: 'assistant', content: 'two' },
    ],
  };
  assert.deepEqual(
    markedBody(
      'openai-chat',
      chat,
      planned(
        [
          { at: 0, minutes: 30 },
          { at: 1, minutes: 30 },
          { at: 2, minutes: 30 },
        ],
        true,
      ),
    ),
    {
      prompt_cache_options: { mode: 'explicit' },
      model: 'm',
      messages: [
        { role: 'system', content: [{ type: 'text', text: 'Be brief.', prompt_cache_breakpoint: { mode: 'explicit' } }] },
        { role: 'user', content: [{ type: 'text', text: 'one', prompt_cache_breakpoint: { mode: 'explicit' } }] },
        { role: 'assistant', content: 'two' },
      ],
    },
  );
  const responses = { model: 'm', instructions: 'Be brief.', input: [{ role: 'user', content: 'one' }] };
  assert.deepEqual(
    markedBody(
      'openai-responses',
      responses,
      planned([
        { at: 0, minutes: 30 },
        { at: 1, minutes: 30 },
      ]),
    ),
    {
      ...responses,
      input: [{ role: 'user', content: [{ type: 'input_text', text: 'one', prompt_cache_breakpoint: { mode: 'explicit' } }] }],
    },
  );
});

test('no mark goes where a vendor refuses one: on a thought, or on nothing', () => {
  const turns = [
    { role: 'user', content: '' },
    { role: 'assistant', content: [{ type: 'thinking', thinking: 'hm', signature: 's' }] },
  ];
  const body = { ...MESSAGES, messages: turns };
  assert.deepEqual(
    markedBody(
      'anthropic-messages',
      body,
      planned([
        { at: 1, minutes: 5 },
        { at: 2, minutes: 5 },
      ]),
    ),
    body,
  );
});

test('a question that goes to the other vendor is marked in its words', () => {
  const inbound = inboundFrom('anthropic-messages', MESSAGES);
  const request = marked(
    inbound,
    cacheableIn(inbound),
    planned(
      [
        { at: 0, minutes: 30 },
        { at: 3, minutes: 30 },
      ],
      true,
    ),
    'openai-responses',
  ).decode();
  assert.equal(request.instructions![0]!.cache, undefined);
  assert.deepEqual(request.turns[2]!.parts[0]!.cache, { ttlMinutes: 30 });
  assert.deepEqual(request.settings!.cacheOptions, { mode: 'explicit' });
});

test('whoever marks himself is known', () => {
  assert.equal(cacheableIn(inboundFrom('anthropic-messages', MESSAGES)).marked, false);
  const own = { ...MESSAGES, system: [{ type: 'text', text: 'x', cache_control: { type: 'ephemeral' } }] };
  assert.equal(cacheableIn(inboundFrom('anthropic-messages', own)).marked, true);
  assert.equal(cacheableIn(inboundFrom('anthropic-messages', { ...MESSAGES, cache_control: { type: 'ephemeral' } })).marked, true);
  // Of a conversation Anthropic holds we see one turn, and it may refuse marks there.
  assert.equal(cacheableIn(inboundFrom('anthropic-messages', { ...MESSAGES, thread: { type: 'create' } })).marked, true);
});

test('marks change nothing of what is said, and prefixes of a conversation are the same with its next turn (CACHE-4)', () => {
  const words = fc.string({ minLength: 1, unit: 'grapheme' });
  const turn = fc.oneof(
    words,
    fc.array(
      words.map((text) => ({ type: 'text', text })),
      { minLength: 1, maxLength: 3 },
    ),
  );
  const talk = fc.record({
    system: words,
    turns: fc.array(turn, { minLength: 3, maxLength: 9 }),
    marks: fc.uniqueArray(fc.nat(9), { maxLength: 4 }),
  });
  fc.assert(
    fc.property(talk, ({ system, turns, marks }) => {
      const messages = turns.map((content, index) => ({ role: index % 2 === 0 ? 'user' : 'assistant', content }));
      const body = { model: 'm', max_tokens: 10, system, messages };
      const plan = planned(marks.toSorted((a, b) => a - b).map((at) => ({ at, minutes: 5 })));
      const plain = inboundFrom('anthropic-messages', body);
      const cacheable = cacheableIn(plain);
      const sent = dialectOf('anthropic-messages').decodeRequest(
        JSON.parse(marked(plain, cacheable, plan, 'anthropic-messages').body.toString()),
      );
      assert.deepEqual(withoutMarks(sent), withoutMarks(plain.decode()));
      assert.deepEqual(cacheableIn(marked(plain, cacheable, plan, 'anthropic-messages')).digests, cacheable.digests);
      const shorter = cacheableIn(inboundFrom('anthropic-messages', { ...body, messages: messages.slice(0, -1) }));
      assert.deepEqual(shorter.digests, cacheable.digests.slice(0, -1));
    }),
    { numRuns: 1000 },
  );
});

const withoutMarks = (request: object): unknown =>
  JSON.parse(JSON.stringify(request, (key, value: unknown) => (key === 'cache' ? undefined : value)));
