import { createHash } from 'node:crypto';
import { isList, type JsonObject, objectOf } from '../../model/json.ts';
import { jsonSaid, type Said } from '../answer.ts';
import { formFields } from '../files/form.ts';
import type { Upload } from '../files/stored.ts';
import { badRequest, missing } from '../rules/openai-refusal.ts';
import { given, type Refusal } from '../rules/rule.ts';
import { keep } from '../state.ts';
import type { Context, Endpoint } from './context.ts';
import { ageRefusal, fileRefusal, fileWire, NO_FORM, storeFile } from './files.ts';
import { pathPart } from './pages.ts';

const REQUIRED = ['bytes', 'filename', 'mime_type', 'purpose'];
const PART_BYTES_MAX = 64_000_000;
const OPEN_MS = 3_600_000;

/** `POST /v1/uploads`. */
export const createUpload: Endpoint = ({ wire, state, key, ids, nowMs }) => {
  const absent = REQUIRED.find((field) => !given(wire[field]));
  if (absent) return missing(absent);
  const { anchor, seconds } = objectOf(wire['expires_after']);
  const refusal = fileRefusal(String(wire['purpose']), String(wire['filename']), Number(wire['bytes'])) ?? ageRefusal(anchor, seconds);
  if (refusal) return refusal;
  const upload: Upload = { id: ids.upload(), key, createdMs: nowMs, wire, parts: new Map(), status: 'pending' };
  keep(state.uploads, upload.id, upload);
  return jsonSaid(200, uploadWire(upload, nowMs));
};

/** `POST /v1/uploads/{id}/parts`. */
export const addPart: Endpoint = (context) =>
  whilePending(context, ({ id, parts }) => {
    const { request, ids, nowMs } = context;
    const fields = formFields(request.headers['content-type'] ?? '', request.body);
    if (!fields) return NO_FORM;
    const data = fields.find(({ name }) => name === 'data');
    if (!data) return missing('data');
    if (data.bytes.length > PART_BYTES_MAX) return badRequest('File is too large.');
    const partId = ids.uploadPart();
    parts.set(partId, Buffer.from(data.bytes));
    return jsonSaid(200, { id: partId, object: 'upload.part', created_at: Math.floor(nowMs / 1000), upload_id: id });
  });

/** `POST /v1/uploads/{id}/complete`. */
export const completeUpload: Endpoint = (context) =>
  whilePending(context, (upload) => {
    const { part_ids: partIds, md5 } = context.wire;
    if (!isList(partIds)) return missing('part_ids');
    const parts = partIds.map((id) => upload.parts.get(String(id)));
    const absent = partIds.find((_, index) => parts[index] === undefined);
    if (absent !== undefined) return badRequest(`No such Part object: ${String(absent)}`, 'part_ids');
    const bytes = Buffer.concat(parts.filter((part) => part !== undefined));
    const { bytes: promised, purpose, filename, expires_after: age } = upload.wire;
    if (bytes.length !== promised) {
      return badRequest(
        `The uploaded parts have ${bytes.length} bytes in all, but the upload was created for ${String(promised)}.`,
        'part_ids',
      );
    }
    if (given(md5) && createHash('md5').update(bytes).digest('hex') !== md5) {
      return badRequest('The MD5 checksum of the uploaded parts does not match.', 'md5');
    }
    const ageS = Number(objectOf(age)['seconds'] ?? Number.NaN);
    upload.file = storeFile(context, { purpose: String(purpose), filename: String(filename), bytes, ageS });
    upload.status = 'completed';
    upload.parts.clear();
    return jsonSaid(200, uploadWire(upload, context.nowMs));
  });

/** `POST /v1/uploads/{id}/cancel`. */
export const cancelUpload: Endpoint = (context) =>
  whilePending(context, (upload) => {
    upload.status = 'cancelled';
    upload.parts.clear();
    return jsonSaid(200, uploadWire(upload, context.nowMs));
  });

function whilePending({ request, state, key, nowMs }: Context, answer: (upload: Upload) => Said | Refusal): Said | Refusal {
  const id = pathPart(request, 1);
  const upload = state.uploads.get(id);
  if (upload?.key !== key) return { status: 404, type: 'invalid_request_error', message: `No such Upload object: ${id}` };
  const status = statusAt(upload, nowMs);
  return status === 'pending' ? answer(upload) : badRequest(`Upload ${id} is ${status}.`);
}

const statusAt = ({ status, createdMs }: Upload, nowMs: number): string =>
  status === 'pending' && nowMs >= createdMs + OPEN_MS ? 'expired' : status;

function uploadWire(upload: Upload, nowMs: number): JsonObject {
  const { id, createdMs, wire, file } = upload;
  return {
    id,
    object: 'upload',
    bytes: wire['bytes']!,
    created_at: Math.floor(createdMs / 1000),
    expires_at: Math.floor((createdMs + OPEN_MS) / 1000),
    filename: wire['filename']!,
    purpose: wire['purpose']!,
    status: statusAt(upload, nowMs),
    file: file ? fileWire(file) : null,
  };
}
