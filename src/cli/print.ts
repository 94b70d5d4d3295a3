import { styleText } from 'node:util';

type Style = Parameters<typeof styleText>[0];

/** The text in a style where the stream is a terminal that wants it (`NO_COLOR`, `FORCE_COLOR`), else plain. */
export const paint = (style: Style, text: string, stream: NodeJS.WriteStream = process.stdout): string =>
  styleText(style, text, { stream });

/** One line to standard output. */
export const say = (line = ''): void => void process.stdout.write(`${line}\n`);

/** One line to standard error. */
export const complain = (line: string): void => void process.stderr.write(`${line}\n`);

/** Rows under headings, columns lined up; nothing when there are no rows. */
export function table(headings: readonly string[], rows: readonly (readonly string[])[]): string[] {
  if (rows.length === 0) return [];
  const widths = headings.map((heading, column) => Math.max(heading.length, ...rows.map((row) => row[column]!.length)));
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join('  ')
      .trimEnd();
  return [paint('dim', line(headings)), ...rows.map(line)];
}

/** `90_000` as `1m30s`. */
export function durationText(ms: number): string {
  const units: [string, number][] = [
    ['h', 3_600_000],
    ['m', 60_000],
    ['s', 1000],
    ['ms', 1],
  ];
  let left = ms;
  const words = units.map(([unit, unitMs]) => {
    const count = Math.floor(left / unitMs);
    left -= count * unitMs;
    return count > 0 ? `${count}${unit}` : '';
  });
  return words.join('') || '0s';
}

/** Why a file cannot be read, in words. */
export function unreadable({ code }: NodeJS.ErrnoException): string {
  if (code === 'ENOENT') return 'there is no such file';
  if (code === 'EISDIR') return 'it is a folder, not a file';
  if (code === 'EACCES') return 'this user may not open it';
  return `it cannot be read (${code ?? 'unknown error'})`;
}
