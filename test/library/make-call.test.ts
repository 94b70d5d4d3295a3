import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import type { UsageRecord } from '../../src/accounting/record.ts';
import { readConfig } from '../../src/config/read.ts';
import { createHeadgate } from '../../src/headgate.ts';
import { fold } from '../../src/model/fold.ts';
import type { CallAnswer, CallTerms } from '../../src/model/make-call.ts';
import type { ModelEvent } from '../../src/model/reply.ts';
import type { ModelRequest } from '../../src/model/request.ts';
import { type Script, startSimulator } from '../../src/simulator/index.ts';

const TARGETS = ['chat/gpt-4.1', 'responses/gpt-6-sol', 'claude/claude-sonnet-5'];
const anyone: CallTerms = { caller: { key: 'anonymous', feature: 'tests' } };

/** Calls made in process, the simulator that answers them, and the books. */
async function stage(t: TestContext, script: Script = [], rules: object = {}) {
  const simulator = await startSimulator({ port: 0, script });
  const providers = {
    chat: { dialect: 'openai-chat', vendor: 'openai', baseUrl: `${simulator.url}/v1`, apiKey: 'k' },
    responses: { dialect: 'openai-responses', vendor: 'openai', baseUrl: `${simulator.url}/v1`, apiKey: 'k' },
    claude: { dialect: 'anthropic', baseUrl: simulator.url, apiKey: 'k' },
  };
  const read = readConfig(JSON.stringify({ providers, ledger: 'off', ...rules }), {});
  if ('problems' in read) throw new Error(JSON.stringify(read.problems));
  const booked: UsageRecord[] = [];
  const headgate = await createHeadgate(read.config, { onCall: (records) => booked.push(...records) });
  t.after(async () => {
    await headgate.close();
    await simulator.close();
  });
  return { simulator, booked, headgate, make: headgate.makeCall };
}

const asking = (model: string, more: Partial<ModelRequest> = {}): ModelRequest => ({
  model,
  turns: [{ role: 'user', parts: [{ type: 'text', text: 'Name a river.' }] }],
  stream: true,
  ...more,
});

async function eventsOf(answer: CallAnswer): Promise<ModelEvent[]> {
  const events: ModelEvent[] = [];
  for await (const event of answer) events.push(event);
  return events;
}

const failureIn = (events: readonly ModelEvent[]) => {
  const last = events.at(-1);
  return last?.type === 'fail' ? last.failure : undefined;
};

for (const model of TARGETS) {
  for (const stream of [true, false]) {
    test(`${model}, ${stream ? 'streamed' : 'whole'}: words, thoughts and calls come as events, and the receipt says what they cost`, async (t) => {
      const reply = { reasoning: 'Hm.', text: 'The Nile.', toolCalls: [{ name: 'map', arguments: { of: 'Nile' }, id: 'call_1' }] };
      const { make, booked } = await stage(t, [{ reply }]);
      const answer = make(asking(model, { stream, tools: [{ name: 'map' }] }), anyone);
      const { parts, finish } = fold(await eventsOf(answer));
      const said = parts.filter(({ type }) => type !== 'reasoning').map(({ extra: _, ...part }) => part);
      assert.deepEqual(said, [
        { type: 'text', text: 'The Nile.' },
        { type: 'toolCall', id: 'call_1', name: 'map', arguments: '{"of":"Nile"}' },
      ]);
      assert.equal(finish.reason, 'toolCalls');
      const { callId, cost, attempts, target } = await answer.receipt;
      assert.deepEqual(
        booked.map((row) => [row.callId, row.cost, row.dialectIn, row.feature, `${row.provider}/${row.model}`]),
        [[callId, cost, 'canonical', 'tests', model]],
      );
      assert.equal(attempts, 1);
      assert.equal(`${target?.provider}/${target?.model}`, model);
    });
  }
}

test('a thought comes back with the very seal its vendor gave it, and is taken back by it', async (t) => {
  const { make, simulator } = await stage(t, [{ reply: { reasoning: 'Rivers, then.', text: 'The Nile.' } }]);
  const thinking: Partial<ModelRequest> = { reasoning: { mode: 'adaptive', show: 'summarized' }, maxOutputTokens: 2000 };
  const { parts } = fold(await eventsOf(make(asking('claude/claude-sonnet-5', thinking), anyone)));
  const [thought] = parts;
  assert.ok(thought?.type === 'reasoning' && thought.seal?.by === 'anthropic-messages' && !thought.seal.data.startsWith('headgate'));
  const turns = [...asking('').turns, { role: 'assistant' as const, parts }, ...asking('').turns];
  const again = await eventsOf(make(asking('claude/claude-sonnet-5', { ...thinking, turns }), anyone));
  assert.equal(failureIn(again), undefined);
  const sent = simulator.requests.at(-1)!.body as { messages: { content: { signature?: string }[] }[] };
  assert.equal(sent.messages[1]!.content[0]!.signature, thought.seal.data);
});

test('a call moves on to the next target as any other', async (t) => {
  const { make, booked } = await stage(
    t,
    [
      { when: { model: 'claude-sonnet-5' }, fault: { status: 529 } },
      { when: { model: 'gpt-4.1' }, fault: { inStream: 'error', afterEvents: 0 } },
      { reply: { text: 'Here.' } },
    ],
    { defaults: { retry: { tries: 1 } }, models: { smart: ['claude/claude-sonnet-5', 'chat/gpt-4.1', 'responses/gpt-6-sol'] } },
  );
  const answer = make(asking('smart'), anyone);
  assert.equal(
    fold(await eventsOf(answer))
      .parts.map((part) => (part.type === 'text' ? part.text : ''))
      .join(''),
    'Here.',
  );
  const { attempts, target } = await answer.receipt;
  assert.equal(attempts, booked.length);
  assert.equal(target?.provider, 'responses');
});

test('what cannot be carried is refused with its place, or reported in the receipt where the caller allows it', async (t) => {
  const { make, simulator } = await stage(t);
  const media = { type: 'media', mediaType: 'application/pdf', source: { fileId: 'file_1', dialect: 'anthropic-messages' } } as const;
  const request = asking('chat/gpt-4.1', { turns: [{ role: 'user', parts: [{ type: 'text', text: 'Read.' }, media] }] });
  const refused = make(request, anyone);
  const failure = failureIn(await eventsOf(refused));
  assert.equal(failure?.kind, 'lossy');
  assert.match(failure!.message, /^chat\/gpt-4\.1 cannot be asked this .*turns\[0\]\.parts\[1\]: .*Set onLoss: "allow"/);
  assert.deepEqual(simulator.requests, []);
  const { attempts, cost } = await refused.receipt;
  assert.deepEqual({ attempts, cost }, { attempts: 0, cost: 0n });

  const allowed = make(request, { ...anyone, onLoss: 'allow' });
  assert.equal(failureIn(await eventsOf(allowed)), undefined);
  const { losses } = await allowed.receipt;
  assert.deepEqual(losses.map(({ path, value }) => [path, value])[0], ['turns[0].parts[1]', media]);
});

test('an answer that breaks off ends with a failure, and what was spent is booked', async (t) => {
  const { make, booked } = await stage(t, [{ reply: { text: 'one two three four five six' }, fault: { cutAfterEvents: 6 } }]);
  const answer = make(asking('claude/claude-haiku-4-5'), anyone);
  const events = await eventsOf(answer);
  assert.equal(failureIn(events)?.kind, 'interrupted');
  assert.ok(events.some(({ type }) => type === 'delta'));
  const { cost, callId } = await answer.receipt;
  assert.deepEqual([booked[0]?.callId, booked[0]?.cost], [callId, cost]);
  assert.ok(cost! > 0n);
});

test('an answer that broke off is written on where that is asked for, and the receipt says so', async (t) => {
  const { make } = await stage(
    t,
    [{ when: { nth: 1 }, reply: { text: 'one two three' }, fault: { cutAfterEvents: 5 } }, { reply: { text: ' and on' } }],
    {
      defaults: { onCut: 'continue', retry: { tries: 1 } },
      models: { m: ['claude/claude-haiku-4-5', 'claude/claude-sonnet-4-5'] },
    },
  );
  const answer = make(asking('m'), anyone);
  const [part] = fold(await eventsOf(answer)).parts;
  assert.match(part?.type === 'text' ? part.text : '', /^one .* and on$/);
  const { losses, attempts } = await answer.receipt;
  assert.equal(attempts, 2);
  assert.match(losses.at(-1)!.note, /^it broke off after \d+ characters; claude\/claude-sonnet-4-5 wrote on/);
});

for (const [how, leave] of Object.entries({
  'who stops reading': async (answer: CallAnswer) => {
    for await (const event of answer) if (event.type === 'delta') break;
  },
  'who aborts': async (answer: CallAnswer, abort: AbortController) => {
    const events: ModelEvent[] = [];
    for await (const event of answer) {
      events.push(event);
      if (event.type === 'delta') abort.abort();
    }
    assert.equal(failureIn(events)?.kind, 'cancelled');
  },
})) {
  test(`${how} ends the call, which is booked`, async (t) => {
    const { make, booked, headgate } = await stage(t, [{ reply: { text: 'one two three' }, fault: { stallAfterEvents: 5 } }]);
    const abort = new AbortController();
    const answer = make(asking('claude/claude-haiku-4-5'), { ...anyone, signal: abort.signal });
    await leave(answer, abort);
    const { callId, cost, attempts } = await answer.receipt;
    assert.deepEqual([booked.map((row) => [row.callId, row.outcome]), attempts], [[[callId, 'cancelled']], 1]);
    assert.equal(cost, booked[0]!.cost);
    assert.equal(headgate.running, 0);
  });
}

test('a call that was aborted before it began is not made', async (t) => {
  const { make, simulator } = await stage(t);
  const answer = make(asking('claude/claude-sonnet-5'), { ...anyone, signal: AbortSignal.abort() });
  assert.equal(failureIn(await eventsOf(answer))?.kind, 'cancelled');
  assert.deepEqual(simulator.requests, []);
  assert.equal((await answer.receipt).callId, '');
});

test('one idempotency key, one call: the same events again, at no cost', async (t) => {
  const { make, simulator } = await stage(t, [{ reply: { text: 'Once.' } }]);
  const ask = (text: string) =>
    make(asking('claude/claude-sonnet-5', { turns: [{ role: 'user', parts: [{ type: 'text', text }] }] }), {
      ...anyone,
      idempotencyKey: 'k-1',
    });
  const first = ask('Say it.');
  const events = await eventsOf(first);
  const second = ask('Say it.');
  assert.deepEqual(await eventsOf(second), events);
  const { attempts: _, tokens: __, cost: paid, ...one } = await first.receipt;
  const { attempts, tokens, cost, ...other } = await second.receipt;
  assert.deepEqual(other, one);
  assert.ok(paid! > 0n);
  assert.deepEqual([attempts, tokens, cost, simulator.requests.length], [0, undefined, 0n, 1]);
  assert.equal(failureIn(await eventsOf(ask('Say something else.')))?.kind, 'reused');
});

test('budgets and ceilings hold for calls in process, by the size they have at their target', async (t) => {
  const { make, simulator } = await stage(t, [], { defaults: { callTokensMax: 500 } });
  assert.equal(
    failureIn(await eventsOf(make(asking('claude/claude-sonnet-5', { maxOutputTokens: 1000 }), anyone)))?.code,
    'call_too_large',
  );
  assert.equal(failureIn(await eventsOf(make(asking('claude/claude-sonnet-5', { maxOutputTokens: 100 }), anyone))), undefined);
  assert.equal(simulator.requests.length, 1);
});

test("a provider's options reach it as they are, and nobody else", async (t) => {
  const { make, simulator } = await stage(t);
  const terms = {
    ...anyone,
    providerOptions: { openai: { service_tier: 'flex' }, anthropic: { betas: ['new-1'], top_k: 3 }, chat: { seed: 7 } },
  };
  for (const model of ['claude/claude-haiku-4-5', 'chat/gpt-4.1']) await eventsOf(make(asking(model), terms));
  const [claude, chat] = simulator.requests.map(({ body, headers }) => ({ body: body as Record<string, unknown>, headers }));
  assert.deepEqual(
    [claude!.body['top_k'], claude!.body['betas'], claude!.body['seed'], claude!.headers['anthropic-beta']],
    [3, undefined, undefined, 'new-1'],
  );
  assert.deepEqual([chat!.body['service_tier'], chat!.body['seed'], chat!.body['top_k']], ['flex', 7, undefined]);
});

test("a caller's own deadline ends the call", async (t) => {
  const { make } = await stage(t, [{ fault: { stallAfterEvents: 1 } }]);
  assert.equal(failureIn(await eventsOf(make(asking('claude/claude-sonnet-5'), { ...anyone, deadlineMs: 40 })))?.kind, 'slow');
});
