import { createReadStream } from 'node:fs';

const NEWLINE = 0x0a;

/** The lines of a file, as they end at `\n` and nowhere else: JSON may hold U+2028 as it is. `text` is undefined where a line is not UTF-8. */
export async function* fileLines(file: string): AsyncGenerator<{ readonly number: number; readonly text: string | undefined }> {
  let held: Buffer[] = [];
  let number = 0;
  const taken = (last: Buffer) => {
    const bytes = Buffer.concat([...held, last]);
    held = [];
    number += 1;
    return { number, text: utf8(bytes) };
  };
  for await (const piece of createReadStream(file) as AsyncIterable<Buffer>) {
    let from = 0;
    for (let at = piece.indexOf(NEWLINE); at >= 0; at = piece.indexOf(NEWLINE, from)) {
      yield taken(piece.subarray(from, at));
      from = at + 1;
    }
    held.push(piece.subarray(from));
  }
  const last = taken(Buffer.alloc(0));
  if (last.text !== '') yield last;
}

/** Without a byte order mark, where an editor wrote one. */
function utf8(bytes: Buffer): string | undefined {
  try {
    return STRICT.decode(bytes);
  } catch {
    return undefined;
  }
}

const STRICT = new TextDecoder('utf-8', { fatal: true });
