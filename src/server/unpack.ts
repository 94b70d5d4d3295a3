import { brotliDecompress, inflate, unzip, zstdDecompress } from 'node:zlib';
import type { Failure } from '../model/failure.ts';

type Unpack = (body: Buffer, bytesMax: number, done: (outcome: Failure | { readonly body: Buffer }) => void) => void;

/** What undoes this `content-encoding`; undefined when nothing here can, which includes one coding over another. */
export const unpacksFrom = (coding: string): Unpack | undefined => UNPACKERS.get(coding.trim().toLowerCase());

type Unzip = typeof unzip;

/** Stops as soon as more than `bytesMax` have come out, however little went in. */
const unpackWith =
  (unzipper: Unzip): Unpack =>
  (body, bytesMax, done) =>
    unzipper(body, { maxOutputLength: bytesMax }, (error, unpacked) => {
      if (!error) return done({ body: unpacked });
      if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE')
        return done({ kind: 'oversized', message: `the request body is larger than ${bytesMax} bytes when unpacked` });
      done({ kind: 'invalid', message: 'the request body is not what its content-encoding says' });
    });

const identity: Unpack = (body, _, done) => done({ body });

const UNPACKERS: ReadonlyMap<string, Unpack> = new Map([
  ['identity', identity],
  ['gzip', unpackWith(unzip)],
  ['x-gzip', unpackWith(unzip)],
  ['deflate', unpackWith(inflate)],
  ['br', unpackWith(brotliDecompress as Unzip)],
  ['zstd', unpackWith(zstdDecompress as Unzip)],
]);
