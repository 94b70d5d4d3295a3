import { type Failure, HeadgateError } from '../model/failure.ts';
import type { Chunk, Errand, Settled } from '../store/chunks.ts';
import { DatabaseError } from '../store/database.ts';
import type { KeptJob } from '../store/jobs.ts';
import { errorIn } from './answer.ts';
import { isUrgent, nameOf, outgoing, placeIn, type Step, TRIES } from './chunk.ts';
import { collect } from './collect.ts';
import { type Answered, asked } from './exchange.ts';
import { encodeLine, endpointOf } from './line.ts';
import { askOneByOne } from './one-by-one.ts';
import type { BatchRooms } from './rooms.ts';
import type { BatchRequest, BatchStatus, BatchVendor, VendorLine } from './vendor.ts';
import { VENDORS } from './vendors.ts';

/** A batch is asked after at first so soon, then ever later. */
const POLL_MS = 5000;
const POLL_MS_MAX = 120_000;
const RETRY_MS = 2000;
const RETRY_MS_MAX = 300_000;
/** A job whose time is over gives up on a vendor that cannot be asked after so many tries. */
const TRIES_AFTER_EXPIRY = 20;
/** A vendor's clock may be behind ours by so much. */
const SKEW_MS = 120_000;
const LIST_PAGES_MAX = 20;

/**
 * Brings a chunk one step on. What a step has learnt is kept before anything depends on it: whoever takes over after
 * a crash goes on from there. Of one effect nobody can tell afterwards whether it happened, the creation of a batch:
 * that is written down before, and looked for at the vendor when it was never written down after.
 */
export async function carry(chunk: Chunk, job: KeptJob, rooms: BatchRooms): Promise<Step> {
  if (chunk.dialect === '') return askOneByOne(chunk, job, rooms);
  const over = job.state === 'cancelling' ? 'cancelled' : rooms.world.now() >= job.expiresMs ? 'expired' : undefined;
  // What no provider has yet is asked one by one at once.
  const undone = over ?? (isUrgent(job, rooms.world.now()) ? 'waiting' : undefined);
  if (undone && (chunk.state === 'new' || chunk.state === 'uploaded')) return abandon(chunk, undone, rooms);
  try {
    switch (chunk.state) {
      case 'new':
        return await rooms.turn(chunk.provider, () => handIn(chunk, job, rooms));
      case 'uploaded':
        return now({ ...chunk, state: 'creating', begunMs: chunk.begunMs ?? rooms.world.now(), tries: 0 });
      case 'creating':
        return await rooms.turn(chunk.provider, () => create(chunk, job, rooms));
      case 'created':
        return await look(chunk, job, undone !== undefined, rooms);
      case 'done':
        return now(chunk);
    }
  } catch (error) {
    if (error instanceof LostClaim || error instanceof DatabaseError) throw error;
    // What is no answer of the vendor's API may be a proxy's page: it is asked again, as long as there is time.
    const failure = error instanceof HeadgateError ? error.failure : ({ kind: 'broken', message: String(error) } as const);
    if (over === 'expired' && chunk.tries > TRIES_AFTER_EXPIRY) return refuse(chunk, job, failure, rooms);
    if (chunk.state === 'new' && isFinal(failure)) return refuse(chunk, job, failure, rooms);
    if (failure.kind === 'denied' && chunk.tries === 0)
      rooms.tell('failing', `the batch API of "${chunk.provider}" refuses what it is asked: ${failure.message}`);
    return later(chunk, failure, rooms);
  }
}

const now = (chunk: Chunk): Step => ({ chunk, inMs: 0 });

/** The same step again, ever later, at random up to half as long again; as late as the vendor asks for, if that is later. */
function later(chunk: Chunk, { retryAfterMs = 0 }: Pick<Failure, 'retryAfterMs'>, { world }: BatchRooms): Step {
  const backoff = Math.min(RETRY_MS_MAX, RETRY_MS * 2 ** Math.min(chunk.tries, 10)) * (1 + world.random() / 2);
  return { chunk: { ...chunk, tries: chunk.tries + 1 }, inMs: Math.max(backoff, retryAfterMs) };
}

const vendorOf = (chunk: Chunk): BatchVendor => VENDORS[chunk.dialect === 'anthropic-messages' ? 'anthropic' : 'openai'];

async function ask(chunk: Chunk, request: BatchRequest, { network }: BatchRooms): Promise<Answered> {
  return asked(network, outgoing(chunk, request));
}

/** The answer, or the vendor's refusal as a `HeadgateError`. */
async function granted(chunk: Chunk, request: BatchRequest, rooms: BatchRooms): Promise<Answered> {
  const answer = await ask(chunk, request, rooms);
  if (answer.status >= 200 && answer.status < 300) return answer;
  throw new HeadgateError(vendorOf(chunk).failure(answer, rooms.world.now()));
}

/** Uploads the lines where they go as a file, unless an upload was made that nobody wrote down. */
async function handIn(chunk: Chunk, job: KeptJob, rooms: BatchRooms): Promise<Step> {
  const vendor = vendorOf(chunk);
  if (!vendor.upload || !vendor.files || !vendor.uploadedId) return now({ ...chunk, state: 'uploaded', tries: 0 });
  const before = chunk.begunMs === undefined ? undefined : await findFile(chunk, vendor.files, rooms);
  if (before !== undefined) return now({ ...chunk, state: 'uploaded', fileId: before, tries: 0 });
  // From here on there may be a file.
  if (chunk.begunMs === undefined) return now({ ...chunk, begunMs: rooms.world.now() });
  const lines = await encoded(chunk, job, rooms);
  if (lines.length === 0) return now({ ...chunk, state: 'done' });
  const fileId = vendor.uploadedId(await granted(chunk, vendor.upload(lines, endpointAt(chunk, job), chunk.id), rooms));
  return now({ ...chunk, state: 'uploaded', fileId, tries: 0 });
}

async function findFile(chunk: Chunk, files: NonNullable<BatchVendor['files']>, rooms: BatchRooms): Promise<string | undefined> {
  let after: string | undefined;
  for (let page = 0; page < LIST_PAGES_MAX; page += 1) {
    const { found, next } = files.read(await granted(chunk, files.request(after), rooms), chunk.id);
    if (found.length > 0 || next === undefined) return found[0];
    after = next;
  }
  return undefined;
}

/** Lines as the vendor gets them; those that cannot be encoded any more get their outcome now. */
async function encoded(chunk: Chunk, job: KeptJob, rooms: BatchRooms): Promise<VendorLine[]> {
  const lines: VendorLine[] = [];
  const failed: Settled[] = [];
  for await (const errands of errandPages(chunk, rooms)) {
    for (const errand of errands) {
      try {
        const { inbound, place } = placeIn(chunk, job, errand, rooms);
        const { body, outbound } = encodeLine(inbound, place, rooms.world.now());
        lines.push({ name: nameOf(chunk, errand.line), body, betas: outbound.headers['anthropic-beta'] });
      } catch (error) {
        if (!(error instanceof HeadgateError)) throw error;
        failed.push({ line: errand.line, state: 'errored', ...errorIn({ dialect: job.dialect }, error.failure) });
      }
    }
  }
  if (failed.length > 0) await rooms.ask('settleLines', { chunk: chunk.id, job: job.id, lines: failed });
  return lines;
}

const READ_LINES = 100;

/** The lines of a chunk without an outcome, some at a time. */
async function* errandPages(chunk: Chunk, rooms: BatchRooms): AsyncGenerator<readonly Errand[]> {
  let after = -1;
  for (;;) {
    const some = await rooms.ask('chunkLines', { of: chunk.id, after, most: READ_LINES });
    yield some;
    if (some.length < READ_LINES) return;
    after = some.at(-1)!.line;
  }
}

async function errandsOf(chunk: Chunk, rooms: BatchRooms): Promise<Omit<Errand, 'body'>[]> {
  const all: Omit<Errand, 'body'>[] = [];
  for await (const some of errandPages(chunk, rooms)) all.push(...some.map(({ body: _, ...errand }) => errand));
  return all;
}

/** The vendor's own endpoint for the lines, below `/v1`. */
const endpointAt = (chunk: Chunk, { operation }: KeptJob) => endpointOf({ operation, dialect: chunk.dialect || 'openai-chat' });

/** Creates the batch, unless the vendor has it already: `tries` says that it was asked before, or that a process died here. */
async function create(chunk: Chunk, job: KeptJob, rooms: BatchRooms): Promise<Step> {
  const vendor = vendorOf(chunk);
  if (chunk.tries > 0) {
    const found = await find(chunk, vendor, rooms);
    if (found === 'unsure') return { chunk, inMs: POLL_MS_MAX };
    if (found) return { chunk: { ...chunk, state: 'created', vendorId: found, tries: 0 }, inMs: POLL_MS };
    if (job.state === 'cancelling') return abandon(chunk, 'cancelled', rooms);
    if (rooms.world.now() >= job.expiresMs) return abandon(chunk, 'expired', rooms);
    if (isUrgent(job, rooms.world.now())) return abandon(chunk, 'waiting', rooms);
  }
  // Written down before it is asked: `tries` above 0 is what a later process finds.
  if (!(await rooms.keep({ ...chunk, tries: chunk.tries + 1 }))) throw new LostClaim();
  const lines = vendor.upload ? [] : await encoded(chunk, job, rooms);
  if (!vendor.upload && lines.length === 0) return now({ ...chunk, state: 'done' });
  const request = vendor.create({ lines, fileId: chunk.fileId, endpoint: endpointAt(chunk, job), token: chunk.id });
  const answer = await ask(chunk, request, rooms);
  if (answer.status >= 200 && answer.status < 300)
    return { chunk: { ...chunk, state: 'created', vendorId: vendor.readStatus(answer).id, tries: 0 }, inMs: POLL_MS };
  const failure = vendor.failure(answer, rooms.world.now());
  if (!isFinal(failure)) throw new HeadgateError(failure);
  return refuse(chunk, job, failure, rooms);
}

/** The vendor would say the same again. */
const isFinal = ({ kind }: Failure): boolean => kind === 'invalid' || kind === 'oversized' || kind === 'missing';

/** Somebody else looks after the chunk by now. */
export class LostClaim extends Error {}

/** The batch made of this chunk, among those of the vendor; `unsure` while one that may be it has not ended. */
async function find(chunk: Chunk, vendor: BatchVendor, rooms: BatchRooms): Promise<string | 'unsure' | undefined> {
  const sinceMs = (chunk.begunMs ?? 0) - SKEW_MS;
  let after: string | undefined;
  let unsure = false;
  for (let page = 0; page < LIST_PAGES_MAX; page += 1) {
    const { found, next } = vendor.readList(await granted(chunk, vendor.list(after), rooms));
    for (const batch of found) {
      if (batch.createdMs < sinceMs) return unsure ? 'unsure' : undefined;
      const verdict = batch.token === undefined ? await isOurs(chunk, batch, vendor, rooms) : batch.token === chunk.id;
      if (verdict === true) return batch.id;
      unsure ||= verdict === 'unsure';
    }
    if (next === undefined) break;
    after = next;
  }
  return unsure ? 'unsure' : undefined;
}

/** Whether a batch that does not say whose it is holds our lines: its results tell by their names, once it has ended. */
async function isOurs(chunk: Chunk, batch: BatchStatus, vendor: BatchVendor, rooms: BatchRooms): Promise<boolean | 'unsure'> {
  if (vendor.upload || batch.lines !== (await errandsOf(chunk, rooms)).length) return false;
  if (await rooms.ask('chunkOfVendor', { vendorId: batch.id, provider: chunk.provider })) return false;
  if (batch.state !== 'ended') return 'unsure';
  for (const place of batch.results) {
    for await (const lines of rooms.lines(outgoing(chunk, vendor.results(place)))) {
      return vendor.readResult(lines[0]!).name.startsWith(`${chunk.id}-`);
    }
  }
  return false;
}

/** Asks how the batch stands; what has ended is collected. */
async function look(chunk: Chunk, job: KeptJob, stop: boolean, rooms: BatchRooms): Promise<Step> {
  const vendor = vendorOf(chunk);
  const id = chunk.vendorId!;
  const answer = await ask(chunk, vendor.status(id), rooms);
  if (answer.status === 404) return refuse(chunk, job, { kind: 'missing', message: `the provider no longer knows the batch ${id}` }, rooms);
  if (answer.status < 200 || answer.status > 299) throw new HeadgateError(vendor.failure(answer, rooms.world.now()));
  const status = vendor.readStatus(answer);
  if (status.state === 'failed') return refusedLines(chunk, job, status, rooms);
  if (status.state === 'ended') return rooms.turn(chunk.provider, () => collect(chunk, job, vendor, status, rooms));
  // Asking twice does no harm; one that ends meanwhile refuses, and is found ended the next time.
  if (stop) await ask(chunk, vendor.cancel(id), rooms);
  const inMs = Math.min(POLL_MS_MAX, POLL_MS * 1.5 ** Math.min(chunk.tries, 20)) * (0.75 + rooms.world.random() / 2);
  return { chunk: { ...chunk, tries: chunk.tries + 1 }, inMs };
}

/** Gives every line of a chunk that was not handed in the same outcome, or has it wait again. */
async function abandon(chunk: Chunk, state: 'cancelled' | 'expired' | 'waiting', rooms: BatchRooms): Promise<Step> {
  const lines = (await errandsOf(chunk, rooms)).map(({ line }): Settled => ({ line, state }));
  await rooms.ask('settleLines', { chunk: chunk.id, job: chunk.job, lines });
  return now({ ...chunk, state: 'done' });
}

/** The vendor would not take the batch: every line fails with its words. */
async function refuse(chunk: Chunk, job: KeptJob, failure: Failure, rooms: BatchRooms): Promise<Step> {
  const error = errorIn({ dialect: job.dialect }, failure);
  const lines = (await errandsOf(chunk, rooms)).map(({ line }): Settled => ({ line, state: 'errored', ...error }));
  await rooms.ask('settleLines', { chunk: chunk.id, job: chunk.job, lines });
  return now({ ...chunk, state: 'done' });
}

/** A batch that failed before any line was asked: the lines at fault fail, the others are sent again. */
async function refusedLines(chunk: Chunk, job: KeptJob, { errors }: BatchStatus, rooms: BatchRooms): Promise<Step> {
  const message = errors[0]?.message ?? 'the provider refused the batch';
  const named = new Map(errors.flatMap(({ line, message: why }) => (line === undefined ? [] : [[line, why]])));
  const errands = await errandsOf(chunk, rooms);
  const lines = errands.map(({ line, tries }, index): Settled => {
    const why = named.size === 0 || tries + 1 >= TRIES ? (named.get(index) ?? message) : named.get(index);
    return why === undefined
      ? { line, state: 'waiting' }
      : { line, state: 'errored', ...errorIn({ dialect: job.dialect }, { kind: 'invalid', message: why }) };
  });
  await rooms.ask('settleLines', { chunk: chunk.id, job: chunk.job, lines });
  return now({ ...chunk, state: 'done' });
}
