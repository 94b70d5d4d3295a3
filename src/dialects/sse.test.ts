import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { type Frame, sseDecoder } from './sse.ts';

function framesOf(chunks: readonly string[]): Frame[] {
  const decoder = sseDecoder();
  return [...chunks.flatMap((chunk) => [...decoder.push(chunk)]), ...decoder.end()];
}

test('the frames are the same however the text is cut, whatever the line ends', () => {
  const line = fc.constantFrom('data: {"a":1}', 'data: x', 'event: e', ': hum', '', '');
  const end = fc.constantFrom('\n', '\r\n', '\r');
  fc.assert(
    fc.property(
      fc.array(line, { maxLength: 12 }),
      end,
      fc.constantFrom(1, 70_000),
      fc.infiniteStream(fc.integer({ min: 1, max: 4 })),
      (lines, newline, long, sizes) => {
        const text = `data: ${'x'.repeat(long)}${lines.map((one) => one + newline).join('')}`;
        const chunks = [text.slice(0, long)];
        for (let at = long; at < text.length; ) {
          const size = sizes.next().value;
          chunks.push(text.slice(at, at + size));
          at += size;
        }
        assert.deepEqual(framesOf(chunks), framesOf([text]));
      },
    ),
    { numRuns: 500 },
  );
});

test('a long event in many chunks is not read again at each', () => {
  const before = process.cpuUsage();
  const frames = framesOf(['data: ', ...new Array<string>(4096).fill('x'.repeat(1024)), '\n', '\n', 'data: 2\n\n']);
  assert.deepEqual(
    frames.map(({ data }) => data.length),
    [4096 * 1024, 1],
  );
  const { user } = process.cpuUsage(before);
  assert.ok(user < 1_500_000, `took ${user} µs of CPU`);
});

test('an event without end is refused', () => {
  const decoder = sseDecoder();
  const megabyte = 'x'.repeat(1024 * 1024);
  assert.throws(() => {
    for (let count = 0; count < 40; count += 1) decoder.push(megabyte);
  }, RangeError);
});
