import { recordsOf, type UsageRecord } from '../accounting/record.ts';
import { byItself } from '../accounting/saved.ts';
import type { Chunk, Errand, Settled } from '../store/chunks.ts';
import type { KeptJob } from '../store/jobs.ts';
import { mayPass, readAnswer } from './answer.ts';
import { isUrgent, outgoing, placeIn, type Step, TRIES } from './chunk.ts';
import { encodeLine } from './line.ts';
import type { BatchRooms } from './rooms.ts';
import type { BatchStatus, BatchVendor, VendorResult } from './vendor.ts';

/** Lines booked and settled together. */
const TOGETHER = 100;

/**
 * Reads the results of a batch that has ended, books each line once and gives it its outcome. It may be done again from
 * the beginning at any time: a line that has its outcome keeps it, and rows are known by line and try.
 */
export async function collect(chunk: Chunk, job: KeptJob, vendor: BatchVendor, status: BatchStatus, rooms: BatchRooms): Promise<Step> {
  for (const place of status.results) {
    for await (const lines of rooms.lines(outgoing(chunk, vendor.results(place)))) {
      for (let from = 0; from < lines.length; from += TOGETHER)
        await settle(
          chunk,
          job,
          lines.slice(from, from + TOGETHER).map((line) => vendor.readResult(line)),
          rooms,
        );
    }
  }
  await settleRest(chunk, job, status.rest, rooms);
  return { chunk: { ...chunk, state: 'done' }, inMs: 0 };
}

async function settle(chunk: Chunk, job: KeptJob, results: readonly VendorResult[], rooms: BatchRooms): Promise<void> {
  const byLine = new Map<number, VendorResult>();
  for (const result of results) {
    const line = Number(result.name.slice(chunk.id.length + 1));
    if (result.name.startsWith(`${chunk.id}-`) && Number.isInteger(line)) byLine.set(line, result);
  }
  const errands = await rooms.ask('linesNamed', { of: chunk.id, lines: [...byLine.keys()] });
  const settled: Settled[] = [];
  const booked: { readonly row: UsageRecord; readonly inbound: ReturnType<typeof placeIn>['inbound'] }[] = [];
  for (const errand of errands) {
    const { outcome } = byLine.get(errand.line)!;
    if (typeof outcome === 'string') {
      settled.push(unanswered(errand, job, outcome, rooms));
      continue;
    }
    const { asking, inbound, place } = placeIn(chunk, job, errand, rooms);
    const { outbound } = encodeLine(inbound, place, rooms.world.now());
    const sentMs = chunk.begunMs ?? rooms.world.now();
    const read = readAnswer(outcome, inbound, outbound, { target: place.target, sentMs, nowMs: rooms.world.now() });
    const callId = `call_${job.id.slice('batch_'.length)}_${errand.line}_${errand.tries + 1}`;
    const pricer = rooms.pricer();
    const call = { callId, caller: asking.caller, model: inbound.head.model, dialect: inbound.dialect, channel: 'batch' as const };
    const [row] = recordsOf(call, [read.attempt], pricer);
    const funds = rooms.funds.line(asking, place, 'batch', job.createdMs);
    const charges = 'kind' in funds ? [] : rooms.funds.charges(job.id, row!, funds.wants);
    booked.push({ row: charges.length > 0 ? { ...row!, charges } : row!, inbound });
    const again = read.failure && mayPass(read.failure) && maySendAgain(errand, job, rooms);
    const { usage } = read.attempt;
    const sold = { provider: place.target.provider, model: row!.model, channel: 'sync' as const, atMs: sentMs };
    settled.push({
      line: errand.line,
      state: again ? 'waiting' : read.failure ? 'errored' : 'succeeded',
      callId,
      ...(!again && { status: read.status, body: read.body }),
      cost: row!.cost,
      syncCost: usage ? pricer.bill(byItself(usage), sold, false).cost : 0n,
    });
  }
  for (const { row, inbound } of booked.slice(0, -1)) rooms.book([row], inbound, () => {});
  const last = booked.at(-1);
  // What is delivered must not outlive its row.
  if (last) await new Promise<void>((safe) => rooms.book([last.row], last.inbound, safe));
  await rooms.ask('settleLines', { chunk: chunk.id, job: job.id, lines: settled });
}

const maySendAgain = ({ tries }: Errand, job: KeptJob, { world }: BatchRooms) =>
  (tries + 1 < TRIES || isUrgent(job, world.now())) && job.state === 'running' && world.now() < job.expiresMs;

/** A line that was never asked is sent again while there is time. */
function unanswered(errand: Errand, job: KeptJob, outcome: 'cancelled' | 'expired', rooms: BatchRooms): Settled {
  const { line } = errand;
  if (job.state === 'cancelling') return { line, state: 'cancelled' };
  if (maySendAgain(errand, job, rooms)) return { line, state: 'waiting' };
  return { line, state: rooms.world.now() >= job.expiresMs ? 'expired' : outcome };
}

const READ_LINES = 500;

/** Lines of which the results say nothing. */
async function settleRest(chunk: Chunk, job: KeptJob, rest: BatchStatus['rest'], rooms: BatchRooms): Promise<void> {
  for (;;) {
    const errands = await rooms.ask('chunkLines', { of: chunk.id, after: -1, most: READ_LINES });
    if (errands.length === 0) return;
    const lines = errands.map((errand) => unanswered(errand, job, rest === 'errored' ? 'expired' : rest, rooms));
    await rooms.ask('settleLines', { chunk: chunk.id, job: job.id, lines });
  }
}
