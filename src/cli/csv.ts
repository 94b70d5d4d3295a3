/** A record of CSV, and the line of the file it begins on, from 1. */
export interface CsvRecord {
  readonly number: number;
  readonly cells: readonly string[];
}

/**
 * The records of CSV (RFC 4180): quoted cells hold commas, quotes written twice and line ends. Empty lines are passed over.
 * Throws in the name of `file` where a quote is never closed: nobody knows how many records are behind it.
 */
export async function* csvRecords(text: AsyncIterable<string> | Iterable<string>, file: string): AsyncGenerator<CsvRecord> {
  let cells: string[] = [];
  let cell = '';
  let quoted = false;
  /** The last character was a quote inside a quoted cell: the end of it, or half of a quote. */
  let half = false;
  let line = 1;
  let begun = 1;
  let opened = 1;
  let first = true;
  const record = (): CsvRecord | undefined => {
    cells.push(cell);
    const found = cells.length === 1 && cells[0] === '' ? undefined : { number: begun, cells };
    cells = [];
    cell = '';
    begun = line;
    return found;
  };
  for await (const piece of text) {
    for (const char of first ? piece.replace(/^\uFEFF/, '') : piece) {
      first = false;
      if (char === '\n') line += 1;
      if (half) {
        half = false;
        if (char === '"') {
          cell += char;
          continue;
        }
        quoted = false;
      }
      if (quoted) {
        if (char === '"') half = true;
        else cell += char;
      } else if (char === '"' && cell === '') {
        quoted = true;
        opened = line;
      } else if (char === ',') {
        cells.push(cell);
        cell = '';
      } else if (char === '\n') {
        cell = cell.endsWith('\r') ? cell.slice(0, -1) : cell;
        const found = record();
        if (found) yield found;
      } else cell += char;
    }
  }
  if (quoted && !half) throw new Error(`${file}:${opened}: the quote is never closed`);
  const last = record();
  if (last) yield last;
}
