import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Caller } from '../../model/caller.ts';
import { HeadgateError } from '../../model/failure.ts';
import type { World } from '../../world/world.ts';
import { textIn } from '../call-headers.ts';
import type { RequestHead } from '../rooms.ts';
import type { JsonAnswer } from './route.ts';

/**
 * Does the work of a request that bears an idempotency key once, however often it is asked, and gives the first answer
 * again. Rejects with `reused` where the key stands for another path or body. What failed is not kept: asked again it is done again.
 */
export type Once = (asked: Asked, work: () => Promise<JsonAnswer>) => Promise<JsonAnswer>;

interface Asked {
  readonly head: RequestHead;
  readonly caller: Caller;
  readonly body: Buffer;
}

/** Answers kept at most, and their bytes in all; each has a few hundred, and with the metadata of a batch up to ten thousand. */
const ENTRIES_MAX = 10_000;
const BYTES_MAX = 8 * 1024 ** 2;

const REPLAYED = { 'x-headgate-idempotent-replay': 'true' };

interface Entry {
  readonly fingerprint: string;
  readonly answer: Promise<JsonAnswer & { readonly json: string }>;
}

/** In memory only, as for other calls. `limits` absent: idempotency keys count for nothing. */
export function createOnce(world: Pick<World, 'elapsed'>, limits: { readonly windowMs: number } | undefined): Once {
  const running = new Map<string, Entry>();
  const kept = new LRUCache<string, Entry>({
    max: ENTRIES_MAX,
    maxSize: BYTES_MAX,
    ttl: limits?.windowMs ?? 0,
    ttlResolution: 0,
    // From one, because it takes an entry made at zero for one without a time.
    perf: { now: () => world.elapsed() + 1 },
  });

  async function begin(id: string, fingerprint: string, work: () => Promise<JsonAnswer>): Promise<JsonAnswer> {
    const entry: Entry = { fingerprint, answer: work().then(written) };
    running.set(id, entry);
    try {
      const answer = await entry.answer;
      kept.set(id, entry, { size: id.length + answer.json.length });
      return answer;
    } finally {
      running.delete(id);
    }
  }

  return async ({ head, caller, body }, work) => {
    const key = textIn(head.headers, 'idempotency-key');
    if (key === undefined || !limits) return work();
    const id = `${caller.key}\n${key}`;
    const [path] = head.target.split('?', 1);
    const fingerprint = createHash('sha256').update(`${path}\n`).update(body).digest('base64');
    const entry = running.get(id) ?? kept.get(id);
    if (!entry) return begin(id, fingerprint, work);
    if (entry.fingerprint !== fingerprint)
      throw new HeadgateError({
        kind: 'reused',
        message: 'this idempotency key stands for another request: use a new one',
        param: 'idempotency-key',
      });
    const answer = await entry.answer;
    return { ...answer, headers: { ...answer.headers, ...REPLAYED } };
  };
}

/** As it is now: what it was made of may change. */
const written = ({ json, ...answer }: JsonAnswer) => ({ ...answer, json: typeof json === 'string' ? json : JSON.stringify(json) });
