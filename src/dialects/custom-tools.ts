/**
 * Custom tools take free text. Where a format has none, the tool is sent as a function with one string
 * field `input`; these two put the text into that object and take it out again, also while it streams.
 */
export interface Unwrapper {
  /** The free text that these arguments add; may be empty while an escape or the key is still incomplete. */
  push(text: string): string;
  /** What was held back. Arguments that are not of the form come out as they are: nothing the model wrote is lost. */
  end(): string;
}

/** `wrapInput('ls')` is `{"input":"ls"}`. */
export const wrapInput = (text: string): string => JSON.stringify({ input: text });

/** Takes the text out of `{"input":"…"}` as it arrives, wherever the pieces are cut. */
export function unwrapInput(): Unwrapper {
  let state: 'key' | 'string' | 'whole' | 'over' = 'key';
  let held = '';
  let started = false;

  /** Decodes the string's characters in `held`, leaving what is not yet complete. */
  function decoded(): string {
    let text = '';
    let at = 0;
    while (at < held.length) {
      const run = PLAIN.exec(held.slice(at))![0];
      text += run;
      at += run.length;
      if (at >= held.length) break;
      if (held[at] === '"') {
        state = 'over';
        held = '';
        return text;
      }
      const escaped = ESCAPE.exec(held.slice(at));
      if (escaped) {
        text += characterOf(escaped[0]);
        at += escaped[0].length;
      } else if (UNFINISHED.test(held.slice(at))) {
        break;
      } else {
        // An escape JSON does not know, such as `\d` of a regular expression: meant literally.
        text += held[at];
        at += 1;
      }
    }
    held = held.slice(at);
    return text;
  }

  /** Keeps the first half of a surrogate pair back until the second is there: clients decode each piece alone. */
  let half = '';
  function paired(text: string): string {
    const joined = half + text;
    half = /[\ud800-\udbff]$/.test(joined) ? joined.slice(-1) : '';
    return half ? joined.slice(0, -1) : joined;
  }

  return {
    push(text) {
      if (state === 'over') return '';
      held += text;
      if (state === 'key') {
        const opening = OPENING.exec(held);
        if (opening) {
          state = 'string';
          started = true;
          held = held.slice(opening[0].length);
        } else if (!OPENING_BEGUN.test(held)) state = 'whole';
      }
      return state === 'string' ? paired(decoded()) : '';
    },
    end() {
      const rest = half;
      half = '';
      if (started) return rest;
      return inputOf(held) ?? held;
    },
  };
}

const OPENING = /^\s*\{\s*"input"\s*:\s*"/;
const OPENING_BEGUN = /^\s*(\{\s*("(i(n(p(u(t("(\s*(:\s*)?)?)?)?)?)?)?)?)?)?$/;
const PLAIN = /^[^"\\]*/;
const ESCAPE = /^\\(["\\/bfnrt]|u[0-9a-fA-F]{4})/;
const UNFINISHED = /^\\(u[0-9a-fA-F]{0,3})?$/;

const characterOf = (escaped: string): string => JSON.parse(`"${escaped}"`) as string;

/** The text of an object whose `input` was not its first field. */
function inputOf(json: string): string | undefined {
  try {
    const { input } = JSON.parse(json) as { input?: unknown };
    return typeof input === 'string' ? input : undefined;
  } catch {
    return undefined;
  }
}
