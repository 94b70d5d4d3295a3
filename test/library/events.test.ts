import assert from 'node:assert/strict';
import test from 'node:test';
import { factsOf } from '../../src/catalogue/index.ts';
import { readConfig } from '../../src/config/read.ts';
import { dialectOf } from '../../src/dialects/registry.ts';
import { sseDecoder } from '../../src/dialects/sse.ts';
import { createHeadgate } from '../../src/headgate.ts';
import type { OutgoingRequest } from '../../src/model/exchange.ts';
import { failureOf } from '../../src/model/failure.ts';
import { run } from '../../src/model/machine.ts';
import type { DialectName } from '../../src/model/part.ts';
import type { ModelEvent } from '../../src/model/reply.ts';
import type { ModelRequest } from '../../src/model/request.ts';
import { NAMES, requests, streams } from '../support/fixtures.ts';

const MODELS = { 'openai-chat': 'gpt-4.1', 'openai-responses': 'gpt-6-sol', 'anthropic-messages': 'claude-opus-5-5' } as const;

/** Calls in process whose providers give the same bytes to whatever they are asked, and what they were asked. */
async function against(dialect: DialectName, answer: string) {
  const vendor = dialect === 'anthropic-messages' ? 'anthropic' : 'openai';
  const providers = { p: { dialect: vendor === 'anthropic' ? vendor : dialect, vendor, baseUrl: 'http://p', apiKey: 'k' } };
  const read = readConfig(JSON.stringify({ providers, ledger: 'off', defaults: { retry: { tries: 1 } } }), {});
  if ('problems' in read) throw new Error(JSON.stringify(read.problems));
  const sent: OutgoingRequest[] = [];
  const headgate = await createHeadgate(read.config, {
    network: {
      send(request, receiver) {
        sent.push(request);
        queueMicrotask(() => {
          receiver.onHead(200, { 'content-type': 'text/event-stream' });
          receiver.onData(Buffer.from(answer));
          receiver.onEnd();
        });
        return { asked: true, abort() {}, pause() {}, resume() {} };
      },
    },
  });
  return { headgate, sent };
}

async function called(dialect: DialectName, answer: string, request: ModelRequest) {
  const { headgate, sent } = await against(dialect, answer);
  const events: ModelEvent[] = [];
  const asked = { ...request, model: `p/${MODELS[dialect]}`, stream: true };
  for await (const event of headgate.makeCall(asked, { caller: { key: 'anonymous' }, onLoss: 'allow' })) events.push(event);
  await headgate.close();
  return { events, sent };
}

const plain = (value: unknown) => JSON.parse(JSON.stringify(value)) as unknown;
const hello: ModelRequest = { model: 'm', turns: [{ role: 'user', parts: [{ type: 'text', text: 'Hello' }] }], stream: true };

for (const dialect of NAMES) {
  test(`${dialect}: callers in process get every event of every known stream as it was decoded`, async () => {
    for (const { name, wire } of streams(dialect)) {
      const decoded = run(dialectOf(dialect).decodeStream(), run(sseDecoder(), [wire]));
      const end = decoded.findIndex(({ type }) => type === 'finish' || type === 'fail');
      const { events } = await called(dialect, wire, hello);
      // What fails before it has begun is tried elsewhere, and there is nowhere.
      if (decoded[end]?.type !== 'fail') assert.deepEqual(plain(events), plain(decoded.slice(0, end + 1)), name);
      else assert.equal(events.at(-1)?.type, 'fail', name);
    }
  });

  test(`${dialect}: what callers in process ask goes out as if its own dialect had been spoken`, async () => {
    for (const { name, wire } of requests(dialect)) {
      const decoded = dialectOf(dialect).decodeRequest(wire);
      // In process an effort asks to think, wherever it is sent; in Messages it may stand alone.
      const request = dialect !== 'anthropic-messages' || decoded.reasoning?.mode ? decoded : { ...decoded, reasoning: {} };
      let own: unknown;
      try {
        own = dialectOf(dialect).encodeRequest({ ...request, stream: true }, factsOf(MODELS[dialect])).wire;
      } catch (error) {
        own = failureOf(error);
      }
      const { sent, events } = await called(dialect, '', request);
      const last = events.at(-1);
      // A conversation whose calls and results do not pair is refused before anything is sent.
      if (sent.length === 0) assert.equal(last?.type === 'fail' && last.failure.kind, 'invalid', name);
      else
        assert.deepEqual(JSON.parse(Buffer.from(sent[0]!.body!).toString()), { ...(plain(own) as object), model: MODELS[dialect] }, name);
    }
  });
}
