import type { OutgoingRequest } from '../model/exchange.ts';
import { HeadgateError } from '../model/failure.ts';
import type { Chunk, Errand } from '../store/chunks.ts';
import type { KeptJob } from '../store/jobs.ts';
import { askingOf } from './line.ts';
import type { BatchRooms } from './rooms.ts';
import type { BatchRequest } from './vendor.ts';

/** Where a chunk is after a step, and when it is to be looked after again. */
export interface Step {
  readonly chunk: Chunk;
  readonly inMs: number;
}

/** Times a line is sent before its last outcome counts. */
export const TRIES = 3;

/** A request of the chunk's, with the key it is seen by. */
export const outgoing = (chunk: Chunk, request: BatchRequest): OutgoingRequest => ({
  ...request,
  provider: chunk.provider,
  key: chunk.key,
});

/** By which name the vendor knows a line: told apart from those of any other chunk. */
export const nameOf = ({ id }: Pick<Chunk, 'id'>, line: number): string => `${id}-${line}`;

/** The line's call, and its place as the chunk has it. Throws a `HeadgateError` where there is none any more. */
export function placeIn(chunk: Chunk, job: KeptJob, errand: Errand, rooms: BatchRooms) {
  const asking = askingOf(job, errand);
  const place = rooms.place(asking);
  if ('kind' in place) throw new HeadgateError(place);
  const { provider, dialect } = place.target;
  // The configuration may send it elsewhere by now; what was handed in was handed in here.
  if (provider !== chunk.provider || dialect !== chunk.dialect || (chunk.model !== '' && chunk.model !== place.target.model))
    throw new HeadgateError({
      kind: 'unroutable',
      message: `"${asking.inbound.head.model}" no longer leads to ${chunk.provider}/${chunk.model}`,
    });
  return { asking, inbound: asking.inbound, place };
}

/** Whether a job's lines are asked one by one by now, as their deadline is near. */
export const isUrgent = ({ syncMs }: Pick<KeptJob, 'syncMs'>, nowMs: number): boolean => syncMs !== undefined && nowMs >= syncMs;
