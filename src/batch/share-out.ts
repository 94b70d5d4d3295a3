import type { Asking } from '../lanes/lane.ts';
import { HeadgateError } from '../model/failure.ts';
import type { Errand } from '../store/chunks.ts';
import type { KeptJob } from '../store/jobs.ts';
import { isUrgent } from './chunk.ts';
import { askingOf } from './line.ts';
import { newName } from './name.ts';
import type { BatchRooms, Place } from './rooms.ts';
import { VENDORS } from './vendors.ts';

/** Lines read at once: their bodies, pictures and all, are in memory together. */
const READ_LINES = 50;
/** Lines asked one by one are put together by so many: whoever looks after them is known by the chunk. */
const SYNC_LINES = 200;

/**
 * No batch of ours is larger, whatever a vendor takes: an upload that breaks off is made again from its beginning, and
 * one at a time is in memory.
 */
const CHUNK_BYTES_MAX = 4 * 1024 ** 2;

/** Puts the waiting lines of a job into chunks, each for one place. Lines that got into one wait no more. */
export async function shareOut(job: KeptJob, rooms: BatchRooms): Promise<void> {
  const { ask, world } = rooms;
  // What is asked one by one is reserved call by call: nothing that was set aside may stand in its way.
  if (isUrgent(job, world.now()) && job.counts.sent === 0) await ask('releaseJob', { holder: rooms.funds.holderOf(job.id) });
  const open = new Map<string, { readonly to: ChunkPlace; lines: number[]; bytes: number }>();

  async function close(key: string): Promise<void> {
    const chunk = open.get(key);
    if (!chunk) return;
    open.delete(key);
    const keyAt = chunk.to.keys > 1 ? Math.floor(world.random() * chunk.to.keys) : 0;
    const { provider, model, dialect } = chunk.to;
    await ask('addChunk', {
      chunk: { id: newName('chunk_', world), job: job.id, provider, model, dialect, key: keyAt },
      lines: chunk.lines,
    });
  }

  let after = -1;
  for (;;) {
    const errands = await ask('waitingLines', { of: job.id, after, most: READ_LINES });
    for (const errand of errands) {
      const to = placeOf(job, errand, rooms);
      const key = `${to.provider}\n${to.model}\n${to.dialect}`;
      const chunk = open.get(key) ?? { to, lines: [], bytes: 0 };
      if (chunk.lines.length >= to.linesMax || (chunk.lines.length > 0 && chunk.bytes + errand.body.length > to.bytesMax)) {
        await close(key);
        open.set(key, { to, lines: [errand.line], bytes: errand.body.length });
      } else {
        chunk.lines.push(errand.line);
        chunk.bytes += errand.body.length;
        open.set(key, chunk);
      }
    }
    if (errands.length < READ_LINES) break;
    after = errands.at(-1)!.line;
  }
  for (const key of [...open.keys()]) await close(key);
}

interface ChunkPlace {
  readonly provider: string;
  readonly model: string;
  readonly dialect: Place['target']['dialect'] | '';
  readonly keys: number;
  readonly linesMax: number;
  readonly bytesMax: number;
}

const ONE_BY_ONE: ChunkPlace = { provider: '', model: '', dialect: '', keys: 1, linesMax: SYNC_LINES, bytesMax: CHUNK_BYTES_MAX };

/** What nobody's batch API takes is asked one by one, and so is what has no place any more: it then fails in words. */
function placeOf(job: KeptJob, errand: Errand, rooms: Pick<BatchRooms, 'place' | 'world'>): ChunkPlace {
  if (job.via === 'sync' || isUrgent(job, rooms.world.now())) return ONE_BY_ONE;
  const place = placed(() => askingOf(job, errand), rooms);
  if (!place?.batch) return ONE_BY_ONE;
  const vendor = VENDORS[place.batch];
  const { provider, model, dialect } = place.target;
  return {
    provider,
    model: vendor.oneModel ? model : '',
    dialect,
    keys: place.keys,
    linesMax: vendor.linesMax,
    bytesMax: Math.min(vendor.bytesMax, CHUNK_BYTES_MAX),
  };
}

function placed(asking: () => Asking, { place }: Pick<BatchRooms, 'place'>): Place | undefined {
  try {
    const found = place(asking());
    return 'kind' in found ? undefined : found;
  } catch (error) {
    if (error instanceof HeadgateError) return undefined;
    throw error;
  }
}
