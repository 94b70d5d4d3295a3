import type { Frame } from '../../src/dialects/sse.ts';

/** A wire object as a grammar looks at it: any field may be anything. */
export type Loose = { readonly [key: string]: Loose } & { readonly length?: number };

/** Where a grammar writes down what it finds; the number is the frame's. */
export interface Findings {
  readonly problems: string[];
  wrong(at: number, what: string): void;
}

export function findings(): Findings {
  const problems: string[] = [];
  return { problems, wrong: (at, what) => void problems.push(`#${at} ${what}`) };
}

/** The frame's JSON object; undefined, and a finding, when it is not one. */
export function objectIn(frame: Frame, at: number, { wrong }: Findings): Loose | undefined {
  try {
    const value: unknown = JSON.parse(frame.data);
    if (value !== null && typeof value === 'object' && !Array.isArray(value)) return value as Loose;
    wrong(at, 'data is not an object');
  } catch {
    wrong(at, 'data is not JSON');
  }
  return undefined;
}

/** The `type` of a frame of a format whose frames are named: the `event:` line must repeat it. */
export function nameOf({ event }: Frame, { type }: Loose, at: number, { wrong }: Findings): string {
  if (!isText(type)) {
    wrong(at, `type ${JSON.stringify(type)}`);
    return '';
  }
  if (event === undefined) wrong(at, `no event line for ${type}`);
  else if (event !== type) wrong(at, `event line ${event}, type ${type}`);
  return type;
}

/** What a table says of a word; nothing of words such as `constructor` that every object knows. */
export const entryOf = <T>(table: Readonly<Record<string, T>>, word: unknown): T | undefined =>
  typeof word === 'string' && Object.hasOwn(table, word) ? table[word] : undefined;

export const isText = (value: unknown): value is string => typeof value === 'string';
