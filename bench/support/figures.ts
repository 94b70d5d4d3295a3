/** One measured figure beside what it must be. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly target: { readonly atLeast: number } | { readonly atMost: number };
  readonly note?: string;
}

const met = ({ value, target }: Figure) => ('atLeast' in target ? value >= target.atLeast : value <= target.atMost);

/** Prints the figures as a table; the process ends with 1 when one missed its target. */
export function tell(title: string, figures: readonly Figure[]): void {
  console.log(`\n${title}`);
  for (const figure of figures) {
    const { name, value, unit, target, note } = figure;
    const wanted = 'atLeast' in target ? `>= ${target.atLeast}` : `<= ${target.atMost}`;
    console.log(
      `  ${met(figure) ? 'pass' : 'MISS'}  ${name.padEnd(44)} ${`${round(value)} ${unit}`.padStart(12)}   ${wanted}${note ? `   ${note}` : ''}`,
    );
  }
  if (!figures.every(met)) process.exitCode = 1;
}

const round = (value: number) => (Math.abs(value) >= 100 ? value.toFixed(0) : value.toFixed(2));

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** The value that `share` of the values do not exceed; `sorted` ascending. */
export const percentile = (sorted: ArrayLike<number>, share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
