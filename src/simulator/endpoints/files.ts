import type { JsonObject } from '../../model/json.ts';
import { jsonSaid, type Said } from '../answer.ts';
import { fileOf, filesOf, type StoredFile } from '../batches/files.ts';
import { type FormField, formFields } from '../batches/form.ts';
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
export const FILE_AGE_S = { least: 3600, most: 30 * DAY_S } as const;

/** `POST /v1/files` of OpenAI's. */
export const uploadFile: Endpoint = ({ request, state, key, ids, nowMs }) => {
  const fields = formFields(request.headers['content-type'] ?? '', request.body);
  if (!fields) return badRequest('We could not parse the multipart/form-data of your request.');
  const text = (name: string) => fields.find((field) => field.name === name)?.bytes.toString();
  const file = fields.find(({ name }) => name === 'file');
  const purpose = text('purpose');
  const refusal = uploadRefusal(file, purpose) ?? ageRefusal(text('expires_after[anchor]'), text('expires_after[seconds]'));
  if (refusal) return refusal;
  const id = ids.file();
  const ageS = text('expires_after[seconds]') ?? (purpose === 'batch' ? FILE_AGE_S.most : undefined);
  const stored: StoredFile = {
    id,
    key,
    // A copy: the request's other bytes are not to stay with it.
    bytes: Buffer.from(file!.bytes),
    filename: file!.filename!,
    purpose: purpose!,
    createdMs: nowMs,
    ...(ageS !== undefined && { expiresMs: nowMs + Number(ageS) * 1000 }),
  };
  keep(state.files, id, stored);
  return jsonSaid(200, fileWire(stored));
};

function uploadRefusal(file: FormField | undefined, purpose: string | undefined): Refusal | undefined {
  if (file?.filename === undefined) return missing('file');
  if (purpose === undefined) return missing('purpose');
  if (!PURPOSES.includes(purpose)) return notOneOf(purpose, PURPOSES, 'purpose');
  if (purpose === 'batch' && !file.filename.endsWith('.jsonl')) return badRequest('Invalid file format for Batch API. Must be .jsonl');
  return file.bytes.length > (purpose === 'batch' ? 200 * MB : 512 * MB) ? badRequest('File is too large.') : undefined;
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
export const files: Endpoint = ({ request, state, key, nowMs }) => {
  const query = queryOf(request);
  const purpose = query.get('purpose');
  const wanted = filesOf(state, key, nowMs).filter((file) => purpose === null || file.purpose === purpose);
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

function withFile({ state, key, nowMs }: Context, id: string, answer: (file: StoredFile) => Said | Refusal): Said | Refusal {
  const file = fileOf(state, id, key, nowMs);
  return file ? answer(file) : noFile(id);
}

const noFile = (id: string): Refusal => ({
  status: 404,
  type: 'invalid_request_error',
  message: `No such File object: ${id}`,
  param: 'id',
});

const fileWire = ({ id, bytes, createdMs, filename, purpose, expiresMs }: StoredFile): JsonObject & { readonly id: string } => ({
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
