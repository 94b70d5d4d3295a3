import { type Money, zero } from '../../model/money.ts';

/** A metric by name, and what its series are told apart by. */
export interface Family {
  readonly name: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
  readonly labels: readonly string[];
  /** Upper bounds of a histogram's buckets, ascending, without the infinite one. */
  readonly bounds?: readonly number[];
}

/** One line of a family: a number, or dollars kept exact. */
export interface Value<N extends number | Money = number> {
  readonly labels: readonly string[];
  value: N;
}

export interface Histogram {
  readonly labels: readonly string[];
  readonly bounds: readonly number[];
  /** How many fell into each bucket alone, the infinite one last. */
  readonly counts: number[];
  sum: number;
}

export type Series = Value | Value<Money> | Histogram;

/**
 * Every series there is, held by whoever counts in it: counting is an assignment, with nothing to look
 * up. Values stay as exact as they came: dollars are whole picodollars until somebody reads them.
 */
export interface Registry {
  number(family: Family, ...labels: string[]): Value;
  money(family: Family, ...labels: string[]): Value<Money>;
  histogram(family: Family, ...labels: string[]): Histogram;
  /** Forgets the series of a gauge whose labels come and go. */
  clear(family: Family): void;
  /** Runs before anybody reads, to bring gauges up to date. */
  beforeReading(work: () => void): void;
  /** All families that have series, in the order they were first used. */
  read(): ReadonlyMap<Family, readonly Series[]>;
  /** Lines an exposition has, a histogram's buckets counted singly. */
  readonly size: number;
}

export function createRegistry(): Registry {
  const families = new Map<Family, Map<string, Series>>();
  const works: (() => void)[] = [];
  let size = 0;

  function seriesOf<S extends Series>(family: Family, values: readonly string[], make: (labels: readonly string[]) => S): S {
    const labels = values.map(labelText);
    const all = families.get(family) ?? new Map<string, Series>();
    families.set(family, all);
    const id = labels.join('\0');
    let series = all.get(id) as S | undefined;
    if (!series) {
      series = make(labels);
      all.set(id, series);
      size += linesOf(family);
    }
    return series;
  }

  return {
    number: (family, ...values) => seriesOf(family, values, (labels) => ({ labels, value: 0 })),
    money: (family, ...values) => seriesOf(family, values, (labels) => ({ labels, value: zero })),
    histogram: (family, ...values) =>
      seriesOf(family, values, (labels) => {
        const bounds = family.bounds ?? [];
        return { labels, bounds, counts: new Array<number>(bounds.length + 1).fill(0), sum: 0 };
      }),
    clear(family) {
      size -= (families.get(family)?.size ?? 0) * linesOf(family);
      families.delete(family);
    },
    beforeReading: (work) => {
      works.push(work);
    },
    read() {
      for (const work of works) work();
      return new Map([...families].map(([family, series]) => [family, [...series.values()]]));
    },
    get size() {
      return size;
    },
  };
}

/** Longest value of a label, in characters: callers and providers name models, and may be at play. */
const LABEL_MAX = 128;

/** A name as a label: cut, and with what is no Unicode replaced here, since it would be on its way out, and two names be one. */
export const labelText = (name: string): string => (name.length > LABEL_MAX ? name.slice(0, LABEL_MAX) : name).toWellFormed();

/** Lines one series of a family takes: buckets, sum and count where it is a histogram. */
export const linesOf = ({ bounds }: Pick<Family, 'bounds'>): number => (bounds ? bounds.length + 3 : 1);

/** Counts a value; a bound belongs to the bucket it closes. */
export function observe(histogram: Histogram, value: number): void {
  const { bounds, counts } = histogram;
  let place = 0;
  while (place < bounds.length && value > bounds[place]!) place += 1;
  counts[place]! += 1;
  histogram.sum += value;
}
