import { dialectOf } from '../dialects/registry.ts';
import type { JsonObject } from '../model/json.ts';
import { within } from './openai.ts';
import type { BatchStatus, BatchVendor, VendorLine } from './vendor.ts';

const HEADERS = { 'anthropic-version': '2023-06-01' };

/** Anthropic's Message Batches (@anthropic-ai/sdk 1.12; limits as documented 2026-11). They cannot say whose they are. */
export const anthropic: BatchVendor = {
  linesMax: 100_000,
  bytesMax: 256 * 1024 ** 2,
  oneModel: false,
  create({ lines, token }) {
    const pieces: Buffer[] = [Buffer.from('{"requests":[')];
    for (const [index, { name, body }] of lines.entries())
      pieces.push(Buffer.from(`${index === 0 ? '' : ','}{"custom_id":"${name}","params":`), body, Buffer.from('}'));
    pieces.push(Buffer.from(']}'));
    return {
      method: 'POST',
      path: '/v1/messages/batches',
      headers: { ...HEADERS, 'content-type': 'application/json', 'idempotency-key': token, ...betasOf(lines) },
      body: Buffer.concat(pieces),
    };
  },
  status: (id) => ({ method: 'GET', path: `/v1/messages/batches/${id}`, headers: HEADERS }),
  readStatus: ({ body }) => statusOf(JSON.parse(body) as JsonObject),
  cancel: (id) => ({ method: 'POST', path: `/v1/messages/batches/${id}/cancel`, headers: HEADERS, body: new Uint8Array() }),
  list: (after) => ({
    method: 'GET',
    path: `/v1/messages/batches?limit=100${after ? `&after_id=${encodeURIComponent(after)}` : ''}`,
    headers: HEADERS,
  }),
  readList({ body }) {
    const { data = [], has_more: more, last_id: last } = JSON.parse(body) as { data?: JsonObject[]; has_more?: boolean; last_id?: string };
    return { found: data.map(statusOf), ...(more && typeof last === 'string' && { next: last }) };
  },
  // Never the `results_url` it names: our key would go wherever that says.
  results: (id) => ({ method: 'GET', path: `/v1/messages/batches/${id}/results`, headers: HEADERS }),
  readResult(line) {
    const { custom_id: name, result } = JSON.parse(line.toString()) as { custom_id?: string; result?: { type?: string; error?: unknown } };
    if (typeof name !== 'string') throw new Error('a result without its custom_id');
    switch (result?.type) {
      case 'succeeded':
        return { name, outcome: { status: 200, body: within(line, 'result', 'message') } };
      case 'canceled':
        return { name, outcome: 'cancelled' };
      case 'expired':
        return { name, outcome: 'expired' };
      default: {
        const body = within(line, 'result', 'error');
        return { name, outcome: { status: statusOfError(body), body } };
      }
    }
  },
  failure: (answer, nowMs) => dialectOf('anthropic-messages').decodeFailure(answer, nowMs),
};

/** What any of the lines needs: a batch has one header for all. */
function betasOf(lines: readonly VendorLine[]): Readonly<Record<string, string>> {
  const betas = new Set(lines.flatMap(({ betas }) => betas?.split(',').map((beta) => beta.trim()) ?? []));
  return betas.size > 0 ? { 'anthropic-beta': [...betas].join(',') } : {};
}

/** A result does not tell the status its error would have had: its type does (errors page, 2026-11). */
function statusOfError(body: Buffer): number {
  const type = /"type"\s*:\s*"(\w+_error)"/.exec(body.toString())?.[1] ?? '';
  return STATUSES[type] ?? 500;
}
const STATUSES: Readonly<Record<string, number>> = {
  invalid_request_error: 400,
  authentication_error: 401,
  billing_error: 402,
  permission_error: 403,
  not_found_error: 404,
  request_too_large: 413,
  rate_limit_error: 429,
  timeout_error: 504,
  overloaded_error: 529,
};

function statusOf(batch: JsonObject): BatchStatus {
  const {
    id,
    processing_status: state,
    request_counts: counts,
    created_at: created,
    cancel_initiated_at: cancelled,
  } = batch as {
    id?: string;
    processing_status?: string;
    request_counts?: Readonly<Record<string, number>>;
    created_at?: string;
    cancel_initiated_at?: string | null;
  };
  if (typeof id !== 'string') throw new Error('a batch without its id');
  return {
    id,
    state: state === 'ended' ? 'ended' : 'running',
    rest: cancelled ? 'cancelled' : 'errored',
    results: state === 'ended' ? [id] : [],
    errors: [],
    lines: Object.values(counts ?? {}).reduce((sum, count) => sum + count, 0),
    createdMs: Date.parse(created ?? '') || 0,
  };
}
