import type { Value } from './database.ts';
import { COLUMNS } from './row.ts';

/** How a segment's rows are laid out: another Headgate, with other columns, may have written them. */
export interface Layout {
  /**
   * The row as this Headgate's columns have it; what the writer did not know yet is null. Undefined: it is not laid
   * out so, because the record that would tell how was damaged.
   */
  rowOf(value: unknown): Value[] | undefined;
}

/** What a segment begins with. */
export const LAYOUT_RECORD = { headgate: 'journal', columns: COLUMNS } as const;

/** The one of this Headgate's columns. */
export const CURRENT_LAYOUT: Layout = {
  rowOf(value) {
    if (!isRow(value, COLUMNS.length)) return undefined;
    // Nearly every row is as it was read.
    return value.some(Array.isArray) ? value.map(unpacked) : (value as Value[]);
  },
};

const isRow = (value: unknown, length: number): value is readonly unknown[] => Array.isArray(value) && value.length === length;

/** The layout a record tells of; undefined when it tells of none. */
export function layoutIn(value: unknown): Layout | undefined {
  const { headgate, columns } = (value ?? {}) as { headgate?: unknown; columns?: unknown };
  if (headgate !== 'journal' || !Array.isArray(columns)) return undefined;
  if (columns.length === COLUMNS.length && COLUMNS.every((column, index) => columns[index] === column)) return CURRENT_LAYOUT;
  const places = COLUMNS.map((column) => columns.indexOf(column));
  return { rowOf: (value) => (isRow(value, columns.length) ? places.map((place) => unpacked(value[place] ?? null)) : undefined) };
}

// JSON has no whole numbers beyond 2^53, and a row has nothing else that could be a list.
type Packed = Value | readonly [string];

/** A row as JSON can hold it; the row itself where it can. */
export function packed(row: readonly Value[]): readonly Packed[] {
  return row.some((value) => typeof value === 'bigint') ? row.map((value) => (typeof value === 'bigint' ? [String(value)] : value)) : row;
}

const unpacked = (value: unknown): Value => (Array.isArray(value) ? BigInt(value[0]) : (value as Value));
