import type { Json, JsonObject } from '../../src/model/json.ts';
import { leavesOf, type Path, valueAt, withValue } from './json.ts';

/** A repeatable source of chance. */
export interface Chance {
  /** A whole number from 0 up to, not including, `below`. */
  upTo(below: number): number;
  of<T>(list: readonly T[]): T;
}

/** The same seed gives the same numbers (mulberry32). */
export function chance(seed: number): Chance {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const upTo = (below: number) => Math.floor(next() * below);
  return { upTo, of: (list) => list[upTo(list.length)]! };
}

/** A copy of a wire value with one to four things wrong with it. */
export function damaged<T extends Json>(wire: T, luck: Chance): T {
  let value: Json = wire;
  for (let left = 1 + luck.upTo(4); left > 0; left -= 1) {
    const leaf = luck.of([...leavesOf(value)]);
    // As often somewhere above the leaf as at it: whole objects and lists get lost too.
    const path = luck.upTo(2) ? leaf : leaf.slice(0, luck.upTo(leaf.length + 1));
    if (path.length > 0) value = hurt(value, path, luck);
  }
  return value as T;
}

function hurt(value: Json, path: Path, luck: Chance): Json {
  const parent = path.slice(0, -1);
  const around = valueAt(value, parent);
  switch (luck.upTo(6)) {
    case 0:
      return withValue(value, parent, without(around, path.at(-1)!));
    case 1:
      return Array.isArray(around) ? withValue(value, parent, [...around, luck.of(around)]) : withKey(value, parent, luck);
    case 2:
      return withValue(value, path, valueAt(value, luck.of([...leavesOf(value)])));
    default:
      return withValue(value, path, luck.of(ODDITIES));
  }
}

const withKey = (value: Json, path: Path, luck: Chance): Json => withValue(value, [...path, luck.of(KEYS)], luck.of(ODDITIES));
const without = (around: Json, step: string | number): Json =>
  Array.isArray(around)
    ? around.filter((_, index) => index !== step)
    : Object.fromEntries(Object.entries(around as JsonObject).filter(([key]) => key !== step));

const KEYS = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'length', '', 'type', 'content', 'role', 'id', 'headgate', 'index'];
const deep = (levels: number): Json => (levels === 0 ? 1 : levels % 2 ? [deep(levels - 1)] : { content: deep(levels - 1) });
const ODDITIES: readonly Json[] = [
  null,
  true,
  false,
  0,
  -1,
  1.5,
  1e308,
  -(2 ** 53),
  2 ** 64,
  '',
  ' ',
  '\ud800',
  '\u0000\u2028\ufeff',
  '👩‍👩‍👧'.repeat(50),
  'x'.repeat(5000),
  '{"a":',
  'data:;base64,',
  'data:image/png;base64,AAAA',
  '__proto__',
  'constructor',
  'function',
  'assistant',
  'text',
  [],
  {},
  [null],
  [[]],
  [{}],
  { type: 'text' },
  { type: 'text', text: 1 },
  { type: '__proto__' },
  { type: 'toString', id: {} },
  { role: 'user', content: null },
  JSON.parse('{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}') as Json,
  deep(500),
];
