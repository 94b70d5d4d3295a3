import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { recordWriter, scan } from './journal-record.ts';

const HEAD_BYTES = 19;

/** A journal of these values, and where each of its records begins. */
function journal(values: readonly unknown[]): { bytes: Buffer; begins: number[] } {
  const writer = recordWriter();
  const pieces = values.map((value) => {
    writer.add(value);
    return Buffer.from(writer.take());
  });
  const begins = pieces.map((_, index) => pieces.slice(0, index).reduce((sum, { length }) => sum + length, 0));
  return { bytes: Buffer.concat(pieces), begins };
}

const valuesIn = (bytes: Buffer) => scan(bytes, bytes.length).records.map(({ value }) => value);
const row = (number: number) => [1, 'ci', null, `call_${number}`, number * 1.5, 'ünï\ncode', '{"team":"blue"}', ['18446744073709551615']];
const hundred = Array.from({ length: 100 }, (_, number) => row(number));

test('what is written is read, whatever it holds', () => {
  fc.assert(
    fc.property(fc.array(fc.jsonValue()), (values) => {
      const { bytes } = journal(values);
      const found = scan(bytes, bytes.length);
      assert.deepEqual(found, { records: found.records, damaged: [], end: bytes.length });
      assert.equal(JSON.stringify(found.records.map(({ value }) => value)), JSON.stringify(values));
    }),
  );
});

test('a line is what people can read', () => {
  const { bytes } = journal([['call_1', 1]]);
  assert.equal(bytes.toString(), '\x1edb246e54 0000000c ["call_1",1]\n');
});

test('cut off at any byte, all the records before the cut are there and the one cut through is counted', () => {
  const { bytes, begins } = journal(hundred);
  for (let end = 0; end <= bytes.length; end += 1) {
    const cut = bytes.subarray(0, end);
    const found = scan(cut, cut.length);
    // A record is whole without the LF that ends it.
    const whole = begins.filter((_, index) => (begins[index + 1] ?? bytes.length) - 1 <= end).length;
    const torn = end > (begins[whole] ?? bytes.length) ? 1 : 0;
    assert.deepEqual([found.records.length, found.damaged.length], [whole, torn], `cut at ${end}`);
  }
});

test('with any one bit flipped only the record it is in can be lost, and then it is counted', () => {
  const { bytes, begins } = journal(hundred.slice(0, 40));
  const all = hundred.slice(0, 40).map((value) => JSON.stringify(value));
  for (let bit = 0; bit < bytes.length * 8; bit += 1) {
    bytes[bit >> 3]! ^= 1 << (bit & 7);
    const hit = begins.findLastIndex((begin) => begin <= bit >> 3);
    const found = scan(bytes, bytes.length);
    const read = found.records.map(({ value }) => JSON.stringify(value));
    const others = all.filter((_, index) => index !== hit);
    if (read.length === all.length) assert.deepEqual(read, all, `bit ${bit}`);
    else assert.deepEqual([read, found.damaged.length > 0], [others, true], `bit ${bit}`);
    bytes[bit >> 3]! ^= 1 << (bit & 7);
  }
});

test('after any tail of zeros or garbage the records before it are there, and those after it too', () => {
  const { bytes } = journal(hundred);
  const garbage = fc.oneof(
    fc.uint8Array({ minLength: 1, maxLength: 500 }).map((tail) => Buffer.from(tail)),
    fc.integer({ min: 1, max: 10_000 }).map((length) => Buffer.alloc(length)),
    // The beginning of a record, and then something else.
    fc.integer({ min: 1, max: HEAD_BYTES + 5 }).map((length) => Buffer.concat([bytes.subarray(0, length), Buffer.from('???')])),
  );
  fc.assert(
    fc.property(garbage, (tail) => {
      assert.deepEqual(valuesIn(Buffer.concat([bytes, tail])), hundred);
      assert.deepEqual(valuesIn(Buffer.concat([bytes, tail, bytes])), [...hundred, ...hundred]);
    }),
  );
});

test('a record inside what a caller said is never taken for one, even where the record around it is damaged', () => {
  const forged = journal([['forged']]).bytes.toString();
  const { bytes } = journal([['before'], ['a tag', forged], ['after']]);
  bytes[bytes.indexOf('a tag')]! ^= 1;
  assert.deepEqual(valuesIn(bytes), [['before'], ['after']]);
});

test('read piece by piece it says how much more it needs, and comes to the same', () => {
  const { bytes } = journal(hundred);
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1, max: 7 }), (size, recordsMax) => {
      const values: unknown[] = [];
      for (let at = 0, wanted = size; at < bytes.length; ) {
        const found = scan(bytes.subarray(at, at + wanted), bytes.length - at, recordsMax);
        values.push(...found.records.map(({ value }) => value));
        at += found.end;
        wanted = Math.max(size, found.wanted ?? 0);
      }
      assert.deepEqual(values, hundred);
    }),
  );
});
