import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import type { JsonObject } from '../../src/model/json.ts';
import { createSimulator, fetchFrom, networkOf, readScript, type Script } from '../../src/simulator/index.ts';
import { simulatedWorld } from '../../src/world/simulated.ts';
import { CHAT, MESSAGES, RESPONSES, simulator } from './ask.ts';

const HELLO: JsonObject = { model: 'gpt-4o', messages: [{ role: 'user', content: 'Hello' }] };
const textOf = (json: JsonObject) => ((json['choices'] as JsonObject[])[0]!['message'] as JsonObject)['content'];
const said = (script: Script, body: JsonObject = HELLO) => textOf(simulator({ script }).ask(CHAT, body).json);

test('of the rules that match, the first that has a reply gives it, and the first that has a fault the fault', () => {
  const script: Script = [
    { when: { model: 'claude-*' }, reply: { text: 'for Claude' } },
    { when: { contains: 'Hello' }, timing: { firstMs: 1 } },
    { when: { model: 'gpt-*', path: 'chat' }, reply: { text: 'for GPT' } },
    { reply: { text: 'for all' }, fault: { noLastEvent: true } },
  ];
  assert.equal(said(script), 'for GPT');
  const { text } = simulator({ script }).ask(CHAT, { ...HELLO, stream: true });
  assert.ok(text.includes('for ') && !text.includes('[DONE]'));
});

test('a rule for the n-th request, and one for the first few', () => {
  const simulated = simulator({
    script: [
      { when: { nth: [1, 3] }, fault: { status: 500 } },
      { when: { times: 2 }, reply: { text: 'early' } },
    ],
  });
  const answers = [1, 2, 3, 4].map(() => simulated.ask(CHAT, HELLO)).map(({ status, json }) => (status === 200 ? textOf(json) : status));
  assert.deepEqual(answers, [500, 'early', 500, 'This is a simulated answer to: Hello']);
  simulated.script([]);
  assert.equal(textOf(simulated.ask(CHAT, HELLO).json), 'This is a simulated answer to: Hello');
});

test('a rule for what a request uses', () => {
  const script: Script = [
    { when: { feature: 'tools' }, reply: { text: 'tools' } },
    { when: { feature: 'structured' }, reply: { text: 'structured' } },
    { when: { feature: 'media' }, reply: { text: 'media' } },
    { when: { header: { 'x-headgate-feature': 'quiz' } }, reply: { text: 'quiz' } },
  ];
  assert.equal(said(script, { ...HELLO, tools: [{ type: 'function', function: { name: 'f' } }] }), 'tools');
  assert.equal(said(script, { ...HELLO, response_format: { type: 'text' } }), 'structured');
  assert.equal(textOf(simulator({ script }).ask(CHAT, HELLO, { 'x-headgate-feature': 'quiz' }).json), 'quiz');
});

test('a scripted answer says what the script says, in each format', () => {
  const script: Script = [
    {
      reply: {
        reasoning: 'Let me see.',
        text: 'Two calls.',
        toolCalls: [
          { name: 'a', arguments: { x: 1 }, id: 'call_1' },
          { name: 'b', arguments: '{"y": 2}' },
        ],
        usage: { input: 100, cacheRead: 50, output: 25, reasoning: 5 },
      },
    },
  ];
  const chat = simulator({ script }).ask(CHAT, HELLO).json;
  const [choice] = chat['choices'] as JsonObject[];
  assert.equal(choice?.['finish_reason'], 'tool_calls');
  assert.deepEqual(
    (choice!['message'] as { tool_calls: { function: object }[] }).tool_calls.map((call) => call.function),
    [
      { name: 'a', arguments: '{"x":1}' },
      { name: 'b', arguments: '{"y": 2}' },
    ],
  );
  assert.deepEqual([(chat['usage'] as JsonObject)['prompt_tokens'], (chat['usage'] as JsonObject)['completion_tokens']], [150, 25]);
  const message = simulator({ script }).ask(MESSAGES, { ...HELLO, model: 'sim-plain', max_tokens: 100 }).json;
  assert.deepEqual(
    (message['content'] as { type: string }[]).map(({ type }) => type),
    ['thinking', 'text', 'tool_use', 'tool_use'],
  );
  assert.deepEqual([message['stop_reason'], (message['usage'] as JsonObject)['input_tokens']], ['tool_use', 100]);
  const response = simulator({ script }).ask(RESPONSES, { model: 'gpt-5', input: 'x' }).json;
  assert.deepEqual(
    (response['output'] as { type: string }[]).map(({ type }) => type),
    ['reasoning', 'message', 'function_call', 'function_call'],
  );
});

test('a cap counts every part, and a call that does not fit whole is not made', () => {
  const calls = ['a', 'b', 'c'].map((name) => ({ name, arguments: 'x'.repeat(16) }));
  const { json } = simulator({ script: [{ reply: { text: 'eight by', toolCalls: calls } }] }).ask(CHAT, { ...HELLO, max_tokens: 12 });
  const [choice] = json['choices'] as { finish_reason: string; message: { content: string; tool_calls: object[] } }[];
  assert.deepEqual([choice?.finish_reason, choice?.message.content, choice?.message.tool_calls.length], ['length', 'eight by', 2]);
  assert.equal((json['usage'] as JsonObject)['completion_tokens'], 12);
});

test('a scripted refusal is one in each format', () => {
  const script: Script = [{ reply: { refusal: 'I will not.' } }];
  const [choice] = simulator({ script }).ask(CHAT, HELLO).json['choices'] as { message: { refusal: string; content: string | null } }[];
  assert.deepEqual([choice?.message.refusal, choice?.message.content], ['I will not.', null]);
  const message = simulator({ script }).ask(MESSAGES, { ...HELLO, model: 'sim-plain', max_tokens: 100 }).json;
  assert.deepEqual(
    [message['content'], message['stop_reason'], (message['stop_details'] as JsonObject)['explanation']],
    [[], 'refusal', 'I will not.'],
  );
  const response = simulator({ script }).ask(RESPONSES, { model: 'gpt-4o', input: 'x' }).json;
  assert.deepEqual(((response['output'] as JsonObject[])[0]!['content'] as JsonObject[])[0], { type: 'refusal', refusal: 'I will not.' });
});

test('an echo gives the request back as it was received, and the request log keeps it', () => {
  const simulated = simulator({ script: [{ reply: { echo: true } }] });
  assert.deepEqual(JSON.parse(String(textOf(simulated.ask(CHAT, HELLO).json))), HELLO);
  const [{ method, path, body, status, finished } = assert.fail()] = simulated.requests;
  assert.deepEqual({ method, path, body, status, finished }, { method: 'POST', path: CHAT, body: HELLO, status: 200, finished: true });
});

test('a caller who leaves in the middle is remembered as one', () => {
  const simulated = simulator({ script: [{ timing: { firstMs: 10, chunkMs: 10 } }] });
  simulated.ask(CHAT, { ...HELLO, stream: true }, {}, 25);
  assert.deepEqual(
    simulated.requests.map(({ aborted, finished }) => [aborted, finished]),
    [[true, false]],
  );
});

test('limits are kept per key, refill evenly, and say when to come back', () => {
  const simulated = simulator({ script: [{ rateLimit: { requestsPerMinute: 3, tokensPerMinute: 1000 } }] });
  const ask = (key = 'one') => simulated.ask(CHAT, HELLO, { authorization: `Bearer ${key}` });
  assert.deepEqual(
    [ask(), ask(), ask()].map(({ headers }) => headers['x-ratelimit-remaining-requests']),
    ['2', '1', '0'],
  );
  const refused = ask();
  assert.deepEqual([refused.status, refused.headers['retry-after'], refused.headers['x-ratelimit-reset-requests']], [429, '20', '1m0s']);
  assert.match(
    String((refused.json['error'] as JsonObject)['message']),
    /on requests per min \(RPM\): Limit 3, Used 3, Requested 1. Please try again in 20s/,
  );
  assert.equal(ask('another').status, 200);
  simulated.world.advance(20_000);
  assert.equal(ask().status, 200);
});

test('a wrong key is refused in each vendor’s words', () => {
  const simulated = simulator({ keys: ['right'] });
  const openai = simulated.ask(CHAT, HELLO, { authorization: 'Bearer sk-wrong-0123456789' });
  const anthropic = simulated.ask(MESSAGES, HELLO, { 'x-api-key': 'wrong' });
  assert.deepEqual([openai.status, (openai.json['error'] as JsonObject)['code']], [401, 'invalid_api_key']);
  assert.doesNotMatch(openai.text, /0123456789/);
  assert.deepEqual([anthropic.status, (anthropic.json['error'] as JsonObject)['message']], [401, 'invalid x-api-key']);
  assert.equal(simulated.ask(CHAT, HELLO, { authorization: 'Bearer right' }).status, 200);
});

test('unknown paths, methods and bodies are told apart', () => {
  const simulated = simulator();
  const told = (path: string, body?: JsonObject | string) => {
    const { status, json } = simulated.ask(path, body);
    return [status, (json['error'] as JsonObject)['message']];
  };
  assert.deepEqual(told('/v1/nothing', {}), [404, 'Invalid URL (POST /v1/nothing)']);
  assert.deepEqual(told(CHAT), [405, 'Not allowed to GET on /v1/chat/completions.']);
  assert.match(String(told(CHAT, '{')[1]), /^We could not parse the JSON body of your request/);
  assert.deepEqual(told(MESSAGES, '{'), [400, 'The request body is not valid JSON.']);
});

test('a base path names the vendor', () => {
  const simulated = simulator();
  assert.equal(simulated.ask('/openai/v1/chat/completions', HELLO).status, 200);
  assert.equal(simulated.ask('/anthropic/v1/messages', { ...HELLO, model: 'claude-opus-5-5', max_tokens: 5 }).status, 200);
});

test('a script is checked, and what is wrong is named', () => {
  assert.deepEqual(readScript([{ when: { nth: 2 }, fault: { status: 503 } }]), [{ when: { nth: 2 }, fault: { status: 503 } }]);
  assert.throws(() => readScript([{ reply: { txt: 'x' } }]), /script\[0\].reply: Unrecognized key: "txt"/);
  assert.throws(() => readScript([{ fault: { status: 'x' } }]), /script\[0\].fault.status/);
  assert.throws(() => readScript([{ batch: { cancellingMs: 600_001 } }]), /script\[0\].batch.cancellingMs/);
  assert.throws(() => readScript([{ when: { chance: 10 } }]), /script\[0\].when.chance/);
});

test('the scripts in the docs are scripts', () => {
  const docs = readFileSync('docs/simulator.md', 'utf8');
  const scripts = [...docs.matchAll(/```json\n([\s\S]*?)```/g)].map(([, text]) => readScript(JSON.parse(text!)));
  assert.ok(scripts.length >= 2);
});

test('the same requests in the same order get the same answers, and another seed other ids', () => {
  const answers = (seed: number) => {
    const simulated = simulator({ seed });
    return [1, 2].map(() => simulated.ask(MESSAGES, { ...HELLO, model: 'claude-opus-5-5', max_tokens: 500, stream: true }).text);
  };
  assert.deepEqual(answers(1), answers(1));
  assert.notDeepEqual(answers(1), answers(2));
});

test('as a fetch it needs no socket', async () => {
  const fetch = fetchFrom(createSimulator({ script: [{ when: { nth: 2 }, fault: { resetAtByte: 0 } }] }));
  const post = { method: 'POST', headers: { authorization: 'Bearer k' }, body: JSON.stringify(HELLO) };
  const answer = await fetch(`http://simulator${CHAT}`, post);
  assert.equal(textOf((await answer.json()) as JsonObject), 'This is a simulated answer to: Hello');
  await assert.rejects(fetch(`http://simulator${CHAT}`, post), /fetch failed/);
});

test('as the pipeline’s network it runs in the world’s time, and waits when told to', () => {
  const world = simulatedWorld();
  const network = networkOf(createSimulator({ world, script: [{ timing: { firstMs: 1000, chunkMs: 10 } }] }), world);
  const log: string[] = [];
  const body = Buffer.from(JSON.stringify({ ...HELLO, stream: true }));
  const exchange = network.send(
    { provider: 'openai', method: 'POST', path: CHAT, headers: {}, body },
    {
      onHead: (status) => log.push(`head ${status}`),
      onData: () => log.push('data'),
      onEnd: () => log.push('end'),
      onError: ({ kind }) => log.push(kind),
    },
  );
  assert.deepEqual(log, []);
  world.advance(999);
  assert.deepEqual(log, ['head 200']);
  world.advance(11);
  exchange.pause();
  world.advance(10_000);
  assert.deepEqual(log, ['head 200', 'data', 'data']);
  exchange.resume();
  assert.equal(log.at(-1), 'end');
});
