import { dialectOf } from '../dialects/registry.ts';
import { scan } from '../lanes/scan.ts';
import type { JsonObject } from '../model/json.ts';
import type { Answered } from './exchange.ts';
import type { BatchStatus, BatchVendor, VendorLine } from './vendor.ts';

/** A boundary that stands in no line: lines are JSON, which has no bare CR and LF. */
const BOUNDARY = 'headgate-batch-boundary-7d1c';
const JSON_HEADERS = { 'content-type': 'application/json' };

/** A file is read within a day, and forgotten there after a week; results as Anthropic's are, whether or not anybody deletes them. */
const INPUT_S = 7 * 86_400;
const OUTPUT_S = 29 * 86_400;

/** What our batches say of themselves, so that one is found again whose creation was never answered. */
const TOKEN = 'headgate_chunk';

/** OpenAI's Files and Batches (openai SDK 7.57; limits as documented 2026-11). */
export const openai: BatchVendor = {
  linesMax: 50_000,
  bytesMax: 200 * 1024 ** 2,
  oneModel: true,
  upload: (lines, endpoint, token) => ({
    method: 'POST',
    path: '/files',
    headers: { 'content-type': `multipart/form-data; boundary=${BOUNDARY}` },
    body: formOf(lines, endpoint, token),
  }),
  uploadedId: ({ body }) => textOf(read(body)['id']),
  files: {
    request: (after) => ({
      method: 'GET',
      path: `/files?purpose=batch&limit=100${after ? `&after=${encodeURIComponent(after)}` : ''}`,
      headers: {},
    }),
    read({ body }, token) {
      const { data, has_more: more } = read(body) as { data?: JsonObject[]; has_more?: boolean };
      const files = data ?? [];
      return {
        found: files.flatMap(({ id, filename }) => (filename === fileName(token) ? [textOf(id)] : [])),
        ...(more && files.length > 0 && { next: textOf(files.at(-1)!['id']) }),
      };
    },
  },
  create: ({ fileId, endpoint, token }) => ({
    method: 'POST',
    path: '/batches',
    headers: { ...JSON_HEADERS, 'idempotency-key': token },
    body: Buffer.from(
      JSON.stringify({
        input_file_id: fileId,
        endpoint: `/v1${endpoint}`,
        completion_window: '24h',
        metadata: { [TOKEN]: token },
        output_expires_after: { anchor: 'created_at', seconds: OUTPUT_S },
      }),
    ),
  }),
  status: (id) => ({ method: 'GET', path: `/batches/${id}`, headers: {} }),
  readStatus: ({ body }) => statusOf(read(body)),
  cancel: (id) => ({ method: 'POST', path: `/batches/${id}/cancel`, headers: {}, body: new Uint8Array() }),
  list: (after) => ({ method: 'GET', path: `/batches?limit=100${after ? `&after=${encodeURIComponent(after)}` : ''}`, headers: {} }),
  readList({ body }) {
    const { data, has_more: more } = read(body) as { data?: JsonObject[]; has_more?: boolean };
    const found = (data ?? []).map(statusOf);
    return { found, ...(more && found.length > 0 && { next: found.at(-1)!.id }) };
  },
  results: (fileId) => ({ method: 'GET', path: `/files/${fileId}/content`, headers: {} }),
  readResult(line) {
    const {
      custom_id: name,
      response,
      error,
    } = read(line.toString()) as {
      custom_id?: string;
      response?: { status_code?: number } | null;
      error?: { code?: string; message?: string } | null;
    };
    if (typeof name !== 'string') throw new Error('a result without its custom_id');
    if (!response) {
      if (error?.code === 'batch_expired') return { name, outcome: 'expired' };
      if (error?.code === 'batch_cancelled') return { name, outcome: 'cancelled' };
      return { name, outcome: { status: 500, body: Buffer.from(JSON.stringify({ error: { type: 'server_error', ...error } })) } };
    }
    return { name, outcome: { status: response.status_code ?? 200, body: within(line, 'response', 'body') } };
  },
  failure: (answer, nowMs) => dialectOf('openai-chat').decodeFailure(answer, nowMs),
};

const fileName = (token: string) => `${token}.jsonl`;

function formOf(lines: readonly VendorLine[], endpoint: string, token: string): Buffer {
  const part = (disposition: string) => `--${BOUNDARY}\r\nContent-Disposition: form-data; ${disposition}\r\n`;
  const pieces: Buffer[] = [
    Buffer.from(`${part('name="purpose"')}\r\nbatch\r\n`),
    Buffer.from(`${part('name="expires_after[anchor]"')}\r\ncreated_at\r\n`),
    Buffer.from(`${part('name="expires_after[seconds]"')}\r\n${INPUT_S}\r\n`),
    Buffer.from(`${part(`name="file"; filename="${fileName(token)}"`)}Content-Type: application/jsonl\r\n\r\n`),
  ];
  for (const { name, body } of lines)
    pieces.push(Buffer.from(`{"custom_id":"${name}","method":"POST","url":"/v1${endpoint}","body":`), body, Buffer.from('}\n'));
  pieces.push(Buffer.from(`\r\n--${BOUNDARY}--\r\n`));
  return Buffer.concat(pieces);
}

function statusOf(batch: JsonObject): BatchStatus {
  const {
    status,
    metadata,
    request_counts: counts,
    errors,
    created_at: createdS,
  } = batch as {
    status?: string;
    metadata?: Record<string, string> | null;
    request_counts?: { total?: number };
    errors?: { data?: readonly { line?: number | null; message?: string }[] } | null;
    created_at?: number;
  };
  const ended = status === 'completed' || status === 'expired' || status === 'cancelled';
  const token = metadata?.[TOKEN];
  return {
    id: textOf(batch['id']),
    state: status === 'failed' ? 'failed' : ended ? 'ended' : 'running',
    rest: status === 'expired' ? 'expired' : status === 'cancelled' ? 'cancelled' : 'errored',
    results: ended ? [batch['output_file_id'], batch['error_file_id']].filter((id) => typeof id === 'string') : [],
    // Lines of a file are counted from 1.
    errors: (errors?.data ?? []).map(({ line, message = 'refused' }) => ({ message, ...(typeof line === 'number' && { line: line - 1 }) })),
    lines: counts?.total ?? 0,
    ...(token !== undefined && { token }),
    createdMs: (createdS ?? 0) * 1000,
  };
}

/** The raw JSON of a field of a field. */
export function within(line: Buffer, outer: string, inner: string): Buffer {
  const span = scan(line, new Set([outer]))?.[outer];
  const value = span && line.subarray(span[0], span[1]);
  const found = value && scan(value, new Set([inner]))?.[inner];
  return value && found ? value.subarray(found[0], found[1]) : Buffer.from('null');
}

const read = (body: Answered['body']): JsonObject => {
  const value = JSON.parse(body) as JsonObject | null;
  if (typeof value !== 'object' || value === null) throw new Error('not a JSON object');
  return value;
};
const textOf = (value: unknown): string => {
  if (typeof value !== 'string') throw new Error('an id is missing');
  return value;
};
