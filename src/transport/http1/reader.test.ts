import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { MalformedAnswer, Reader } from './reader.ts';

/** What a reader made of one answer: its parts in order, and how it ended. */
function read(text: string, cuts: readonly number[] = [], closes = true): unknown {
  const heard: unknown[] = [];
  let body = '';
  const reader = new Reader({
    onHead: (status, headers) => heard.push(status, headers),
    onData: (bytes) => {
      body += bytes.toString('latin1');
    },
    onEnd: (keep) => heard.push(body, keep ? 'kept' : 'not kept'),
  });
  reader.expect();
  const bytes = Buffer.from(text, 'latin1');
  const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  try {
    for (let at = 1; at < places.length; at += 1) reader.push(bytes.subarray(places[at - 1], places[at]));
    if (closes) reader.close();
  } catch (error) {
    if (!(error instanceof MalformedAnswer)) throw error;
    return 'malformed';
  }
  return typeof heard.at(-1) === 'string' ? heard : 'unfinished';
}

const answer = (head: string, body = '') => `HTTP/1.1 200 OK\r\n${head}${head && '\r\n'}\r\n${body}`;
const CHUNKED = 'Transfer-Encoding: chunked';

const READ: readonly (readonly [what: string, text: string, heard: unknown])[] = [
  ['a counted body', answer('Content-Length: 2', 'ok'), [200, { 'content-length': '2' }, 'ok', 'kept']],
  ['no body by its count', answer('content-length: 0'), [200, { 'content-length': '0' }, '', 'kept']],
  ['chunks', answer(CHUNKED, '2\r\nok\r\nA\r\n0123456789\r\n0\r\n\r\n'), [200, { 'transfer-encoding': 'chunked' }, 'ok0123456789', 'kept']],
  ['chunks with extensions', answer(CHUNKED, '2;a=b\r\nok\r\n000\r\n\r\n'), [200, { 'transfer-encoding': 'chunked' }, 'ok', 'kept']],
  ['trailers', answer(CHUNKED, '0\r\nx-sum: 1\r\ny: 2\r\n\r\n'), [200, { 'transfer-encoding': 'chunked' }, '', 'kept']],
  ['a body to the end of the connection', answer('', 'all of it'), [200, {}, 'all of it', 'not kept']],
  [
    'early hints before it',
    `HTTP/1.1 103 Early Hints\r\nlink: a\r\n\r\n${answer('content-length: 0')}`,
    [200, { 'content-length': '0' }, '', 'kept'],
  ],
  ['no reason phrase', 'HTTP/1.1 200\r\ncontent-length: 0\r\n\r\n', [200, { 'content-length': '0' }, '', 'kept']],
  ['204 without a body', 'HTTP/1.1 204 No Content\r\n\r\n', [204, {}, '', 'not kept']],
  [
    '304 that counts what it does not send',
    'HTTP/1.1 304 X\r\ncontent-length: 9\r\n\r\n',
    [304, { 'content-length': '9' }, '', 'not kept'],
  ],
  [
    'a connection that closes',
    answer('connection: Close\r\ncontent-length: 0'),
    [200, { connection: 'Close', 'content-length': '0' }, '', 'not kept'],
  ],
  ['HTTP/1.0', 'HTTP/1.0 200 OK\r\ncontent-length: 0\r\n\r\n', [200, { 'content-length': '0' }, '', 'not kept']],
  [
    'HTTP/1.0 that stays',
    'HTTP/1.0 200 OK\r\nconnection: keep-alive\r\ncontent-length: 0\r\n\r\n',
    [200, { connection: 'keep-alive', 'content-length': '0' }, '', 'kept'],
  ],
  ['a field given twice', answer('a: 1\r\nA:  2 \r\ncontent-length: 0'), [200, { a: '1, 2', 'content-length': '0' }, '', 'kept']],
  [
    'a field named constructor',
    answer('constructor: 1\r\ncontent-length: 0'),
    [200, { constructor: '1', 'content-length': '0' }, '', 'kept'],
  ],
  ['letters beyond ASCII', answer('x: \xe9\r\ncontent-length: 1', '\xff'), [200, { x: '\xe9', 'content-length': '1' }, '\xff', 'kept']],
];

for (const [what, text, heard] of READ)
  test(`read, however it is cut: ${what}`, () => {
    assert.deepEqual(read(text), heard);
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 2 * text.length })), (cuts) => {
        assert.deepEqual(read(text, cuts), heard);
      }),
      { numRuns: 50 },
    );
    const eachByte = Array.from(text, (_, at) => at);
    assert.deepEqual(read(text, eachByte), heard);
  });

const REFUSED: readonly (readonly [what: string, text: string])[] = [
  ['two framings', answer(`content-length: 2\r\n${CHUNKED}`, '0\r\n\r\n')],
  ['two lengths', answer('content-length: 2\r\ncontent-length: 3', 'ok')],
  ['a length twice', answer('content-length: 2\r\ncontent-length: 2', 'ok')],
  ['a signed length', answer('content-length: +2', 'ok')],
  ['a length of nothing', answer('content-length: ', 'ok')],
  ['another coding', answer('transfer-encoding: gzip, chunked', '0\r\n\r\n')],
  ['chunked in HTTP/1.0', `HTTP/1.0 200 OK\r\n${CHUNKED}\r\n\r\n0\r\n\r\n`],
  ['a chunk size with a sign', answer(CHUNKED, '+2\r\nok\r\n0\r\n\r\n')],
  ['a chunk size with a space', answer(CHUNKED, '2 \r\nok\r\n0\r\n\r\n')],
  ['a chunk size with 0x', answer(CHUNKED, '0x2\r\nok\r\n0\r\n\r\n')],
  ['a chunk size beyond numbers', answer(CHUNKED, 'fffffffffffff\r\n')],
  ['a chunk longer than its size', answer(CHUNKED, '2\r\nokay\r\n0\r\n\r\n')],
  ['a chunk size ended by LF alone', answer(CHUNKED, '2\nok\r\n0\r\n\r\n')],
  ['a chunk size that goes on and on', answer(CHUNKED, `2;${'x'.repeat(9000)}`)],
  ['a trailer that is none', answer(CHUNKED, '0\r\nno colon\r\n\r\n')],
  ['trailers that go on and on', answer(CHUNKED, `0\r\n${'a: b\r\n'.repeat(3000)}\r\n`)],
  ['a folded header', answer('a: b\r\n c\r\ncontent-length: 0')],
  ['a space before the colon', answer('content-length : 0')],
  ['a header without a colon', answer('content-length')],
  ['a line end within a value', answer('a: b\nc: d\r\ncontent-length: 0')],
  ['a zero byte within a value', answer('a: b\0\r\ncontent-length: 0')],
  ['__proto__', answer('__proto__: x\r\ncontent-length: 0')],
  ['another protocol', 'SSH-2.0-OpenSSH_9\r\n\r\n'],
  ['another protocol without a line end', 'SSH-2'],
  ['another version', 'HTTP/2.0 200 OK\r\n\r\n'],
  ['a status of four digits', 'HTTP/1.1 2000 OK\r\n\r\n'],
  ['an upgrade', 'HTTP/1.1 101 Switching\r\nupgrade: x\r\n\r\n'],
  ['a head that goes on and on', answer(`a: ${'x'.repeat(70_000)}`)],
];

for (const [what, text] of REFUSED)
  test(`refused: ${what}`, () => {
    assert.equal(read(text), 'malformed');
    assert.equal(
      read(
        text,
        Array.from(text.slice(0, 300), (_, at) => at),
      ),
      'malformed',
    );
  });

test('an answer is never whole before its last byte', () => {
  for (const [, text] of READ.filter(([, , heard]) => (heard as unknown[]).at(-1) === 'kept'))
    for (let end = 0; end < text.length; end += 1) assert.equal(read(text.slice(0, end), [], false), 'unfinished', text.slice(0, end));
});

test('bytes behind an answer are not taken for the next one', () => {
  const ends: boolean[] = [];
  const reader = new Reader({ onHead() {}, onData() {}, onEnd: (keep) => ends.push(keep) });
  reader.expect();
  const smuggled = answer('content-length: 2', 'ok') + answer('content-length: 4', 'evil');
  assert.throws(() => reader.push(Buffer.from(smuggled)), MalformedAnswer);
  assert.deepEqual(ends, [false]);
  const later = new Reader({ onHead() {}, onData() {}, onEnd() {} });
  later.expect();
  later.push(Buffer.from(answer('content-length: 0')));
  assert.throws(() => later.push(Buffer.from('H')), MalformedAnswer);
});
