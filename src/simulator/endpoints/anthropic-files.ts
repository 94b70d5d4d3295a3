import type { JsonObject } from '../../model/json.ts';
import { jsonSaid, type Said } from '../answer.ts';
import { formFields } from '../files/form.ts';
import { fileOf, filesOf, type StoredFile } from '../files/stored.ts';
import { badRequest } from '../rules/anthropic-refusal.ts';
import type { Refusal } from '../rules/rule.ts';
import { keep } from '../state.ts';
import type { Context, Endpoint } from './context.ts';
import { pathPart, queryOf } from './pages.ts';

const AGE_S = { least: 3600, most: 90 * 86_400 };

/** `POST /v1/files` of Anthropic's. */
export const uploadAnthropicFile: Endpoint = ({ request, state, key, ids, nowMs }) => {
  const fields = formFields(request.headers['content-type'] ?? '', request.body);
  const { filename, bytes, mimeType = 'application/octet-stream' } = fields?.find(({ name }) => name === 'file') ?? {};
  if (filename === undefined || !bytes) return badRequest('file: Field required');
  const age = fields?.find(({ name }) => name === 'expires_in_seconds')?.bytes.toString();
  const ageS = age === undefined ? undefined : Number(age);
  if (ageS !== undefined && !(ageS >= AGE_S.least))
    return badRequest(`expires_in_seconds: Input should be greater than or equal to ${AGE_S.least}`);
  if (ageS !== undefined && ageS > AGE_S.most) return badRequest(`expires_in_seconds: Input should be less than or equal to ${AGE_S.most}`);
  const file: StoredFile = {
    id: ids.anthropicFile(),
    vendor: 'anthropic',
    key,
    bytes: Buffer.from(bytes),
    filename,
    purpose: '',
    mimeType,
    createdMs: nowMs,
    ...(ageS !== undefined && { expiresMs: nowMs + ageS * 1000 }),
  };
  keep(state.files, file.id, file);
  return jsonSaid(200, fileWire(file));
};

/** `GET /v1/files`: by ids, or page by page, the latest first. A page's name is the id it begins with. */
export const anthropicFiles: Endpoint = (context) => {
  const query = queryOf(context.request);
  const mine = filesOf(context);
  const ids = query.getAll('ids[]');
  if (ids.length > 0) return jsonSaid(200, { data: mine.filter(({ id }) => ids.includes(id)).map(fileWire), next_page: null });
  const limit = Number(query.get('limit') ?? 20);
  if (!(limit >= 1 && limit <= 1000)) return badRequest('limit: Input should be from 1 to 1000');
  const page = query.get('page');
  const start = page === null ? 0 : mine.findIndex(({ id }) => id === page);
  if (start < 0) return badRequest('page: is not a page of this list');
  return jsonSaid(200, { data: mine.slice(start, start + limit).map(fileWire), next_page: mine[start + limit]?.id ?? null });
};

/** `GET /v1/files/{id}`. */
export const oneAnthropicFile: Endpoint = (context) =>
  withFile(context, pathPart(context.request), (file) => jsonSaid(200, fileWire(file)));

/** `DELETE /v1/files/{id}`. */
export const deleteAnthropicFile: Endpoint = (context) =>
  withFile(context, pathPart(context.request), ({ id }) => {
    context.state.files.delete(id);
    return jsonSaid(200, { id, type: 'file_deleted' });
  });

/** `GET /v1/files/{id}/content`. Only what a tool has made can be had, and no tool runs here. */
export const anthropicFileContent: Endpoint = (context) =>
  withFile(context, pathPart(context.request, 1), ({ id }) => ({
    ...badRequest(`File '${id}' is not downloadable`),
    code: 'file_not_downloadable',
  }));

function withFile(context: Context, id: string, answer: (file: StoredFile) => Said | Refusal): Said | Refusal {
  const file = fileOf(context, id);
  return file ? answer(file) : { status: 404, type: 'not_found_error', message: `File not found: ${id}` };
}

const fileWire = ({ id, filename, mimeType, bytes, createdMs, expiresMs }: StoredFile): JsonObject => ({
  id,
  type: 'file',
  filename,
  mime_type: mimeType,
  size_bytes: bytes.length,
  created_at: new Date(createdMs).toISOString(),
  downloadable: false,
  expires_at: expiresMs === undefined ? null : new Date(expiresMs).toISOString(),
});
