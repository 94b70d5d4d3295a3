import { isUtf8 } from 'node:buffer';
import { type Failure, HeadgateError, invalid } from '../../model/failure.ts';
import type { Job, LineProblem } from '../../model/job.ts';

/** A line is no longer, in bytes: no vendor takes a request of more. */
const LINE_BYTES_MAX = 64 * 1024 ** 2;

/** The lines of a file of JSON lines, with their numbers from 1; empty ones are passed over. */
export async function* inputLines(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<{ readonly number: number; readonly text: string }> {
  let held: Uint8Array[] = [];
  let heldBytes = 0;
  let number = 0;
  const taken = (last: Uint8Array): string => {
    const line = Buffer.concat([...held, last]);
    held = [];
    heldBytes = 0;
    number += 1;
    if (!isUtf8(line)) invalid(`line ${number} of the input file is not valid UTF-8`, 'input_file_id');
    // A byte order mark, where an editor wrote one.
    return line
      .toString('utf8')
      .replace(/^\uFEFF/, '')
      .trim();
  };
  for await (const piece of pieces) {
    let from = 0;
    for (let at = piece.indexOf(NEWLINE); at >= 0; at = piece.indexOf(NEWLINE, from)) {
      const text = taken(piece.subarray(from, at));
      if (text !== '') yield { number, text };
      from = at + 1;
    }
    if (from === piece.length) continue;
    held.push(piece.subarray(from));
    heldBytes += piece.length - from;
    if (heldBytes > LINE_BYTES_MAX) invalid(`line ${number + 1} is longer than ${LINE_BYTES_MAX} bytes`, 'input_file_id');
  }
  const text = taken(new Uint8Array());
  if (text !== '') yield { number, text };
}

const NEWLINE = 0x0a;

/** The job; throws the failure that came in its place. */
export async function withFailureOf(made: Promise<Job | (Failure & { readonly problems?: readonly LineProblem[] })>): Promise<Job> {
  const job = await made;
  if (!('kind' in job)) return job;
  const { problems: _, ...failure } = job;
  throw new HeadgateError(failure);
}
