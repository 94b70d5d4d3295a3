import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Asking } from '../lanes/lane.ts';
import type { Failure } from '../model/failure.ts';
import type { Running, Sink } from '../model/sink.ts';
import type { World } from '../world/world.ts';
import type { FinishedCall } from './rooms.ts';
import { Tape } from './tape.ts';

/** Makes calls that bear an idempotency key once, however often they are asked for. */
export interface Idempotency {
  /** Joins the call under the asking's `idempotencyKey`, or begins it. The caller who leaves last ends it. */
  start(asking: Asking, sink: Sink): Running;
  /** Hears of every call that is over, before its callers see the end. */
  settled(call: FinishedCall): void;
}

/** How long answers are kept, and in how much memory. */
export interface IdempotencyLimits {
  /** How long an answer is kept after its end, in milliseconds. */
  readonly windowMs: number;
  /** Most memory for answers, those under way included. The oldest go first. */
  readonly bytesMax: number;
}

/** Answers kept at most, however small. */
const ENTRIES_MAX = 10_000;

/** What an answer takes besides its bytes. */
const OVERHEAD_BYTES = 1024;

const REPLAYED = { 'x-headgate-idempotent-replay': 'true' };
const FIRST = {};
const DONE: Running = { cancel() {} };

/** One call under a key: the request it stands for, and its answer. */
interface Entry {
  readonly fingerprint: string;
  readonly tape: Tape;
  bytes: number;
  running: Running;
  /** A provider gave the answer to its end. */
  answered: boolean;
}

/** Everything is kept in memory only: an answer holds a caller's words. */
export function createIdempotency(
  world: Pick<World, 'elapsed'>,
  { windowMs, bytesMax }: IdempotencyLimits,
  call: (asking: Asking, sink: Sink) => Running,
): Idempotency {
  const running = new Map<string, Entry>();
  const asked = new WeakMap<Asking, Entry>();
  let runningBytes = 0;
  const kept = new LRUCache<string, Entry>({
    max: ENTRIES_MAX,
    maxSize: bytesMax,
    sizeCalculation: ({ bytes }) => bytes + OVERHEAD_BYTES,
    ttl: windowMs,
    ttlResolution: 0,
    // From one, because it takes an entry made at zero for one without a time.
    perf: { now: () => world.elapsed() + 1 },
  });

  function makeRoom(): boolean {
    while (kept.size > 0 && kept.calculatedSize + runningBytes > bytesMax) kept.pop();
    return runningBytes <= bytesMax;
  }

  function begin(id: string, fingerprint: string, asking: Asking, sink: Sink): Running {
    const tape = new Tape({
      grew(bytes) {
        entry.bytes += bytes;
        runningBytes += bytes;
        return makeRoom();
      },
      over() {
        running.delete(id);
        runningBytes -= entry.bytes;
        if (tape.whole && (entry.answered || tape.refusedForGood)) kept.set(id, entry);
      },
    });
    const entry: Entry = { fingerprint, tape, bytes: 0, running: DONE, answered: false };
    running.set(id, entry);
    asked.set(asking, entry);
    const leave = tape.join(sink, FIRST);
    entry.running = call(asking, tape);
    return { cancel: () => left(id, entry, leave) };
  }

  function left(id: string, entry: Entry, leave: () => void): void {
    leave();
    if (entry.tape.over || entry.tape.heard > 0) return;
    running.delete(id);
    runningBytes -= entry.bytes;
    entry.running.cancel();
  }

  return {
    start(asking, sink) {
      const { inbound, caller, idempotencyKey } = asking;
      const id = `${caller.key}\n${idempotencyKey}`;
      const { operation, dialect, body, maxVisibleTokens = '' } = inbound;
      const fingerprint = createHash('sha256').update(`${operation} ${dialect} ${maxVisibleTokens}\n`).update(body).digest('base64');
      const entry = running.get(id) ?? kept.get(id);
      if (!entry) return begin(id, fingerprint, asking, sink);
      const refusal = refusalOf(entry, fingerprint);
      if (refusal) {
        sink.fail(refusal, {});
        return DONE;
      }
      const leave = entry.tape.join(sink, REPLAYED);
      return { cancel: () => left(id, entry, leave) };
    },
    settled({ asking, attempts }) {
      const entry = asked.get(asking);
      if (entry) entry.answered = attempts.at(-1)?.finish !== undefined;
    },
  };
}

function refusalOf({ fingerprint, tape }: Entry, asked: string): Failure | undefined {
  const param = 'idempotency-key';
  if (fingerprint !== asked) return { kind: 'reused', message: 'this idempotency key stands for another request: use a new one', param };
  if (!tape.whole) return { kind: 'reused', message: 'the answer under this idempotency key is too large to be given twice', param };
  return undefined;
}
