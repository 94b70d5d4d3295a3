import { type Failure, failureOf } from '../../model/failure.ts';
import type { Running } from '../../model/sink.ts';
import { DatabaseError } from '../../store/database.ts';
import type { NativeSink } from '../native-sink.ts';
import type { BatchAnswer } from './route.ts';

/** Where jobs and deferred calls cannot be kept. */
export const NO_LEDGER = {
  status: 501,
  message: 'batches are kept in the ledger, and this gateway keeps none: remove "ledger: off" from its configuration',
};

/** Gives the answer once it is there. */
export function told(sink: NativeSink, answer: () => Promise<BatchAnswer>): Running {
  let left = false;
  const work = async () => tell(await answer(), sink, () => left);
  work().catch((error: unknown) => {
    if (!left) failed(error instanceof DatabaseError ? UNKEPT : failureOf(error), sink);
  });
  return {
    cancel() {
      left = true;
    },
  };
}

/** What is missing here is no model, of which OpenAI's code for it speaks. */
function failed(failure: Failure, sink: NativeSink): void {
  if (failure.kind !== 'missing') return sink.fail(failure, {});
  const { message, param } = failure;
  sink.refuse({ status: 404, message, ...(param !== undefined && { param }) });
}

const UNKEPT = { kind: 'overloaded', message: 'the ledger cannot be reached at the moment' } as const;

async function tell(answer: BatchAnswer, sink: NativeSink, left: () => boolean): Promise<void> {
  if (left()) return;
  if ('json' in answer) {
    const { json, status = 200, headers = {} } = answer;
    sink.head(status, { 'content-type': 'application/json', ...headers });
    return sink.end(Buffer.from(typeof json === 'string' ? json : JSON.stringify(json)));
  }
  let drained = () => {};
  sink.onDrained(() => drained());
  let begun = false;
  for await (const piece of answer.pieces) {
    if (left()) return;
    // Said only now: what fails before the first piece is still an error of its own.
    if (!begun) sink.head(200, { 'content-type': answer.contentType });
    begun = true;
    if (sink.write(typeof piece === 'string' ? Buffer.from(piece) : piece)) continue;
    await new Promise<void>((resolve) => {
      drained = resolve;
    });
  }
  if (!begun) sink.head(200, { 'content-type': answer.contentType });
  sink.end();
}
