/** One field of a form as browsers and SDKs upload it. */
export interface FormField {
  readonly name: string;
  /** Set for a file. */
  readonly filename?: string;
  /** What is said to be in it. */
  readonly mimeType?: string;
  readonly bytes: Buffer;
}

/** The fields of a `multipart/form-data` body (RFC 7578); undefined when it is none, or has no end. */
export function formFields(contentType: string, body: Uint8Array): FormField[] | undefined {
  const [, quoted, bare] = /^multipart\/form-data\s*;.*\bboundary=(?:"([^"]+)"|([^;\s]+))/i.exec(contentType) ?? [];
  const boundary = quoted ?? bare;
  if (boundary === undefined) return undefined;
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.length);
  const mark = `--${boundary}`;
  const fields: FormField[] = [];
  let start = bytes.indexOf(mark);
  while (start >= 0) {
    const headAt = start + mark.length;
    if (bytes.toString('latin1', headAt, headAt + 2) === '--') return fields;
    const dataAt = bytes.indexOf('\r\n\r\n', headAt) + 4;
    const end = bytes.indexOf(`\r\n${mark}`, dataAt - 2);
    if (dataAt < 4 || end < 0) return undefined;
    const field = fieldOf(bytes.toString('utf8', headAt, dataAt), bytes.subarray(Math.min(dataAt, end), end));
    if (field) fields.push(field);
    start = end + 2;
  }
  return undefined;
}

function fieldOf(head: string, bytes: Buffer): FormField | undefined {
  const disposition = /^content-disposition:\s*form-data\s*;(.*)$/im.exec(head)?.[1] ?? '';
  const [, name] = /(?:^|;)\s*name="([^"]*)"/.exec(disposition) ?? [];
  const [, filename] = /;\s*filename="([^"]*)"/.exec(disposition) ?? [];
  const [, mimeType] = /^content-type:\s*(\S+)/im.exec(head) ?? [];
  return name === undefined ? undefined : { name, bytes, ...(filename !== undefined && { filename }), ...(mimeType && { mimeType }) };
}
