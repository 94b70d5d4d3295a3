/**
 * Lets JSON through as it is written, up to the first character that no JSON object could have there.
 * Anthropic's SDK completes arguments that break off but throws at arguments that are wrong
 * (`{"a": nope}`), and what has been sent cannot be taken back: so the wrong part is never sent.
 */
export interface JsonGuard {
  /** As much of the text as may be sent. */
  push(text: string): string;
  /** Everything not sent, from the first wrong character on; empty when all was well. */
  readonly withheld: string;
  /** Whether anything but white space was let through. */
  readonly begun: boolean;
}

type State =
  | 'root'
  | 'value'
  | 'firstItem'
  | 'firstKey'
  | 'key'
  | 'colon'
  | 'next'
  | 'string'
  | 'escape'
  | 'hex'
  | 'word'
  | 'minus'
  | 'zero'
  | 'digits'
  | 'point'
  | 'fraction'
  | 'exponent'
  | 'exponentSign'
  | 'exponentDigits'
  | 'over'
  | 'wrong';

export function jsonGuard(): JsonGuard {
  /** Brackets open, innermost last. */
  const open: ('{' | '[')[] = [];
  let state: State = 'root';
  let isKey = false;
  let hexLeft = 0;
  let word = '';
  let withheld = '';
  let begun = false;

  const afterValue = (): State => (open.length === 0 ? 'over' : 'next');

  function close(bracket: '{' | '['): State {
    if (open.at(-1) !== bracket) return 'wrong';
    open.pop();
    return afterValue();
  }

  function value(char: string): State {
    if (char === '{' || char === '[') {
      open.push(char);
      return char === '{' ? 'firstKey' : 'firstItem';
    }
    if (char === '"') {
      isKey = false;
      return 'string';
    }
    if (char === '-') return 'minus';
    if (char === '0') return 'zero';
    if (char >= '1' && char <= '9') return 'digits';
    const literal = LITERALS.find((candidate) => candidate.startsWith(char));
    if (!literal) return 'wrong';
    word = literal.slice(1);
    return 'word';
  }

  function next(char: string): State {
    if (char === ',') return open.at(-1) === '{' ? 'key' : 'value';
    if (char === '}') return close('{');
    return char === ']' ? close('[') : 'wrong';
  }

  /** A number ends where something else begins. */
  const number = (char: string, more: Readonly<Record<string, State>>): State => {
    const kind = char >= '0' && char <= '9' ? 'digit' : char === 'E' ? 'e' : char;
    return more[kind] ?? (isSpace(char) ? afterValue() : next(char));
  };

  function step(char: string): State {
    switch (state) {
      case 'string':
        if (char === '"') return isKey ? 'colon' : afterValue();
        if (char === '\\') return 'escape';
        return char < ' ' ? 'wrong' : 'string';
      case 'escape':
        hexLeft = 4;
        return char === 'u' ? 'hex' : '"\\/bfnrt'.includes(char) ? 'string' : 'wrong';
      case 'hex':
        if (!/[0-9a-fA-F]/.test(char)) return 'wrong';
        hexLeft -= 1;
        return hexLeft === 0 ? 'string' : 'hex';
      case 'word':
        if (!word.startsWith(char)) return 'wrong';
        word = word.slice(1);
        return word === '' ? afterValue() : 'word';
      case 'minus':
        return char === '0' ? 'zero' : char >= '1' && char <= '9' ? 'digits' : 'wrong';
      case 'zero':
        return number(char, { '.': 'point', e: 'exponent', digit: 'wrong' });
      case 'digits':
        return number(char, { '.': 'point', e: 'exponent', digit: 'digits' });
      case 'point':
        return isDigit(char) ? 'fraction' : 'wrong';
      case 'fraction':
        return number(char, { e: 'exponent', digit: 'fraction' });
      case 'exponent':
        return char === '+' || char === '-' ? 'exponentSign' : isDigit(char) ? 'exponentDigits' : 'wrong';
      case 'exponentSign':
        return isDigit(char) ? 'exponentDigits' : 'wrong';
      case 'exponentDigits':
        return number(char, { digit: 'exponentDigits' });
      default:
        return isSpace(char) ? state : between(char);
    }
  }

  /** Where white space may stand. */
  function between(char: string): State {
    switch (state) {
      case 'root':
        return char === '{' ? value(char) : 'wrong';
      case 'value':
        return value(char);
      case 'firstItem':
        return char === ']' ? close('[') : value(char);
      case 'firstKey':
      case 'key':
        isKey = true;
        return char === '"' ? 'string' : char === '}' && state === 'firstKey' ? close('{') : 'wrong';
      case 'colon':
        return char === ':' ? 'value' : 'wrong';
      case 'next':
        return next(char);
      default:
        return 'wrong';
    }
  }

  return {
    push(text) {
      let at = 0;
      while (at < text.length && state !== 'wrong') {
        state = step(text[at]!);
        if (state !== 'wrong') at += 1;
      }
      const good = text.slice(0, at);
      withheld += text.slice(at);
      begun ||= good.trim() !== '';
      return good;
    },
    get withheld() {
      return withheld;
    },
    get begun() {
      return begun;
    },
  };
}

const LITERALS = ['true', 'false', 'null'];
const isSpace = (char: string) => char === ' ' || char === '\n' || char === '\t' || char === '\r';
const isDigit = (char: string) => char >= '0' && char <= '9';
