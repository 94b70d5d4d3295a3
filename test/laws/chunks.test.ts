import { isDeepStrictEqual } from 'node:util';
import { dialectOf } from '../../src/dialects/registry.ts';
import { sseDecoder } from '../../src/dialects/sse.ts';
import { chain, type Machine, run } from '../../src/model/machine.ts';
import type { DialectName } from '../../src/model/part.ts';
import type { ModelEvent } from '../../src/model/reply.ts';
import { eventsOf, streamCases } from '../support/cases.ts';
import { NAMES } from '../support/fixtures.ts';
import { law } from '../support/law.ts';

const SIZES = [1, 2, 3, 7, 64];
/** Tiny pieces of a large recording teach nothing new and take seconds. */
const SMALL = 20_000;

for (const name of NAMES) {
  law(`a ${name} stream means the same however its bytes are cut`, function* () {
    for (const { name: label, wire, ours } of streamCases(name, 25)) {
      const whole = eventsOf(name, wire);
      const bytes = Buffer.from(wire);
      for (const size of ours || bytes.length < SMALL ? SIZES : [64]) {
        if (!isDeepStrictEqual(run(decoder(name), pieces(bytes, size)), whole)) yield `${label} in pieces of ${size} bytes`;
      }
    }
  });

  law(`a ${name} stream means the same with other line ends, comments and a byte order mark`, function* () {
    for (const { name: label, wire } of streamCases(name, 10)) {
      const plain = wire.replace(/\r\n/g, '\n');
      const whole = eventsOf(name, plain);
      const variants = {
        CRLF: plain.replaceAll('\n', '\r\n'),
        comments: plain.replaceAll('\n\n', '\n\n: keep-alive\n\n'),
        'a byte order mark': `\uFEFF${plain}`,
      };
      for (const [what, text] of Object.entries(variants)) {
        if (!isDeepStrictEqual(run(decoder(name), pieces(Buffer.from(text), 7)), whole)) yield `${label} with ${what}`;
      }
    }
  });
}

const decoder = (name: DialectName): Machine<Buffer, ModelEvent> =>
  chain(chain(textDecoder(), sseDecoder()), dialectOf(name).decodeStream());

function textDecoder(): Machine<Buffer, string> {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  return { push: (bytes) => [decoder.decode(bytes, { stream: true })], end: () => [decoder.decode()] };
}

function* pieces(bytes: Buffer, size: number): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}
