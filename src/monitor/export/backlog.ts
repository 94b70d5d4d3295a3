import type { World } from '../../world/world.ts';

/** Things on their way to another system: they leave in batches, wait while it is away, and never hold up whoever adds them. */
export interface Backlog<T> {
  add(item: T): void;
  /** Sends what is waiting, once, and lets go of what is not taken. */
  close(): Promise<void>;
  readonly waiting: number;
  /** Items let go: refused for good, or more than could wait. */
  readonly dropped: number;
}

export interface BacklogOptions<T> {
  readonly world: World;
  /** Most items of one batch, and how long the first of one may wait for others, in milliseconds. */
  readonly batchMax: number;
  readonly flushMs: number;
  /** Most items waiting; beyond, the oldest are let go. */
  readonly waitingMax: number;
  /** First wait after a failure, in milliseconds; doubled each time, up to 30 s. 500 unless told. */
  readonly retryMs?: number;
  /** Makes a batch ready to send. What it returns is called again, unchanged, until the batch was taken. */
  prepare(batch: readonly T[]): () => Promise<Verdict>;
  /** Hears when sending begins to fail, and when it works again. */
  onChange?(state: 'failing' | 'recovered', message: string): void;
}

/** What became of a batch. `later`: try the same again. */
export type Verdict = { readonly do: 'later'; readonly message: string } | { readonly do: 'done'; readonly refused: number };

const RETRY_MS_MAX = 30_000;

export function createBacklog<T>(options: BacklogOptions<T>): Backlog<T> {
  const { world, batchMax, flushMs, waitingMax, retryMs = 500, prepare, onChange } = options;
  const queue: T[] = [];
  let batch: { readonly size: number; readonly send: () => Promise<Verdict> } | undefined;
  let callOff: (() => void) | undefined;
  let busy: Promise<void> | undefined;
  let failures = 0;
  let dropped = 0;
  let closed = false;

  function wake(afterMs: number): void {
    callOff ??= world.after(
      afterMs,
      () => {
        callOff = undefined;
        busy ??= sendAll().finally(() => {
          busy = undefined;
        });
      },
      'upkeep',
    );
  }

  /** Batch after batch, in order, until one is not taken or less than a batch is left. */
  async function sendAll(): Promise<void> {
    while (batch || queue.length > 0) {
      if (!(await sendOne())) {
        if (!closed) wake(Math.min(RETRY_MS_MAX, retryMs * 2 ** (failures - 1)) * (0.5 + world.random() / 2));
        return;
      }
      if (!closed && queue.length > 0 && queue.length < batchMax) return wake(flushMs);
    }
  }

  async function sendOne(): Promise<boolean> {
    if (!batch) {
      const items = queue.splice(0, batchMax);
      batch = { size: items.length, send: prepare(items) };
    }
    const verdict = await tried(batch.send());
    if (verdict.do === 'later') {
      failures += 1;
      if (failures === 1) onChange?.('failing', verdict.message);
      return false;
    }
    if (failures > 0) onChange?.('recovered', 'what waited is being sent');
    failures = 0;
    dropped += verdict.refused;
    batch = undefined;
    return true;
  }

  return {
    add(item) {
      queue.push(item);
      if (queue.length > waitingMax) dropped += queue.splice(0, Math.min(batchMax, queue.length - 1)).length;
      if (failures > 0) return wake(retryMs);
      if (queue.length === batchMax) {
        callOff?.();
        callOff = undefined;
        wake(0);
      } else wake(flushMs);
    },
    async close() {
      closed = true;
      callOff?.();
      await busy;
      if (failures === 0) await sendAll();
      dropped += (batch?.size ?? 0) + queue.length;
      batch = undefined;
      queue.length = 0;
    },
    get waiting() {
      return (batch?.size ?? 0) + queue.length;
    },
    get dropped() {
      return dropped;
    },
  };
}

/** The verdict of a sending; one that throws is tried again. */
export const tried = (sending: Promise<Verdict>): Promise<Verdict> =>
  sending.catch((error: unknown) => ({ do: 'later', message: messageOf(error) }));

/** Node's fetch says only "fetch failed", and why in the cause. */
function messageOf(error: unknown): string {
  const { message, cause } = error as Error;
  return cause instanceof Error ? cause.message : message;
}
