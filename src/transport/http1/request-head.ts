/**
 * A request's head with its last empty line; undefined when something in it would not stay in its place
 * (a line end in a header, a space in the path). `fields` is names and values in turn.
 */
export function requestHead(
  method: string,
  path: string,
  host: string,
  fields: readonly string[],
  bodyBytes: number | undefined,
): string | undefined {
  if (!/^\/[\x21-\x7e]*$/.test(path)) return undefined;
  let head = `${method} ${path} HTTP/1.1\r\nhost: ${host}\r\nconnection: keep-alive\r\n`;
  for (let at = 0; at < fields.length; at += 2) {
    const line = `${fields[at]}: ${fields[at + 1]}`;
    if (UNFIT.test(line)) return undefined;
    head += `${line}\r\n`;
  }
  if (bodyBytes !== undefined || method === 'POST') head += `content-length: ${bodyBytes ?? 0}\r\n`;
  return `${head}\r\n`;
}

/** What is neither a tab nor a printable letter of Latin-1. */
const UNFIT = /[^\t\x20-\x7e\x80-\xff]/;
