import type { Caller } from '../../model/caller.ts';
import type { Deferrals } from '../../model/deferred.ts';
import { HeadgateError, invalid } from '../../model/failure.ts';
import type { Files, Jobs } from '../../model/job.ts';
import type { DialectName } from '../../model/part.ts';
import type { RequestHead } from '../rooms.ts';
import type { Once } from './once.ts';

/** What the batch endpoints work on; absent: no ledger is kept, and there is nowhere to keep a job. */
export interface BatchDoors {
  readonly jobs: Jobs;
  readonly files: Files;
  readonly deferrals: Deferrals;
}

/** A request for a batch endpoint. */
export interface BatchAsk extends BatchDoors {
  readonly head: RequestHead;
  readonly caller: Caller;
  /** Unix milliseconds. */
  readonly nowMs: number;
  readonly once: Once;
  /** Deepest nesting of a request's JSON. */
  readonly depthMax: number;
  /** What stands in the place of `{id}`; `''` where there is none. */
  readonly id: string;
  readonly query: URLSearchParams;
  /** The body as it comes. */
  readonly body: AsyncIterable<Uint8Array>;
}

/** JSON, as it is or written already, or pieces of a body that is written as it is read. */
export type BatchAnswer = JsonAnswer | { readonly pieces: AsyncIterable<string | Uint8Array>; readonly contentType: string };

/** An answer in one piece. */
export interface JsonAnswer {
  readonly json: object | string;
  /** 200 unless told. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

/** One endpoint for files, batches or deferred calls. */
export interface BatchRoute {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** Below `/v1`; `{id}` stands for one segment. */
  readonly path: string;
  /** Absent: whichever the request seems to speak. */
  readonly dialect?: DialectName;
  run(ask: BatchAsk): Promise<BatchAnswer>;
}

/** Refuses in the vendors' words what is not there, or not the caller's. */
export function notThere(what: keyof typeof NOT_THERE, id: string): never {
  throw new HeadgateError({ kind: 'missing', ...NOT_THERE[what](id.slice(0, 100)) });
}

const NOT_THERE = {
  file: (id: string) => ({ message: `No such File object: ${id}`, param: 'id' }),
  batch: (id: string) => ({ message: `No batch found with id '${id}'.` }),
  'message batch': (id: string) => ({ message: `there is no message batch "${id}"` }),
  'deferred call': (id: string) => ({ message: `there is no deferred call "${id}"`, param: 'id' }),
};

/** A whole number of a query. Throws `invalid`. */
export function limitIn(query: URLSearchParams, usual: number, most: number): number {
  const written = query.get('limit');
  if (written === null) return usual;
  const limit = /^\d{1,6}$/.test(written) ? Number(written) : 0;
  if (limit < 1 || limit > most) invalid(`limit must be a whole number from 1 to ${most}, got "${written.slice(0, 20)}"`, 'limit');
  return limit;
}

/** All of a body, as long as it is not longer than `bytesMax`. Throws `oversized`. */
export async function whole(body: AsyncIterable<Uint8Array>, bytesMax: number): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of body) {
    bytes += piece.byteLength;
    if (bytes > bytesMax) tooLong(bytesMax);
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

/** The same bytes, as long as they are not more than `bytesMax`. Throws `oversized`. */
export async function* atMost(body: AsyncIterable<Uint8Array>, bytesMax: number): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  for await (const piece of body) {
    bytes += piece.byteLength;
    if (bytes > bytesMax) tooLong(bytesMax);
    yield piece;
  }
}

function tooLong(bytesMax: number): never {
  throw new HeadgateError({ kind: 'oversized', message: `the request body is larger than ${bytesMax} bytes` });
}
