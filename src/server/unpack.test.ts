import assert from 'node:assert/strict';
import test from 'node:test';
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import type { Failure } from '../model/failure.ts';
import { unpacksFrom } from './unpack.ts';

const unpack = (coding: string, body: Buffer, bytesMax: number) =>
  new Promise<string>((resolve) => {
    unpacksFrom(coding)!(body, bytesMax, (outcome: Failure | { body: Buffer }) =>
      resolve('kind' in outcome ? outcome.kind : outcome.body.toString()),
    );
  });

const PACKERS = { gzip: gzipSync, 'x-gzip': gzipSync, deflate: deflateSync, br: brotliCompressSync, zstd: zstdCompressSync };

for (const [coding, pack] of Object.entries(PACKERS))
  test(`${coding} is unpacked, cut off when more comes out than is read, and refused when it is none`, async () => {
    const bomb = pack(Buffer.alloc(50 * 1024 * 1024, ' '));
    assert.ok(bomb.length < 60_000);
    assert.deepEqual(
      [
        await unpack(coding.toUpperCase(), pack(Buffer.from('{"a":1}')), 7),
        await unpack(coding, pack(Buffer.from('{"a":1}')), 6),
        await unpack(coding, bomb, 1024 * 1024),
        await unpack(coding, Buffer.from('{"a":1}'), 1024),
      ],
      ['{"a":1}', 'oversized', 'oversized', 'invalid'],
    );
  });

test('identity is taken as it is; one coding over another and unknown ones are not taken', async () => {
  assert.equal(await unpack('identity', Buffer.from('{}'), 1), '{}');
  assert.deepEqual([unpacksFrom('gzip, br'), unpacksFrom('compress'), unpacksFrom('constructor')], [undefined, undefined, undefined]);
});
