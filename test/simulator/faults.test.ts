import assert from 'node:assert/strict';
import test from 'node:test';
import type { JsonObject } from '../../src/model/json.ts';
import type { Fault, Script } from '../../src/simulator/index.ts';
import { CHAT, eventsOf, MESSAGES, RESPONSES, simulator } from './ask.ts';

const BODIES: Readonly<Record<string, JsonObject>> = {
  [CHAT]: { model: 'gpt-4o', messages: [{ role: 'user', content: 'Hello' }] },
  [RESPONSES]: { model: 'gpt-4o', input: 'Hello' },
  [MESSAGES]: { model: 'sim-plain', max_tokens: 100, messages: [{ role: 'user', content: 'Hello' }] },
};
const ask = (path: string, fault: Fault, more: JsonObject = {}) =>
  simulator({ script: [{ fault }] }).ask(path, { ...BODIES[path], ...more });
const streamed = (path: string, fault: Fault) => ask(path, fault, { stream: true });

test('every status comes in the shape and the words of its vendor', () => {
  const errors = [400, 401, 403, 404, 408, 409, 413, 429, 500, 502, 503, 504, 529].map((status) => {
    const openai = ask(CHAT, { status });
    const anthropic = ask(MESSAGES, { status });
    const [first, second] = [openai.json['error'] as JsonObject, anthropic.json['error'] as JsonObject];
    return [openai.status, first['type'], first['code'], anthropic.status, second['type']];
  });
  assert.deepEqual(errors, [
    [400, 'invalid_request_error', null, 400, 'invalid_request_error'],
    [401, 'invalid_request_error', 'invalid_api_key', 401, 'authentication_error'],
    [403, 'invalid_request_error', 'unsupported_country_region_territory', 403, 'permission_error'],
    [404, 'invalid_request_error', 'model_not_found', 404, 'not_found_error'],
    [408, 'invalid_request_error', null, 408, 'invalid_request_error'],
    [409, 'invalid_request_error', null, 409, 'conflict_error'],
    [413, 'invalid_request_error', null, 413, 'request_too_large'],
    [429, 'requests', 'rate_limit_exceeded', 429, 'rate_limit_error'],
    [500, 'server_error', null, 500, 'api_error'],
    [502, 'server_error', null, 502, 'api_error'],
    [503, 'server_error', 'server_is_overloaded', 503, 'api_error'],
    [504, 'server_error', null, 504, 'timeout_error'],
    [529, 'server_error', null, 529, 'overloaded_error'],
  ]);
});

test('a known code brings its words, and what a fault names itself wins', () => {
  assert.deepEqual((ask(CHAT, { status: 429, code: 'insufficient_quota' }).json['error'] as JsonObject)['type'], 'insufficient_quota');
  assert.deepEqual(ask(CHAT, { status: 418, type: 't', code: 'c', message: 'm', param: 'p' }).json, {
    error: { message: 'm', type: 't', param: 'p', code: 'c' },
  });
});

test('the three ways to say when to come back', () => {
  const headers = (fault: Fault) => {
    const { headers: all } = ask(CHAT, { status: 429, ...fault });
    return [all['retry-after'], all['retry-after-ms'], all['x-should-retry']];
  };
  assert.deepEqual(headers({ retryAfter: { seconds: 2 } }), ['2', undefined, undefined]);
  assert.deepEqual(headers({ retryAfter: { ms: 1500 }, shouldRetry: false }), [undefined, '1500', 'false']);
  assert.deepEqual(headers({ retryAfter: { dateInSeconds: 90 } }), ['Thu, 01 Jan 2026 00:01:30 GMT', undefined, undefined]);
});

test('a proxy’s page comes in the place of the vendor’s JSON', () => {
  const { status, headers, text } = ask(MESSAGES, { status: 502, htmlBody: true });
  assert.deepEqual([status, headers['content-type'], text.startsWith('<html>')], [502, 'text/html; charset=utf-8', true]);
});

test('a body cut at a byte ends there and looks complete; a stalled one stays open; a reset one breaks', () => {
  for (const [fault, end] of [
    [{ cutAtByte: 40 }, 'end'],
    [{ stallAtByte: 40 }, 'open'],
    [{ resetAtByte: 40 }, 'reset'],
  ] as const) {
    const answered = ask(CHAT, fault);
    assert.deepEqual([answered.status, answered.text.length, answered.end], [200, 40, end]);
  }
});

test('at byte 0 a stall and a reset come before the headers', () => {
  assert.deepEqual(
    ['status' in ask(CHAT, { stallAtByte: 0 }), ask(CHAT, { stallAtByte: 0 }).status, ask(CHAT, { resetAtByte: 0 }).status],
    [true, undefined, undefined],
  );
  assert.equal(ask(CHAT, { resetAtByte: 0 }).end, 'reset');
});

test('a stream breaks after so many whole events', () => {
  for (const path of [CHAT, RESPONSES, MESSAGES]) {
    const whole = streamed(path, {});
    const cut = streamed(path, { cutAfterEvents: 4 });
    assert.equal(eventsOf(cut.text).length, 4);
    assert.ok(whole.text.startsWith(cut.text) && cut.text.endsWith('\n\n'));
    assert.equal(streamed(path, { resetAfterEvents: 2 }).end, 'reset');
    assert.equal(streamed(path, { stallAfterEvents: 2 }).end, 'open');
  }
});

test('a stream pauses after so many events and goes on, or breaks there', () => {
  const paused = simulator({ script: [{ timing: { chunkMs: 10 }, fault: { pauseAfterEvents: 2, pauseMs: 5000, resetAfterEvents: 4 } }] });
  const { end, writtenAtMs } = paused.ask(CHAT, { ...BODIES[CHAT], stream: true });
  assert.deepEqual([writtenAtMs, end], [[0, 10, 5020, 5030], 'reset']);
});

test('one event is broken JSON and the rest is fine; or bytes are neither JSON nor UTF-8', () => {
  const { text } = streamed(CHAT, { garbageAfterEvents: 2 });
  const events = text.split('\n\n').filter(Boolean);
  assert.equal(events[2], 'data: {"broken": tru');
  assert.equal(events.at(-1), 'data: [DONE]');
  const broken = ask(CHAT, { garbageAtByte: 30 });
  assert.equal(broken.status, 200);
  assert.throws(() => JSON.parse(broken.text));
});

test('an overloaded vendor says so inside a stream that began well', () => {
  const last = (path: string) => eventsOf(streamed(path, { inStream: 'overloaded', afterEvents: 4 }).text).at(-1);
  assert.deepEqual(last(MESSAGES), { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } });
  assert.equal((last(CHAT)!['error'] as JsonObject)['code'], 'server_is_overloaded');
  assert.deepEqual([last(RESPONSES)?.['type'], last(RESPONSES)?.['sequence_number']], ['error', 4]);
});

test('a stream may lack its last event', () => {
  assert.ok(!streamed(CHAT, { noLastEvent: true }).text.includes('[DONE]'));
  assert.ok(!streamed(MESSAGES, { noLastEvent: true }).text.includes('message_stop'));
});

test('the first byte may be slow: of the answer with its headers, or of the words only', () => {
  const slow = simulator({ script: [{ fault: { slowFirstByteMs: 2000 } }] });
  assert.equal(slow.ask(CHAT, BODIES[CHAT], {}, 1999).status, undefined);
  assert.equal(slow.ask(CHAT, BODIES[CHAT], {}, 2000).status, 200);
  const late = simulator({ script: [{ timing: { firstMs: 500, chunkMs: 10 } }] });
  const early = late.ask(CHAT, { ...BODIES[CHAT], stream: true }, {}, 499);
  assert.deepEqual([early.status, early.text], [200, '']);
  const { writtenAtMs } = late.ask(CHAT, { ...BODIES[CHAT], stream: true });
  assert.deepEqual(writtenAtMs.slice(0, 3), [500, 510, 520]);
});

test('a stream may come in any pieces: so many deltas, or so many bytes at a time', () => {
  const script = (timing: object): Script => [{ timing, reply: { text: 'Grüße aus Ålesund 🌊' } }];
  const two = simulator({ script: script({ chunks: 2 }) }).ask(CHAT, { ...BODIES[CHAT], stream: true });
  const contents = eventsOf(two.text).flatMap(
    (event) => ((event['choices'] as JsonObject[])[0]?.['delta'] as JsonObject)?.['content'] || [],
  );
  assert.deepEqual(contents, ['Grüße aus ', 'Ålesund 🌊']);
  const whole = simulator({ script: script({}) }).ask(CHAT, { ...BODIES[CHAT], stream: true });
  const bytes = simulator({ script: script({ chunkBytes: 7 }) }).ask(CHAT, { ...BODIES[CHAT], stream: true });
  assert.equal(bytes.text, whole.text);
  assert.equal(bytes.writtenAtMs.length, Math.ceil(Buffer.byteLength(whole.text) / 7));
});
