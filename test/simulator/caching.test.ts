import assert from 'node:assert/strict';
import test from 'node:test';
import type { Json, JsonObject } from '../../src/model/json.ts';
import { CHAT, MESSAGES, RESPONSES, simulator } from './ask.ts';

/** A text of so many simulated tokens (four bytes each), different for each letter. */
const tokens = (count: number, letter = 'a') => letter.repeat(count * 4);
const minutes = (count: number) => count * 60_000;

interface Counted {
  readonly fresh: number;
  readonly read: number;
  readonly short: number;
  readonly long: number;
}

/** Asks Messages with blocks and says how the vendor counted them. */
function counter(model = 'claude-opus-5-5') {
  const simulated = simulator();
  return {
    world: simulated.world,
    ask(content: readonly Json[], more: JsonObject = {}, headers: Record<string, string> = {}): Counted {
      const { json } = simulated.ask(
        MESSAGES,
        { model, max_tokens: 500, messages: [{ role: 'user', content: [...content] }], ...more },
        headers,
      );
      const usage = json['usage'] as { readonly [field: string]: Json };
      const written = usage['cache_creation'] as { readonly [field: string]: number };
      return {
        fresh: usage['input_tokens'] as number,
        read: usage['cache_read_input_tokens'] as number,
        short: written['ephemeral_5m_input_tokens']!,
        long: written['ephemeral_1h_input_tokens']!,
      };
    },
  };
}
const text = (words: string, ttl?: '5m' | '1h' | 'none') => ({
  type: 'text',
  text: words,
  ...(ttl && { cache_control: { type: 'ephemeral', ...(ttl !== 'none' && { ttl }) } }),
});

test('Messages: a marked prefix is written once, read after, and gone five minutes after its last use', () => {
  const { ask, world } = counter();
  const prompt = [text(tokens(600), 'none'), text(tokens(10, 'b'))];
  assert.deepEqual(ask(prompt), { fresh: 10, read: 0, short: 600, long: 0 });
  world.advance(minutes(4));
  assert.deepEqual(ask(prompt), { fresh: 10, read: 600, short: 0, long: 0 });
  world.advance(minutes(4.9));
  assert.deepEqual(ask(prompt), { fresh: 10, read: 600, short: 0, long: 0 });
  world.advance(minutes(5));
  assert.deepEqual(ask(prompt), { fresh: 10, read: 0, short: 600, long: 0 });
});

test('Messages: an hour is an hour, and prices of both lifetimes are kept apart', () => {
  const { ask, world } = counter();
  const prompt = [text(tokens(600), '1h'), text(tokens(100, 'b'), '5m'), text(tokens(10, 'c'))];
  assert.deepEqual(ask(prompt), { fresh: 10, read: 0, short: 100, long: 600 });
  world.advance(minutes(30));
  assert.deepEqual(ask(prompt), { fresh: 10, read: 600, short: 100, long: 0 });
});

test('Messages: what is shorter than the model’s minimum is not kept, in silence', () => {
  assert.deepEqual(counter().ask([text(tokens(511), 'none')]), { fresh: 511, read: 0, short: 0, long: 0 });
  assert.deepEqual(counter('claude-sonnet-5').ask([text(tokens(1023), 'none')]), { fresh: 1023, read: 0, short: 0, long: 0 });
});

test('Messages: a conversation that grows reads what it wrote and writes the rest', () => {
  const { ask } = counter('sim-plain');
  const first = [text(tokens(2000), 'none')];
  assert.deepEqual(ask(first), { fresh: 0, read: 0, short: 2000, long: 0 });
  assert.deepEqual(ask([text(tokens(2000)), text(tokens(300, 'b'), 'none')]), { fresh: 0, read: 2000, short: 300, long: 0 });
});

test('Messages: a mark looks back over twenty blocks and no further', () => {
  const { ask } = counter();
  const blocks = (count: number) => Array.from({ length: count }, (_, index) => text(tokens(100, String.fromCharCode(97 + index))));
  const marked = (count: number) => [...blocks(count - 1), text(tokens(100, String.fromCharCode(96 + count)), 'none')];
  ask(marked(6));
  assert.equal(ask(marked(25)).read, 600);
  const other = counter();
  other.ask(marked(6));
  assert.equal(other.ask(marked(26)).read, 0);
});

test('Messages: a change of the system prompt, of the tools, the model or the key loses what depends on it', () => {
  const tool = { name: 't', input_schema: { type: 'object' } };
  const { ask } = counter();
  const prompt = [text(tokens(600), 'none')];
  const system = [text(tokens(700, 's'), 'none')];
  ask(prompt, { system, tools: [tool] });
  assert.equal(ask([text(tokens(600, 'z'), 'none')], { system, tools: [tool] }).read > 700, true);
  assert.equal(ask(prompt, { system, tools: [tool], tool_choice: { type: 'none' } }).read < 1300, true);
  assert.equal(ask(prompt, { system: [text(tokens(700, 'r'), 'none')], tools: [tool] }).read, 0);
  assert.equal(ask(prompt, { system, tools: [{ ...tool, name: 'u' }] }).read, 0);
  assert.equal(ask(prompt, { system, tools: [tool], model: 'claude-opus-5' }).read, 0);
  assert.equal(ask(prompt, { system, tools: [tool] }, { 'x-api-key': 'another' }).read, 0);
});

test('Messages: a mark on the whole request falls on its last block', () => {
  const { ask } = counter();
  const whole = { cache_control: { type: 'ephemeral', ttl: '1h' } };
  assert.deepEqual(ask([text(tokens(600)), text(tokens(50, 'b'))], whole), { fresh: 0, read: 0, short: 0, long: 650 });
  assert.deepEqual(ask([text(tokens(600)), text(tokens(50, 'b'))], whole), { fresh: 0, read: 650, short: 0, long: 0 });
});

/** Asks Chat and says how many prompt tokens there were, how many from the cache, how many written. */
function chatCounter(model: string) {
  const simulated = simulator();
  return {
    world: simulated.world,
    ask(content: Json, more: JsonObject = {}): readonly Json[] {
      const { json } = simulated.ask(CHAT, { model, messages: [{ role: 'user', content }], ...more });
      const usage = json['usage'] as { readonly [field: string]: Json };
      const details = usage['prompt_tokens_details'] as { readonly [field: string]: Json };
      return [usage['prompt_tokens']!, details['cached_tokens']!, details['cache_write_tokens'] ?? 0];
    },
  };
}

test('OpenAI: prompts of 1024 tokens and more are cached by themselves, in steps of 128, and older models do not bill the writing', () => {
  const { ask, world } = chatCounter('gpt-4o');
  assert.deepEqual(ask(tokens(1023)), [1023, 0, 0]);
  assert.deepEqual(ask(tokens(1023)), [1023, 0, 0]);
  assert.deepEqual(ask(tokens(1300)), [1300, 0, 0]);
  assert.deepEqual(ask(tokens(1300)), [1300, 1280, 0]);
  assert.deepEqual(ask(tokens(1100) + tokens(500, 'b')), [1600, 1024, 0]);
  world.advance(minutes(31));
  assert.deepEqual(ask(tokens(1300)), [1300, 0, 0]);
});

test('OpenAI: from GPT-5.6 on what is written is billed; a marked prefix is kept to its exact end', () => {
  const { ask } = chatCounter('gpt-5.6');
  assert.deepEqual(ask(tokens(1300)), [1300, 0, 1280]);
  assert.deepEqual(ask(tokens(1300)), [1300, 1280, 0]);
  const marked = (tail: string) => [
    { type: 'text', text: tokens(1100, 'm'), prompt_cache_breakpoint: { mode: 'explicit' } },
    { type: 'text', text: tail },
  ];
  const explicit = { prompt_cache_options: { mode: 'explicit' } };
  assert.deepEqual(ask(marked(tokens(500, 'x')), explicit), [1600, 0, 1100]);
  assert.deepEqual(ask(marked(tokens(500, 'y')), explicit), [1600, 1100, 0]);
});

test('OpenAI: explicit caching without a mark is no caching, and cache keys keep caches apart', () => {
  const { ask } = chatCounter('gpt-5.6');
  assert.deepEqual(ask(tokens(2048), { prompt_cache_options: { mode: 'explicit' } }), [2048, 0, 0]);
  assert.deepEqual(ask(tokens(2048), { prompt_cache_key: 'a' }), [2048, 0, 2048]);
  assert.deepEqual(ask(tokens(2048), { prompt_cache_key: 'b' }), [2048, 0, 2048]);
  assert.deepEqual(ask(tokens(2048), { prompt_cache_key: 'a' }), [2048, 2048, 0]);
});

test('Responses: what is written for twelve hours is told apart', () => {
  const simulated = simulator();
  const ask = () =>
    simulated.ask(RESPONSES, { model: 'gpt-6-sol', input: tokens(1024), prompt_cache_options: { ttl: '12h' } }).json['usage'] as JsonObject;
  assert.equal((ask()['input_tokens_details'] as JsonObject)['cache_write_tokens'], 1024);
  simulated.world.advance(minutes(11 * 60));
  assert.equal((ask()['input_tokens_details'] as JsonObject)['cached_tokens'], 1024);
});
