import assert from 'node:assert/strict';
import test from 'node:test';
import type { Segment } from '../../model/caching.ts';
import { createChurnWatch } from './churn.ts';
import { type Change, differenceOf } from './difference.ts';

/** The same for the same seed. */
function chance(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}
const hex = (random: () => number, count: number) => Array.from({ length: count }, () => Math.floor(random() * 16).toString(16)).join('');
const uuid = (random: () => number) => `${hex(random, 8)}-${hex(random, 4)}-4${hex(random, 3)}-a${hex(random, 3)}-${hex(random, 12)}`;
const at = (n: number) => new Date(Date.UTC(2026, 10, 23, 8, 31, 7) + n * 1777);
const day = (n: number) => new Date(Date.UTC(2026, 10, 1) + n * 86_400_000);
const LONG = 'You answer questions about the warehouse, politely and in short sentences. '.repeat(20);
const NAMES = ['Ann', 'Bob', 'Chloë', 'Dmitri', 'Emeka', 'Fatima', 'Göran', 'Hana', 'Iker', 'Jun'];
const TOOL = (name: string, more: object = {}) => ({
  name,
  description: `finds ${name}`,
  parameters: { type: 'object', properties: { of: { type: 'string' } } },
  ...more,
});

type Part = (n: number, random: () => number) => string;
/** A pattern: what changes, in a prompt around it; and what kind of change that is. */
const PATTERNS: readonly [string, Change, (around: (part: Part) => Part) => Part][] = [
  ['an ISO timestamp', 'timestamp', (around) => around((n) => at(n).toISOString())],
  ['a timestamp with a space', 'timestamp', (around) => around((n) => at(n).toISOString().replace('T', ' ').slice(0, 19))],
  ['a time of day', 'timestamp', (around) => around((n) => at(n).toISOString().slice(11, 19))],
  ['seconds since 1970', 'timestamp', (around) => around((n) => String(1_763_886_667 + n))],
  ['milliseconds since 1970', 'timestamp', (around) => around((n) => String(1_763_886_667_000 + n * 1777))],
  ['a date', 'date', (around) => around((n) => day(n).toISOString().slice(0, 10))],
  ['a written date', 'date', (around) => around((n) => `Today is November ${(n % 28) + 1}, 2026`)],
  ['a date in dots', 'date', (around) => around((n) => `${(n % 28) + 1}.11.2026`)],
  ['a date in words', 'date', (around) => around((n) => `Heute ist der ${(n % 28) + 1}. November`)],
  ['a UUID', 'uuid', (around) => around((_, random) => uuid(random))],
  ['a request id', 'random', (around) => around((_, random) => `req_${hex(random, 24)}x9`)],
  ['a nonce', 'random', (around) => around((_, random) => `n0nce${hex(random, 16)}`)],
  ['a counter', 'counter', (around) => around((n) => `question number ${n + 1} today`)],
  ['a number with commas', 'number', (around) => around((n) => `${n + 1},${String((n * 7919) % 1000).padStart(3, '0')}.50`)],
  ['flags', 'flag', (around) => around((_, random) => Array.from({ length: 12 }, (_, flag) => `f${flag}=${random() < 0.5}`).join(' '))],
  ['spaces at the end of a line', 'whitespace', (around) => around((n) => `line${' '.repeat((n % 40) + 1)}\nnext`)],
  ['the name of a user', 'text', (around) => around((n) => `The user is ${NAMES[n % 10]}${'!'.repeat(Math.floor(n / 10))}`)],
];
const AROUND: readonly [string, (part: Part) => Part][] = [
  ['in the middle', (part) => (n, random) => `${LONG}It is ${part(n, random)} now.\n${LONG}`],
  ['at the beginning', (part) => (n, random) => `${part(n, random)} ${LONG}`],
];

const segmentsOf = (system: string, tools: readonly object[]): Segment[] => [
  ...tools.map((tool, index) => ({ place: `tools[${index}]`, text: JSON.stringify(tool) })),
  { place: 'instructions[0]', text: system },
];
function watched(make: (n: number) => readonly Segment[], count = 60) {
  const watch = createChurnWatch();
  const all: (readonly Segment[])[] = [];
  for (let n = 0; n < count; n += 1) {
    const segments = make(n);
    all.push(segments);
    watch.note('search', segments, segments.map(({ text }) => text).join('\n'), 2000);
  }
  return { churn: watch.found().get('search'), all };
}
/** Characters that the last two have in common, counted the plain way. */
function common(a: string, b: string): number {
  let same = 0;
  while (same < a.length && a[same] === b[same]) same += 1;
  return same;
}

const tools = ['a', 'b', 'c', 'd', 'e'].map((name) => TOOL(name));
const inTools: readonly [string, Change, (n: number, random: () => number) => readonly object[]][] = [
  ['tools in another order', 'toolOrder', (_, random) => tools.toSorted(() => random() - 0.5)],
  ['a tool that comes and goes', 'toolSet', (n) => tools.slice(0, 1 + ((n * 7) % 5)).map((tool, i) => (i === 0 ? TOOL(`t${n}`) : tool))],
  ['keys in another order', 'keyOrder', (n) => [n % 2 === 0 ? { a: n, b: 1 } : { b: 1, a: n - 1 }]],
  ['a version in a tool', 'counter', (n) => [TOOL('a', { description: `finds a, build ${n} of today` })]],
  ['an id in a tool', 'uuid', (_, random) => [TOOL('a', { description: `finds a in ${uuid(random)}` })]],
  ['a timestamp in a tool', 'timestamp', (n) => [TOOL('a', { description: `finds a since ${at(n).toISOString()}` })]],
];

let located = 0;
let classified = 0;
let patterns = 0;
function judge(name: string, change: Change, place: RegExp, { churn, all }: ReturnType<typeof watched>): void {
  patterns += 1;
  // What is told is the latest difference of its kind: the latest two neighbours that part at that place must part at that character.
  const part = all
    .map((now, n) => [all[n - 1], now] as const)
    .flatMap(([before, now]) => (before ? [plainly(before, now)] : []))
    .findLast((one) => one?.place === churn?.place);
  const right = churn !== undefined && part !== undefined && place.test(churn.place) && churn.at === part.at;
  if (right) located += 1;
  if (churn?.change === change) classified += 1;
  if (!right || churn?.change !== change) console.log(`${name}: ${churn ? `${churn.place} ${churn.at} ${churn.change}` : 'not found'}`);
}

/** Where two beginnings part, found segment by segment: what is in only one of them parts at its first character. */
function plainly(before: readonly Segment[], now: readonly Segment[]): { readonly place: string; readonly at: number } | undefined {
  for (let index = 0; index < Math.max(before.length, now.length); index += 1) {
    const [was, is] = [before[index], now[index]];
    if (was?.place === is?.place && was?.text === is?.text) continue;
    if (was && is && was.place === is.place) return { place: is.place, at: common(was.text, is.text) };
    return { place: [was, is].find((one) => one?.place.startsWith('tools'))?.place ?? (is ?? was)!.place, at: 0 };
  }
  return undefined;
}

test('churn is found where it is, and called what it is (CACHE-2)', () => {
  for (const [name, change, pattern] of PATTERNS) {
    for (const [where, around] of AROUND) {
      const random = chance(patterns + 7);
      const part = pattern(around);
      judge(
        `${name} ${where}`,
        change,
        /^instructions\[0\]$/,
        watched((n) => segmentsOf(part(n, random), [])),
      );
    }
  }
  for (const [name, change, make] of inTools) {
    const random = chance(patterns + 7);
    judge(
      name,
      change,
      /^tools/,
      watched((n) => segmentsOf(LONG, make(n, random))),
    );
  }
  assert.equal(patterns, 40);
  assert.ok(located >= 38, `located ${located} of 40`);
  assert.ok(classified >= 36, `classified ${classified} of 40`);
});

test('forty workloads whose beginnings stand still, or take turns, raise no alarm', () => {
  for (let workload = 0; workload < 40; workload += 1) {
    const random = chance(workload);
    const prompts = Array.from({ length: 1 + (workload % 20) }, (_, index) => `${LONG} in language ${index}: ${uuid(random)}`);
    const { churn } = watched((n) => segmentsOf(prompts[n % prompts.length]!, workload % 2 === 0 ? tools : []), 200);
    assert.equal(churn, undefined, `${prompts.length} prompts in turn`);
  }
});

test('a tool that is gone, or is new, is told as such, not as other instructions', () => {
  const [one, two] = [segmentsOf(LONG, [TOOL('a'), TOOL('b')]), segmentsOf(LONG, [TOOL('a')])] as const;
  assert.deepEqual(differenceOf(one, two), { place: 'tools[1]', at: 0, change: 'toolSet' });
  assert.deepEqual(differenceOf(two, one), { place: 'tools[1]', at: 0, change: 'toolSet' });
});

test('what is shown of a difference is a time or an id, never words', () => {
  const { churn: time } = watched((n) => segmentsOf(`It is ${at(n).toISOString()}. ${LONG}`, []));
  assert.deepEqual([time!.was, time!.is], [at(58).toISOString(), at(59).toISOString()]);
  const { churn: name } = watched((n) => segmentsOf(`The user is ${NAMES[n % 10]} ${n}th. ${LONG}`, []));
  assert.equal(name!.was, undefined);
});

test('a prompt that was mended is forgotten', () => {
  const watch = createChurnWatch();
  const ask = (text: string) => watch.note('search', [{ place: 'instructions[0]', text }], text, 10);
  for (let n = 0; n < 100; n += 1) ask(`${n} ${LONG}`);
  assert.ok(watch.found().has('search'));
  for (let n = 0; n < 1000; n += 1) ask(LONG);
  assert.equal(watch.found().size, 0);
});
