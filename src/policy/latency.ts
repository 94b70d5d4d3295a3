/** The latest times to a first word, for knowing when one is late. */
export interface Latencies {
  add(ms: number): void;
  /** The time that this share of calls (0 to 1) stayed under, in milliseconds; undefined until enough are known. */
  under(share: number): number | undefined;
}

const KEPT = 128;
const ENOUGH = 20;

export function createLatencies(): Latencies {
  const kept: number[] = [];
  let next = 0;
  let sorted: number[] | undefined;
  return {
    add(ms) {
      kept[next] = ms;
      next = (next + 1) % KEPT;
      sorted = undefined;
    },
    under(share) {
      if (kept.length < ENOUGH) return undefined;
      sorted ??= kept.toSorted((a, b) => a - b);
      return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
    },
  };
}
