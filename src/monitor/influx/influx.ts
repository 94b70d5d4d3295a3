import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { UsageRecord } from '../../accounting/record.ts';
import type { Post } from '../../model/post.ts';
import type { World } from '../../world/world.ts';
import { type Backlog, type BacklogOptions, createBacklog, type Verdict } from '../export/backlog.ts';
import type { Spill } from '../export/spill.ts';
import { createSpillingBacklog } from '../export/spilling.ts';
import { authorization, type InfluxAddress, writeUrl } from './address.ts';
import { createTimestamps, lineOf } from './line.ts';

export interface InfluxOptions extends Pick<BacklogOptions<UsageRecord>, 'onChange' | 'retryMs'> {
  readonly world: World;
  readonly post: Post;
  readonly address: InfluxAddress;
  /** Tells this gateway's points from those of others, which may bear the same time. */
  readonly instance: string;
  /** Most records waiting while the server is away; 100,000 unless told. */
  readonly waitingMax?: number;
  /** Where batches wait while the server is away; absent: in memory. */
  readonly spill?: Spill;
}

/** Sends every attempt to InfluxDB, each at least once; twice is the same as once, because its time is its own. */
export function createInflux({
  world,
  post,
  address,
  instance,
  waitingMax = 100_000,
  spill,
  ...rest
}: InfluxOptions): Backlog<UsageRecord> {
  const timestampOf = createTimestamps(Math.floor(world.random() * 1_000_000));
  const url = writeUrl(address);
  const shown = authorization(address);
  const headers = {
    'content-type': 'text/plain; charset=utf-8',
    'content-encoding': 'gzip',
    ...(shown !== undefined && { authorization: shown }),
  };

  async function send(lines: readonly string[]): Promise<Verdict> {
    const body = await packed(`${lines.join('\n')}\n`);
    const { status, body: said } = await post({ url, headers, body });
    if (status >= 200 && status < 300) return { do: 'done', refused: 0 };
    if (!REFUSED.has(status)) return { do: 'later', message: `InfluxDB answered ${status}: ${said.slice(0, 200)}` };
    return lines.length === 1 ? { do: 'done', refused: 1 } : halves(lines);
  }

  /** Some line is bad, and the answer does not say which: each half on its own, down to the line. Good ones are written again, which changes nothing. */
  async function halves(lines: readonly string[]): Promise<Verdict> {
    const middle = lines.length >> 1;
    const first = await send(lines.slice(0, middle));
    if (first.do === 'later') return first;
    const second = await send(lines.slice(middle));
    return second.do === 'later' ? second : { do: 'done', refused: first.refused + second.refused };
  }

  const linesOf = (records: readonly UsageRecord[]) => records.map((record) => lineOf(record, instance, timestampOf(record.endedAtMs)));
  const options = { world, batchMax: 5000, flushMs: 1000, waitingMax, ...rest };
  if (spill) return createSpillingBacklog({ ...options, spill, linesOf, send });
  return createBacklog({
    ...options,
    prepare(records) {
      const lines = linesOf(records);
      return () => send(lines);
    },
  });
}

const packed = promisify(gzip) as (text: string) => Promise<Buffer<ArrayBuffer>>;

/** It will not take these lines however often they are sent: malformed, too many bytes, of another type than before. */
const REFUSED = new Set([400, 413, 422]);
