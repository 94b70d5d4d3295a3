import assert from 'node:assert/strict';
import test from 'node:test';
import { compatible } from '../../src/catalogue/index.ts';
import { dialectOf } from '../../src/dialects/registry.ts';
import { sseDecoder, sseText } from '../../src/dialects/sse.ts';
import { inboundOf } from '../../src/lanes/inbound.ts';
import type { Delivery, Way } from '../../src/lanes/lane.ts';
import { relay } from '../../src/lanes/relay.ts';
import { createVault } from '../../src/lanes/vault.ts';
import { fold } from '../../src/model/fold.ts';
import type { JsonObject } from '../../src/model/json.ts';
import { run } from '../../src/model/machine.ts';
import type { DialectName } from '../../src/model/part.ts';
import { NAMES, replies, requests, streams } from '../support/fixtures.ts';
import { recorded } from '../support/recorded.ts';

const way = (dialect: DialectName, model: string): Way => ({
  target: { provider: 'p', model, dialect },
  facts: compatible,
  nowS: 0,
  includeUsage: true,
  repair: false,
  vault: createVault(),
  owner: 'k',
});

const bodies = (dialect: DialectName) => [
  ...requests(dialect).map(({ wire }) => wire),
  ...recorded(dialect).flatMap(({ request }) => (typeof request?.['model'] === 'string' ? [request] : [])),
];

for (const dialect of NAMES) {
  test(`law 8, ${dialect}: a provider gets the bytes the caller sent`, () => {
    for (const body of bodies(dialect)) {
      const bytes = Buffer.from(`  ${JSON.stringify(body, null, 1)}\n`);
      const asked = dialect === 'openai-chat' ? { ...body, stream: false } : body;
      const inbound = inboundOf('generate', dialect, {}, dialect === 'openai-chat' ? Buffer.from(JSON.stringify(asked)) : bytes);
      assert.equal(relay(inbound, way(dialect, inbound.head.model)).body, inbound.body);
    }
  });

  test(`law 8, ${dialect}: but for the fields that are spliced`, () => {
    for (const body of bodies(dialect)) {
      const streamed = { ...body, stream: true };
      const sent = JSON.parse(
        Buffer.from(
          relay(inboundOf('generate', dialect, {}, Buffer.from(JSON.stringify(streamed))), way(dialect, 'other')).body,
        ).toString(),
      );
      const options = { ...(body['stream_options'] as JsonObject | undefined), include_usage: true };
      assert.deepEqual(sent, { ...streamed, model: 'other', ...(dialect === 'openai-chat' && { stream_options: options }) });
    }
  });

  test(`law 8, ${dialect}: a caller gets the bytes of a whole answer, and the books what a decoder would read`, () => {
    const inbound = inboundOf('generate', dialect, {}, Buffer.from('{"model":"m"}'));
    for (const wire of [...replies(dialect).map(({ wire }) => wire), ...recorded(dialect).flatMap(({ reply }) => (reply ? [reply] : []))]) {
      const bytes = Buffer.from(JSON.stringify(wire));
      let expected: ReturnType<ReturnType<typeof dialectOf>['decodeReply']>;
      try {
        expected = dialectOf(dialect).decodeReply(wire);
      } catch {
        continue; // An answer that says it failed is the observer law's matter.
      }
      const machine = relay(inbound, way(dialect, 'm')).answer('application/json');
      const deliveries = [...machine.push(bytes.subarray(0, 100)), ...machine.push(bytes.subarray(100)), ...machine.end()];
      assert.equal(bytesOf(deliveries), bytes.toString());
      const end = deliveries.at(-1);
      assert.deepEqual(end?.type === 'end' && [end.finish, end.usage, machine.servedModel], [
        expected.finish,
        expected.usage,
        expected.model,
      ]);
    }
  });

  test(`law 8, ${dialect}: an event that is not JSON fails the stream and does not reach the caller`, () => {
    const inbound = inboundOf('generate', dialect, {}, Buffer.from(JSON.stringify({ model: 'm', stream: true })));
    for (const { wire } of streams(dialect)) {
      const events = wire.split(/(?<=\n\n)/);
      const last = run(dialectOf(dialect).decodeStream(), run(sseDecoder(), [wire])).at(-1);
      if (last?.type !== 'finish') continue;
      for (const [at, event] of events.entries()) {
        if (!/^data: ?\{/m.test(event) || /^event: message_stop/.test(event)) continue;
        const broken = event.replace(/^(data: ?\{).*$/m, '$1"broken": tru');
        const machine = relay(inbound, way(dialect, 'm')).answer('text/event-stream');
        const deliveries = [
          ...machine.push(Buffer.from([...events.slice(0, at), broken, ...events.slice(at + 1)].join(''))),
          ...machine.end(),
        ];
        const end = deliveries.at(-1)!;
        assert.ok(end.type === 'fail', `event ${at} of ${wire.slice(0, 200)}`);
        assert.doesNotMatch(`${bytesOf(deliveries)}${machine.cut(end.failure)}`, /"broken": tru/);
      }
    }
  });

  test(`law 8, ${dialect}: a caller gets the bytes of a stream, however they were cut`, () => {
    const asks = { model: 'm', stream: true, ...(dialect === 'openai-chat' && { stream_options: { include_usage: true } }) };
    const inbound = inboundOf('generate', dialect, {}, Buffer.from(JSON.stringify(asks)));
    const whole = recorded(dialect).flatMap(({ sse, complete }) => (sse !== undefined && complete ? [sse] : []));
    for (const sse of [...streams(dialect).map(({ wire }) => wire), ...whole]) {
      const events = run(dialectOf(dialect).decodeStream(), run(sseDecoder(), [sse]));
      const last = events.at(-1);
      for (const size of [1, 7, 1000, 1_000_000]) {
        if (size === 1 && sse.length > 20_000) continue;
        const machine = relay(inbound, way(dialect, 'm')).answer('text/event-stream');
        const bytes = Buffer.from(sse);
        const deliveries: Delivery[] = [];
        for (let at = 0; at < bytes.length; at += size) deliveries.push(...machine.push(bytes.subarray(at, at + size)));
        deliveries.push(...machine.end());
        const end = deliveries.at(-1)!;
        if (last?.type === 'fail') {
          assert.equal(end.type === 'fail' && end.failure.kind, last.failure.kind);
          continue;
        }
        // What follows the event that ends a stream (stray blank lines) is nothing to a reader of events.
        const { lastFrame } = dialectOf(dialect);
        const said = bytesOf(deliveries);
        const completed = lastFrame && `${sse.trimEnd()}\n\n${sseText(lastFrame)}`;
        assert.ok(sse.startsWith(said) || `${sse.trimEnd()}\n\n` === said || completed === said, 'the bytes differ');
        const reply = fold(events);
        assert.deepEqual(end.type === 'end' && [end.finish, end.usage, machine.servedModel], [reply.finish, reply.usage, reply.model]);
      }
    }
  });
}

const bytesOf = (deliveries: readonly Delivery[]) =>
  deliveries.map((delivery) => (delivery.type === 'bytes' ? delivery.bytes.toString() : '')).join('');
