import type { JsonObject } from '../../model/json.ts';
import { jsonSaid, type Said } from '../answer.ts';
import { formFields } from '../files/form.ts';
import { fileOf, filesOf, type StoredFile } from '../files/stored.ts';
import { badRequest, missing, notOneOf, outOfRange } from '../rules/openai-refusal.ts';
import { isRefusal, type Refusal } from '../rules/rule.ts';
import { keep } from '../state.ts';
import type { Context, Endpoint } from './context.ts';
import { openaiPage, pathPart, queryOf } from './pages.ts';

const PURPOSES = ['assistants', 'batch', 'fine-tune', 'vision', 'user_data', 'evals'];
/** Those of what is uploaded that may be read back. */
const READABLE = ['batch', 'batch_output', 'fine-tune', 'evals'];

const MB = 1_000_000;
const DAY_S = 86_400;
/** How long a file may be kept, in seconds; a batch's input is kept longest. */
const FILE_AGE_S = { least: 3600, most: 30 * DAY_S } as const;

/** `POST /v1/files`. */
export const uploadFile: Endpoint = (context) => {
  const fields = formFields(context.request.headers['content-type'] ?? '', context.request.body);
  if (!fields) return NO_FORM;
  const text = (name: string) => fields.find((field) => field.name === name)?.bytes.toString();
  const { filename, bytes } = fields.find(({ name }) => name === 'file') ?? {};
  const purpose = text('purpose');
  if (filename === undefined || !bytes) return missing('file');
  if (purpose === undefined) return missing('purpose');
  const [anchor, seconds] = [text('expires_after[anchor]'), text('expires_after[seconds]')];
  const refusal = fileRefusal(purpose, filename, bytes.length) ?? ageRefusal(anchor, seconds);
  return refusal ?? jsonSaid(200, fileWire(storeFile(context, { purpose, filename, bytes, ageS: Number(seconds) })));
};

/** What OpenAI says to an upload that is no form. */
export const NO_FORM = badRequest('We could not parse the multipart/form-data of your request.');

/** What OpenAI has against a file of a name and so many bytes for a purpose. */
export function fileRefusal(purpose: string, filename: string, bytes: number): Refusal | undefined {
  if (!PURPOSES.includes(purpose)) return notOneOf(purpose, PURPOSES, 'purpose');
  if (purpose === 'batch' && !filename.endsWith('.jsonl')) return badRequest('Invalid file format for Batch API. Must be .jsonl');
  return bytes > (purpose === 'batch' ? 200 * MB : 512 * MB) ? badRequest('File is too large.') : undefined;
}

interface NewFile {
  readonly purpose: string;
  readonly filename: string;
  readonly bytes: Uint8Array;
  /** How long it is kept, in seconds; NaN: as long as the vendor keeps files of its purpose. */
  readonly ageS: number;
}

/** Keeps a file of OpenAI's for the key it came with. */
export function storeFile({ state, key, ids, nowMs }: Context, { purpose, filename, bytes, ageS }: NewFile): StoredFile {
  const keptS = Number.isNaN(ageS) && purpose === 'batch' ? FILE_AGE_S.most : ageS;
  const file: StoredFile = {
    id: ids.file(),
    vendor: 'openai',
    key,
    // A copy: the rest of what came with it is not to stay in memory too.
    bytes: Buffer.from(bytes),
    filename,
    purpose,
    mimeType: '',
    createdMs: nowMs,
    ...(!Number.isNaN(keptS) && { expiresMs: nowMs + keptS * 1000 }),
  };
  keep(state.files, file.id, file);
  return file;
}

/** What OpenAI has against an age of files; `at` leads to its fields. */
export function ageRefusal(anchor: unknown, seconds: unknown, at = 'expires_after'): Refusal | undefined {
  if (anchor === undefined && seconds === undefined) return undefined;
  if (anchor !== 'created_at') return notOneOf(anchor, ['created_at'], `${at}.anchor`);
  const age = Number(seconds);
  return age >= FILE_AGE_S.least && age <= FILE_AGE_S.most
    ? undefined
    : outOfRange(`${at}.seconds`, age, FILE_AGE_S.least, FILE_AGE_S.most);
}

/** `GET /v1/files`. */
export const files: Endpoint = (context) => {
  const query = queryOf(context.request);
  const purpose = query.get('purpose');
  const wanted = filesOf(context).filter((file) => purpose === null || file.purpose === purpose);
  const page = openaiPage((query.get('order') === 'asc' ? wanted.reverse() : wanted).map(fileWire), query, { usual: 10_000, most: 10_000 });
  return isRefusal(page) ? page : jsonSaid(200, page);
};

/** `GET /v1/files/{id}`. */
export const oneFile: Endpoint = (context) => withFile(context, pathPart(context.request), (file) => jsonSaid(200, fileWire(file)));

/** `DELETE /v1/files/{id}`. A batch that was made from it goes on. */
export const deleteFile: Endpoint = (context) =>
  withFile(context, pathPart(context.request), ({ id }) => {
    context.state.files.delete(id);
    return jsonSaid(200, { id, object: 'file', deleted: true });
  });

/** `GET /v1/files/{id}/content`. */
export const fileContent: Endpoint = (context) =>
  withFile(context, pathPart(context.request, 1), ({ purpose, filename, bytes }) =>
    READABLE.includes(purpose)
      ? {
          status: 200,
          headers: { 'content-type': 'application/octet-stream', 'content-disposition': `attachment; filename="${filename}"` },
          pieces: [bytes],
          streamed: false,
        }
      : badRequest(`Not allowed to download files of purpose: ${purpose}`),
  );

function withFile(context: Context, id: string, answer: (file: StoredFile) => Said | Refusal): Said | Refusal {
  const file = fileOf(context, id);
  return file ? answer(file) : noFile(id);
}

const noFile = (id: string): Refusal => ({
  status: 404,
  type: 'invalid_request_error',
  message: `No such File object: ${id}`,
  param: 'id',
});

/** A file as OpenAI shows it. */
export const fileWire = ({ id, bytes, createdMs, filename, purpose, expiresMs }: StoredFile): JsonObject & { readonly id: string } => ({
  object: 'file',
  id,
  purpose,
  filename,
  bytes: bytes.length,
  created_at: Math.floor(createdMs / 1000),
  expires_at: expiresMs === undefined ? null : Math.floor(expiresMs / 1000),
  status: 'processed',
  status_details: null,
});
