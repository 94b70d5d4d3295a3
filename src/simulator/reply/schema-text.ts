import type { JsonObject } from '../../model/json.ts';

/** A text that fits a string schema: one of the `words` (used up) where one fits, else a made-up one. */
export function textFor(schema: JsonObject, name: string, words: string[]): string {
  const format = schema['format'];
  if (typeof format === 'string' && Object.hasOwn(FORMATS, format)) return FORMATS[format]!;
  const least = typeof schema['minLength'] === 'number' ? schema['minLength'] : 0;
  const most = typeof schema['maxLength'] === 'number' ? schema['maxLength'] : Number.POSITIVE_INFINITY;
  const pattern = patternOf(schema['pattern']);
  const fits = (text: string) => {
    const length = [...text].length;
    return length >= least && length <= most && (!pattern || pattern.test(text));
  };
  const at = words.findIndex(fits);
  if (at >= 0) return words.splice(at, 1)[0]!;
  const plain = `simulated ${name}`.padEnd(least, '.');
  const candidates = [plain, plain.slice(0, most), ...(pattern ? [spell(pattern.source), ...CANDIDATES] : [])];
  return candidates.find(fits) ?? plain.slice(0, most);
}

const FORMATS: Readonly<Record<string, string>> = {
  'date-time': '2026-11-23T12:00:00Z',
  date: '2026-11-23',
  time: '12:00:00Z',
  duration: 'P1D',
  email: 'someone@example.com',
  hostname: 'example.com',
  uri: 'https://example.com/',
  url: 'https://example.com/',
  ipv4: '192.0.2.1',
  ipv6: '2001:db8::1',
  uuid: '00000000-0000-4000-8000-000000000000',
};

const CANDIDATES = ['a', 'A', '1', 'abc', 'ABC', '123', '2026-11-23', '+15550100', 'a-b', 'a_b', 'A1'];

function patternOf(source: unknown): RegExp | undefined {
  if (typeof source !== 'string') return undefined;
  try {
    return new RegExp(source, 'u');
  } catch {
    return undefined;
  }
}

/**
 * The shortest text a simple pattern matches: literals, classes, groups, alternatives (the first)
 * and counts. What it does not understand it spells wrong, and the caller finds out.
 */
export function spell(pattern: string): string {
  let at = 0;
  return alternatives();

  function alternatives(): string {
    const first = sequence();
    while (pattern[at] === '|') {
      at += 1;
      sequence();
    }
    return first;
  }

  function sequence(): string {
    let text = '';
    while (at < pattern.length && pattern[at] !== '|' && pattern[at] !== ')') {
      const atom = one();
      text += atom.repeat(count());
    }
    return text;
  }

  function one(): string {
    const character = pattern[at++]!;
    switch (character) {
      case '^':
      case '$':
        return '';
      case '.':
        return 'a';
      case '[':
        return oneOfClass();
      case '(': {
        at += /^\?(:|<\w+>)/.exec(pattern.slice(at))?.[0].length ?? 0;
        const inner = alternatives();
        at += 1;
        return inner;
      }
      case '\\':
        return escaped(pattern[at++] ?? '');
      default:
        return character;
    }
  }

  function oneOfClass(): string {
    const end = pattern.indexOf(']', at + 1);
    const inside = pattern.slice(at, end);
    at = end + 1;
    if (inside.startsWith('^')) return ['a', '0', '_', ' '].find((candidate) => !inside.includes(candidate)) ?? '~';
    return inside.startsWith('\\') ? escaped(inside[1] ?? '') : inside[0]!;
  }

  function count(): number {
    const rest = pattern.slice(at);
    const [whole, least] = /^\{(\d+)(?:,\d*)?\}/.exec(rest) ?? [];
    if (whole !== undefined) {
      at += whole.length;
      return Number(least);
    }
    const sign = /^[*+?]\??/.exec(rest)?.[0];
    at += sign?.length ?? 0;
    return sign === undefined || sign.startsWith('+') ? 1 : 0;
  }
}

function escaped(character: string): string {
  const classes: Readonly<Record<string, string>> = { d: '0', w: 'a', s: ' ', D: 'a', W: ' ', S: 'a', b: '', B: '' };
  return classes[character] ?? character;
}
