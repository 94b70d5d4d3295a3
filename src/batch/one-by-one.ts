import type { Booked } from '../lanes/lane.ts';
import { type Failure, failureOf } from '../model/failure.ts';
import type { Sink } from '../model/sink.ts';
import type { Chunk, Errand, Settled } from '../store/chunks.ts';
import type { KeptJob } from '../store/jobs.ts';
import { bodyIn, errorIn, mayPass } from './answer.ts';
import { type Step, TRIES } from './chunk.ts';
import { askingOf } from './line.ts';
import type { BatchRooms } from './rooms.ts';

/** Calls of a chunk under way at once: they take what callers who wait leave over. */
const AT_ONCE = 8;
/** Looked after again so much later when providers have no room. */
const FULL_MS = 15_000;

/** Asks some lines of a chunk as ordinary calls of low priority, and gives them their outcomes. */
export async function askOneByOne(chunk: Chunk, job: KeptJob, rooms: BatchRooms): Promise<Step> {
  const errands = await rooms.ask('chunkLines', { of: chunk.id, after: -1, most: AT_ONCE });
  if (errands.length === 0) return { chunk: { ...chunk, state: 'done' }, inMs: 0 };
  const over = job.state === 'cancelling' ? 'cancelled' : rooms.world.now() >= job.expiresMs ? 'expired' : undefined;
  const settled = over
    ? errands.map(({ line }): Settled => ({ line, state: over }))
    : await Promise.all(errands.map((errand) => one(errand, job, rooms)));
  const known = settled.filter((line) => line !== undefined);
  await rooms.ask('settleLines', { chunk: chunk.id, job: job.id, lines: known });
  // Not at once: other chunks have their turn between.
  return { chunk, inMs: known.length < errands.length ? FULL_MS : 1 };
}

/** What became of one line; undefined: it stays, to be asked again later. */
function one(errand: Errand, job: KeptJob, rooms: BatchRooms): Promise<Settled | undefined> {
  return new Promise((resolve) => {
    let booked: Booked | undefined;
    let status = 200;
    let headers: Readonly<Record<string, string>> = {};
    const pieces: Uint8Array[] = [];
    const done = (state: 'succeeded' | 'errored', answer: { readonly status: number; readonly body: string }) => {
      const callId = booked?.callId ?? headers['x-headgate-call-id'];
      const cost = booked?.cost ?? null;
      resolve({ line: errand.line, state, ...answer, ...(callId !== undefined && { callId }), cost, syncCost: cost });
    };
    const failed = (failure: Failure) => {
      const full = failure.kind === 'crowded' || failure.kind === 'limited' || failure.kind === 'throttled' || failure.kind === 'closing';
      if (full || (mayPass(failure) && errand.tries + 1 < TRIES)) return resolve(undefined);
      done('errored', errorIn({ dialect: job.dialect }, failure));
    };
    const sink: Sink = {
      head(code, told) {
        status = code;
        headers = told;
      },
      write(bytes) {
        // What is written may be used again once `write` returns.
        pieces.push(Buffer.from(bytes));
        return true;
      },
      end(bytes) {
        if (bytes) pieces.push(Buffer.from(bytes));
        done(status < 300 ? 'succeeded' : 'errored', { status, body: bodyIn(job, Buffer.concat(pieces)) });
      },
      fail(failure, told) {
        headers = told;
        failed(failure);
      },
      onDrained() {},
    };
    try {
      const asking = askingOf(job, errand);
      const heard = (outcome: Booked) => {
        booked = outcome;
      };
      rooms.call({ ...asking, booked: heard }, sink);
    } catch (error) {
      failed(failureOf(error));
    }
  });
}
