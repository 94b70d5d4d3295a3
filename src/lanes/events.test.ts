import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { eventCutter } from './events.ts';

const cut = (chunks: readonly Buffer[]) => {
  const cutter = eventCutter();
  const events: string[] = [];
  for (const chunk of chunks) {
    const whole = cutter.push(chunk);
    let from = 0;
    for (const end of whole?.ends ?? []) {
      events.push(whole!.bytes.toString('utf8', from, end));
      from = end;
    }
    if (whole) assert.equal(from, whole.bytes.length);
  }
  return { events, rest: cutter.rest().toString() };
};

for (const newline of ['\n', '\r\n']) {
  test(`events are whole however the bytes are cut, with ${JSON.stringify(newline)} line ends`, () => {
    const event = fc.string({ unit: 'grapheme', maxLength: 30 }).map((text) => `data: ${text.replace(/[\r\n]/g, ' ')}${newline}${newline}`);
    fc.assert(
      fc.property(
        fc.array(event, { maxLength: 8 }),
        fc.constantFrom('', 'data: unfinished', `event: x${newline}`),
        fc.infiniteStream(fc.integer({ min: 1, max: 9 })),
        (events, tail, sizes) => {
          const bytes = Buffer.from(events.join('') + tail);
          const chunks: Buffer[] = [];
          for (let at = 0; at < bytes.length; ) {
            const size = sizes.next().value;
            chunks.push(bytes.subarray(at, at + size));
            at += size;
          }
          assert.deepEqual(cut(chunks), { events, rest: tail });
        },
      ),
      { numRuns: 300 },
    );
  });
}

test('a chunk of whole events is passed on as it is, uncopied', () => {
  const chunk = Buffer.from('data: 1\n\ndata: 2\n\n');
  assert.equal(eventCutter().push(chunk)!.bytes.buffer, chunk.buffer);
});

test('an event without end is refused before it fills the memory', () => {
  const cutter = eventCutter();
  const piece = Buffer.alloc(8 * 1024 * 1024, 'x');
  assert.throws(() => {
    for (let i = 0; i < 10; i += 1) cutter.push(piece);
  }, RangeError);
});

test('a long event in many chunks is not copied at each, and what follows it is found', () => {
  const before = process.cpuUsage();
  const piece = Buffer.alloc(1024, 'x');
  const chunks = ['data: ', ...new Array<Buffer>(4096).fill(piece), '\r', '\n\r', '\ndata: 2\r\n\r\nda', 'ta: 3\r\n\r\n', 'data'];
  const { events, rest } = cut(chunks.map((chunk) => Buffer.from(chunk)));
  assert.deepEqual(
    [...events.map(({ length }) => length), rest],
    [6 + 4096 * 1024 + 4, 'data: 2\r\n\r\n'.length, 'data: 3\r\n\r\n'.length, 'data'],
  );
  const { user } = process.cpuUsage(before);
  assert.ok(user < 1_000_000, `took ${user} µs of CPU`);
});
