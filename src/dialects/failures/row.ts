import type { FailureKind } from '../../model/failure.ts';
import type { DialectName } from '../../model/part.ts';
import { FAILURE_ROWS } from './table.ts';

/** One line of the taxonomy: what an answer must show to be sorted as `kind`. */
export interface FailureRow {
  /** Whose word it is, a dot, what it is about: `openai.insufficient_quota`. Stable: logs and tickets quote it. */
  readonly id: string;
  /** All that is named must hold; what is left out does not matter. */
  readonly when: When;
  readonly kind: FailureKind;
  /** Where this can be looked up: an address, a package with its version, a recorded answer, a thread. */
  readonly source: string;
}

interface When {
  /** Only in answers of these wire formats. */
  readonly dialects?: readonly DialectName[];
  /** Any of these; `none`: an error inside a stream or a 200 body, where no status is told. */
  readonly status?: readonly (number | 'none' | '4xx' | '5xx')[];
  /** Any of these is the error's code, an inner code or its type, in any case. */
  readonly words?: readonly (string | RegExp)[];
  readonly message?: RegExp;
  readonly header?: { readonly name: string; readonly value: RegExp };
  /** A field that stands in the error's `metadata`. */
  readonly metadata?: readonly string[];
  /** `unreadable`: a web page, nothing at all, or anything else that is no API error. */
  readonly body?: 'unreadable';
}

/** What the rows look at, read from any shape of error body. */
export interface Told {
  readonly dialect: DialectName;
  /** Of the answer, or told inside the error; undefined in streams. */
  readonly status: number | undefined;
  /** Code, inner codes and type, lower case. */
  readonly words: readonly string[];
  readonly message: string;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  /** Names of the fields in the error's `metadata`. */
  readonly metadata: readonly string[];
  readonly readable: boolean;
}

/** The first row that fits; there always is one, the last asks for nothing. */
export const rowOf = (told: Told): FailureRow => FAILURE_ROWS.find(({ when }) => fits(when, told))!;

/** The row of an id, as `Failure.rule` names it. */
export const rowNamed = (id: string): FailureRow | undefined => FAILURE_ROWS.find((row) => row.id === id);

function fits(when: When, told: Told): boolean {
  return (
    (when.dialects?.includes(told.dialect) ?? true) &&
    (when.status?.some((status) => isOf(status, told.status)) ?? true) &&
    (when.words?.some((word) => told.words.some((said) => (typeof word === 'string' ? word === said : word.test(said)))) ?? true) &&
    (when.message?.test(told.message) ?? true) &&
    (when.header === undefined || when.header.value.test(told.headers[when.header.name] ?? '')) &&
    (when.metadata?.some((name) => told.metadata.includes(name)) ?? true) &&
    (when.body === undefined || !told.readable)
  );
}

function isOf(wanted: number | 'none' | '4xx' | '5xx', status: number | undefined): boolean {
  if (wanted === 'none') return status === undefined;
  if (wanted === '4xx') return status !== undefined && status >= 400 && status < 500;
  if (wanted === '5xx') return status !== undefined && status >= 500 && status < 600;
  return wanted === status;
}
