import { invalid } from '../../model/failure.ts';

/** A form that is read while it comes: its fields, and one file, whose bytes pass through. */
export interface Form {
  /** The bytes of the file; ends when the form does. Throws `invalid` where the form is none. */
  readonly file: AsyncIterable<Uint8Array>;
  /** Complete once `file` has ended. */
  readonly fields: Readonly<Record<string, string>>;
  /** Absent: no file came. */
  readonly filename: string | undefined;
}

const CRLF = Buffer.from('\r\n');
const HEAD_END = Buffer.from('\r\n\r\n');
/** A part's head, and a field, is no longer; in bytes. */
const SMALL_MAX = 64 * 1024;
const FIELDS_MAX = 50;

/** `multipart/form-data` by its boundary (RFC 7578), whose part `file` is the file. Throws `invalid` when the content type names none. */
export function formIn(contentType: string, pieces: Iterable<Uint8Array> | AsyncIterable<Uint8Array>): Form {
  const boundary = /^multipart\/form-data\s*;(?:.*;)?\s*boundary=(?:"([^"]{1,70})"|([^\s;"]{1,70}))/i.exec(contentType);
  if (!boundary) invalid('content-type must be multipart/form-data with a boundary', 'content-type');
  const delimiter = Buffer.from(`\r\n--${boundary[1] ?? boundary[2]}`);
  const fields: Record<string, string> = {};
  let filename: string | undefined;

  async function* read(): AsyncGenerator<Uint8Array> {
    const form = markedBytes(pieces);
    try {
      await form.until(delimiter);
      while (!(await form.begins('--'))) {
        const { name, file } = dispositionIn((await form.until(HEAD_END)).toString());
        if (file !== undefined && name === 'file') {
          if (filename !== undefined) invalid('the form must have one file', 'file');
          filename = file;
          yield* form.through(delimiter);
        } else {
          const value = (await form.until(delimiter)).toString();
          if (Object.keys(fields).length >= FIELDS_MAX) invalid(`the form must have at most ${FIELDS_MAX} fields`);
          fields[name] = value;
        }
      }
    } finally {
      await form.over();
    }
  }

  return {
    file: read(),
    fields,
    get filename() {
      return filename;
    },
  };
}

/** The bytes of a form, read up to one mark after another. Throws `invalid` where they end before. */
function markedBytes(pieces: Iterable<Uint8Array> | AsyncIterable<Uint8Array>) {
  const iterator = Symbol.asyncIterator in pieces ? pieces[Symbol.asyncIterator]() : pieces[Symbol.iterator]();
  // As if a line had ended before the first delimiter.
  let held: Buffer = CRLF;

  async function more(): Promise<void> {
    const { done, value } = await iterator.next();
    if (done) invalid('the form breaks off before its end');
    const next = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
    held = held.length === 0 ? next : Buffer.concat([held, next]);
  }

  /** What is held before `at`; it is held no longer, and `beyond` bytes after it neither. */
  function taken(at: number, beyond = 0): Buffer {
    const bytes = held.subarray(0, at);
    held = held.subarray(at + beyond);
    return bytes;
  }

  return {
    /** All before the mark, at most `SMALL_MAX` bytes. */
    async until(mark: Buffer): Promise<Buffer> {
      for (let from = 0; ; ) {
        const at = held.indexOf(mark, from);
        if (at >= 0) return taken(at, mark.length);
        if (held.length > SMALL_MAX) invalid(`the form has a part whose head or field is longer than ${SMALL_MAX} bytes`);
        from = Math.max(0, held.length - mark.length + 1);
        await more();
      }
    },
    /** The same, however much, as it comes. */
    async *through(mark: Buffer): AsyncGenerator<Uint8Array> {
      for (;;) {
        const at = held.indexOf(mark);
        // What may be the beginning of the mark stays.
        const sure = at >= 0 ? at : held.length - mark.length + 1;
        if (sure > 0) yield taken(sure);
        if (at >= 0) return void taken(0, mark.length);
        await more();
      }
    },
    /** Whether these letters come next. */
    async begins(letters: string): Promise<boolean> {
      while (held.length < letters.length) await more();
      return held.toString('latin1', 0, letters.length) === letters;
    },
    /** Nobody reads on: what else comes of the request is not to wait for us. */
    over: async () => void (await iterator.return?.()),
  };
}

function dispositionIn(head: string): { readonly name: string; readonly file: string | undefined } {
  const line = /^content-disposition:\s*form-data\s*;(.*)$/im.exec(head)?.[1] ?? '';
  const parameter = (name: string) => new RegExp(`(?:^|;)\\s*${name}="((?:[^"\\\\]|\\\\.)*)"`, 'i').exec(line)?.[1];
  const name = parameter('name');
  if (name === undefined) invalid('a part of the form has no name');
  // As browsers and SDKs write quotes and line ends in names.
  const plain = (text: string) =>
    text
      .replaceAll('%22', '"')
      .replaceAll(/%0[AD]/gi, ' ')
      .replaceAll(/\\(.)/g, '$1');
  const file = parameter('filename');
  return { name: plain(name), file: file === undefined ? undefined : plain(file) };
}
