import type { Segment } from '../../model/caching.ts';

/** What kind of thing differs between two questions of which the second should have begun like the first. */
export type Change =
  | ('timestamp' | 'date' | 'uuid' | 'counter' | 'random' | 'number' | 'flag' | 'whitespace')
  | ('keyOrder' | 'toolOrder' | 'toolSet' | 'text');

/** Where two beginnings part. */
export interface Difference {
  readonly place: string;
  /** Characters of the segment that are still the same. */
  readonly at: number;
  readonly change: Change;
  /** What stood there and what stands there, where it is a date, a time or an id: nothing that anybody wrote. */
  readonly was?: string;
  readonly is?: string;
}

/** The first difference of two beginnings; undefined: there is none. */
export function differenceOf(before: readonly Segment[], now: readonly Segment[]): Difference | undefined {
  const first = now.findIndex(({ text, place }, index) => before[index]?.text !== text || before[index]?.place !== place);
  const index = first < 0 ? (before.length > now.length ? now.length : -1) : first;
  if (index < 0) return undefined;
  const was = before[index];
  const is = now[index];
  // What is in only one of them moves all that follows: a tool that is gone has the instructions stand in its place.
  const tool = [was, is].find((one) => one?.place.startsWith('tools'));
  if (tool) {
    const [old, fresh] = [before, now].map((all) => all.filter((segment) => segment.place.startsWith('tools')).map(({ text }) => text));
    const at = was?.place === is?.place ? sameFrom(was!.text, is!.text) : 0;
    if (old!.length !== fresh!.length) return { place: tool.place, at, change: 'toolSet' };
    if (old!.toSorted().join('\n') === fresh!.toSorted().join('\n')) return { place: tool.place, at, change: 'toolOrder' };
  }
  if (!was || !is || was.place !== is.place) return { place: (is ?? was)!.place, at: 0, change: 'text' };
  return changeIn(was.text, is.text, is.place);
}

function sameFrom(a: string, b: string): number {
  let at = 0;
  while (at < a.length && at < b.length && a[at] === b[at]) at += 1;
  return at;
}

function changeIn(was: string, is: string, place: string): Difference {
  const at = sameFrom(was, is);
  if (was.replace(/\s+/g, '') === is.replace(/\s+/g, '')) return { place, at, change: 'whitespace' };
  if (sameButForOrder(was, is)) return { place, at, change: 'keyOrder' };
  let [wasEnd, isEnd] = [was.length, is.length];
  while (wasEnd > at && isEnd > at && was[wasEnd - 1] === is[isEnd - 1]) {
    wasEnd -= 1;
    isEnd -= 1;
  }
  const [one, other] = [wordsAround(was, at, wasEnd), wordsAround(is, at, isEnd)];
  const inDate = [was.slice(0, wasEnd + NEAR), is.slice(0, isEnd + NEAR)].every((text) =>
    SPELLED_DATE.test(text.slice(Math.max(0, at - NEAR))),
  );
  const plain = kindOf(one, other);
  const change = plain === 'counter' && inDate ? 'date' : plain;
  const shown = change === 'timestamp' || change === 'date' || change === 'uuid' || change === 'counter';
  return { place, at, change, ...(shown && { was: one, is: other }) };
}

function sameButForOrder(was: string, is: string): boolean {
  if (was.length !== is.length || !/^\s*[{[]/.test(was)) return false;
  try {
    return sorted(JSON.parse(was)) === sorted(JSON.parse(is));
  } catch {
    return false;
  }
}

const sorted = (value: unknown): string =>
  JSON.stringify(value, (_, one: unknown) =>
    one !== null && typeof one === 'object' && !Array.isArray(one)
      ? Object.fromEntries(Object.entries(one).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : one,
  );

/** What a word may hold: times, ids and numbers do not fall apart. */
const WORD = /[\p{L}\p{N}_:.+,/-]/u;

/** The whole words that a stretch touches; a date and a time beside each other are one. */
function wordsAround(text: string, from: number, to: number): string {
  let [start, end] = [from, to];
  const widen = () => {
    while (start > 0 && WORD.test(text[start - 1]!)) start -= 1;
    while (end < text.length && WORD.test(text[end]!)) end += 1;
  };
  widen();
  if (/^\d{1,2}:\d{2}/.test(text.slice(start, end)) && /\d{4}-\d{2}-\d{2} $/.test(text.slice(Math.max(0, start - 11), start))) {
    start -= 1;
    widen();
  } else if (/\d{4}-\d{2}-\d{2}$/.test(text.slice(start, end)) && /^ \d{1,2}:\d{2}/.test(text.slice(end, end + 6))) {
    end += 1;
    widen();
  }
  return text.slice(start, end).replace(/^[.,:;+/-]+|[.,:;/-]+$/g, '');
}

const TIME = /\d{1,2}:\d{2}(?::\d{2})?/;
const DATE = /\d{4}-\d{2}-\d{2}|\d{1,2}[./]\d{1,2}[./]\d{2,4}/;
const MONTH = /^(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*$|^(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*$/i;
/** `November 23`, `23. November`: looked for so many characters around. */
const SPELLED_DATE =
  /(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.? \d{1,2}\b|\b\d{1,2}\.? (?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)/i;
const NEAR = 14;
const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/i;
const ULID = /(?<![0-9A-Za-z])[0-9A-HJKMNP-TV-Z]{26}(?![0-9A-Za-z])/;
const EPOCH = /^(?:\D*)1[5-9]\d{8}(?:\d{3})?(?:\D*)$/;
const FLAG = /(?:^|[:=])(?:true|false|on|off|yes|no|enabled|disabled)$/i;

function kindOf(was: string, is: string): Change {
  const both = (pattern: RegExp) => pattern.test(was) && pattern.test(is);
  if (both(TIME) || both(EPOCH)) return 'timestamp';
  if (both(DATE) || both(MONTH)) return 'date';
  if (both(UUID) || both(ULID)) return 'uuid';
  if (both(FLAG)) return 'flag';
  if (both(/^\D*\d{1,9}\D*$/) && was.replace(/\d+/, '') === is.replace(/\d+/, '')) return 'counter';
  if (both(/^[\d.,]+$/)) return 'number';
  // Letters and digits in one word, as nobody writes them.
  if (both(/(?=\S*\d)(?=\S*[a-z])[0-9a-z_-]{8,}/i) || both(/^[A-Za-z0-9+/_=-]{16,}$/)) return 'random';
  return 'text';
}
