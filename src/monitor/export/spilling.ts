import { type Backlog, type BacklogOptions, createBacklog, tried, type Verdict } from './backlog.ts';
import { FOREIGN_MS, type Spill } from './spill.ts';

/** A backlog of lines whose batches go to disk while the other system is away, and from there once it is back. */
export interface SpillingOptions<T> extends Omit<BacklogOptions<T>, 'prepare'> {
  readonly spill: Spill;
  /** A batch as lines, which stay as they are however often they are sent. */
  linesOf(batch: readonly T[]): readonly string[];
  send(lines: readonly string[]): Promise<Verdict>;
}

export function createSpillingBacklog<T>({ spill, linesOf, send, onChange, ...rest }: SpillingOptions<T>): Backlog<T> {
  let refused = 0;
  // What is on disk goes first, one file at a time; the backlog's own waits and news are those of the other system.
  const emptying = createBacklog<'a file more'>({
    ...rest,
    batchMax: 1,
    flushMs: 0,
    waitingMax: Number.POSITIVE_INFINITY,
    ...(onChange && { onChange }),
    prepare: () => async () => {
      for (let name = spill.oldest(); name !== undefined; name = spill.oldest()) {
        const verdict = await send(spill.read(name));
        if (verdict.do === 'later') return verdict;
        refused += verdict.refused;
        spill.remove(name);
      }
      return { do: 'done', refused: 0 };
    },
  });
  // One more than runs: a run that has seen the last file may not have told yet that it is done.
  const empty = () => {
    if (emptying.waiting < 2) emptying.add('a file more');
  };
  empty();
  rest.world.after(FOREIGN_MS, empty, 'upkeep');

  const own = createBacklog<T>({
    ...rest,
    prepare(batch) {
      const lines = linesOf(batch);
      return async () => {
        // In their order, and while the other system is away without asking it.
        const verdict: Verdict = spill.oldest() === undefined ? await tried(send(lines)) : { do: 'later', message: '' };
        if (verdict.do === 'done' || !spill.put(lines)) return verdict;
        empty();
        return { do: 'done', refused: 0 };
      };
    },
  });

  return {
    add: own.add,
    async close() {
      await own.close();
      await emptying.close();
    },
    get waiting() {
      // All that is on disk counts as one.
      return own.waiting + Math.min(1, emptying.waiting);
    },
    get dropped() {
      return own.dropped + refused + spill.dropped;
    },
  };
}
