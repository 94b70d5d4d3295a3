import { isDeepStrictEqual } from 'node:util';
import { dialectOf } from '../../src/dialects/registry.ts';
import { fold, unfold } from '../../src/model/fold.ts';
import type { Json, JsonObject } from '../../src/model/json.ts';
import type { ModelReply } from '../../src/model/reply.ts';
import { eventsOf, framesOf, replyCases, streamCases } from '../support/cases.ts';
import { NAMES, streams } from '../support/fixtures.ts';
import { differences } from '../support/json.ts';
import { law } from '../support/law.ts';

for (const name of NAMES) {
  const { decodeReply } = dialectOf(name);

  law(`a ${name} stream adds up to the same answer not streamed`, function* () {
    for (const { name: label, wire, reply } of streams(name)) {
      if (reply) yield* compared(label, decodeReply(reply), fold(eventsOf(name, wire)));
    }
  });

  law(`${name} answers unfold into events that fold into them`, function* () {
    for (const { name: label, wire } of replyCases(name)) {
      const reply = decodeReply(wire);
      if (!isDeepStrictEqual(fold(unfold(reply)), reply)) yield* compared(label, reply, fold(unfold(reply)));
    }
  });
}

law('a Responses stream adds up to the response its last event carries', function* () {
  const { decodeReply } = dialectOf('openai-responses');
  for (const { name, wire } of streamCases('openai-responses', 60)) {
    const last = JSON.parse(framesOf(wire).findLast(({ data }) => data !== '[DONE]')!.data) as JsonObject;
    if (last['type'] === 'response.completed' || last['type'] === 'response.incomplete') {
      yield* compared(name, decodeReply(last['response'] as Json), fold(eventsOf('openai-responses', wire)));
    }
  }
});

/** OpenAI encrypts the same thought anew for an item and for the response it ends up in. */
const SEALED = new Set(['seal', 'encrypted_content']);

/** Usage as the provider spelt it differs between a stream and a whole answer; what it adds up to does not. */
function* compared(label: string, whole: ModelReply, folded: ModelReply): Generator<string> {
  const [left, right] = [plain(whole), plain(folded)];
  if (!isDeepStrictEqual(left, right)) yield* differences(left, right).map((difference) => `${label}: ${difference}`);
}

const plain = ({ usage, ...reply }: ModelReply): Json => {
  const { wire: _, ...counted } = usage ?? {};
  return JSON.parse(JSON.stringify({ ...reply, usage: counted }, (key, value) => (SEALED.has(key) ? undefined : value)));
};
