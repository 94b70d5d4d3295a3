import type { JsonObject } from '../../model/json.ts';
import { jsonSaid } from '../answer.ts';
import { type Batch, newBatch, verdictAt, WINDOW_MS } from '../batches/batch.ts';
import { readRequests } from '../batches/message-requests.ts';
import type { SimulatedRequest } from '../request.ts';
import { badRequest } from '../rules/anthropic-refusal.ts';
import { isRefusal, type Refusal } from '../rules/rule.ts';
import { keep } from '../state.ts';
import { BYTES_PER_TOKEN } from '../tokens.ts';
import type { Context, Endpoint } from './context.ts';
import { anthropicPage, pathPart, queryOf } from './pages.ts';

/** Results can be had so long from the batch's beginning; then it is archived. */
const RESULTS_MS = 29 * 86_400_000;

/** `POST /v1/messages/batches`. */
export const createMessageBatch: Endpoint = ({ request, wire, state, key, ids, nowMs, directions }) => {
  if (!request.headers['anthropic-version']) return badRequest('anthropic-version: header is required');
  const requests = readRequests(wire);
  if (isRefusal(requests)) return requests;
  const batch = newBatch({
    id: ids.messageBatch(),
    vendor: 'anthropic',
    key,
    createdMs: nowMs,
    validatedMs: nowMs,
    plan: directions.batch ?? {},
    path: '/v1/messages',
    headers: request.headers,
    wire: {},
    validate: () => ({ requests }),
    tokens: Math.ceil(request.body.length / BYTES_PER_TOKEN),
  });
  keep(state.batches, batch.id, batch);
  state.running.add(batch);
  return jsonSaid(200, { ...batchWire(batch, request, nowMs), request_counts: { ...NO_COUNTS, processing: requests.length } });
};

/** `GET /v1/messages/batches`, the latest first. */
export const messageBatches: Endpoint = ({ request, state, key, nowMs }) => {
  const mine = [...state.batches.values()].filter((batch) => batch.vendor === 'anthropic' && batch.key === key).reverse();
  const page = anthropicPage(
    mine.map((batch) => batchWire(batch, request, nowMs)),
    queryOf(request),
    { usual: 20, most: 1000 },
  );
  return isRefusal(page) ? page : jsonSaid(200, page);
};

/** `GET /v1/messages/batches/{id}`. One that goes on says when to look again, as recorded. */
export const oneMessageBatch: Endpoint = (context) => {
  const batch = batchOf(context, pathPart(context.request));
  if (isRefusal(batch)) return batch;
  const again: Record<string, string> = hasEnded(batch, context.nowMs) ? {} : { 'retry-after': '10' };
  return jsonSaid(200, batchWire(batch, context.request, context.nowMs), again);
};

/** `POST /v1/messages/batches/{id}/cancel`. Once more changes nothing; after its end it is too late. */
export const cancelMessageBatch: Endpoint = (context) => {
  const { request, nowMs } = context;
  const batch = batchOf(context, pathPart(request, 1));
  if (isRefusal(batch)) return batch;
  if (batch.settledMs === undefined) batch.cancelMs ??= nowMs;
  else if (batch.cancelMs === undefined) return badRequest(`Batch ${batch.id} has ended and cannot be canceled.`);
  return jsonSaid(200, batchWire(batch, request, nowMs));
};

/** `DELETE /v1/messages/batches/{id}`, for one that has ended. */
export const deleteMessageBatch: Endpoint = (context) => {
  const batch = batchOf(context, pathPart(context.request));
  if (isRefusal(batch)) return batch;
  if (!hasEnded(batch, context.nowMs)) return badRequest(`Batch ${batch.id} is still being processed. Cancel it before deleting it.`);
  context.state.batches.delete(batch.id);
  return jsonSaid(200, { id: batch.id, type: 'message_batch_deleted' });
};

/** `GET /v1/messages/batches/{id}/results`. */
export const messageBatchResults: Endpoint = (context) => {
  const batch = batchOf(context, pathPart(context.request, 1));
  if (isRefusal(batch)) return batch;
  if (!hasEnded(batch, context.nowMs)) return noResults(`Batch ${batch.id} has no results yet: it is still being processed.`);
  if (isArchived(batch, context.nowMs)) return noResults(`The results of batch ${batch.id} are no longer available.`);
  return {
    status: 200,
    headers: {
      'content-type': 'application/x-jsonl',
      'content-disposition': `attachment; filename*=utf-8''${batch.id}_results.jsonl`,
    },
    pieces: batch.results!,
    streamed: false,
  };
};

function batchOf({ state, key }: Context, id: string): Batch | Refusal {
  const batch = state.batches.get(id);
  return batch?.vendor === 'anthropic' && batch.key === key ? batch : noResults(`Batch ${id} not found`);
}

const noResults = (message: string): Refusal => ({ status: 404, type: 'not_found_error', message });

const hasEnded = ({ endedMs }: Batch, nowMs: number): boolean => endedMs !== undefined && nowMs >= endedMs;
const isArchived = ({ createdMs }: Batch, nowMs: number): boolean => nowMs >= createdMs + RESULTS_MS;

function batchWire(batch: Batch, request: SimulatedRequest, nowMs: number): JsonObject & { readonly id: string } {
  const { id, createdMs, cancelMs, endedMs } = batch;
  const isEnded = hasEnded(batch, nowMs);
  const hasResults = isEnded && !isArchived(batch, nowMs);
  return {
    id,
    type: 'message_batch',
    processing_status: isEnded ? 'ended' : cancelMs === undefined ? 'in_progress' : 'canceling',
    request_counts: countsAt(batch, isEnded),
    ended_at: isEnded ? moment(endedMs!) : null,
    created_at: moment(createdMs),
    expires_at: moment(createdMs + WINDOW_MS),
    archived_at: isArchived(batch, nowMs) ? moment(createdMs + RESULTS_MS) : null,
    cancel_initiated_at: cancelMs === undefined ? null : moment(cancelMs),
    results_url: hasResults ? `${baseOf(request)}/messages/batches/${id}/results` : null,
  };
}

/** As Anthropic writes moments of batches, to the microsecond. */
const moment = (ms: number): string => new Date(ms).toISOString().replace('Z', '000+00:00');

const NO_COUNTS = { processing: 0, succeeded: 0, errored: 0, canceled: 0, expired: 0 };

/** All are being processed until all are done. */
function countsAt({ lines, endedMs }: Batch, isEnded: boolean): JsonObject {
  if (!isEnded) return { ...NO_COUNTS, processing: lines.length };
  const counts = { ...NO_COUNTS };
  const names = { waits: 'processing', succeeded: 'succeeded', failed: 'errored', cancelled: 'canceled', expired: 'expired' } as const;
  for (const line of lines) counts[names[verdictAt(line, endedMs!)]] += 1;
  return counts;
}

/** Where results are: at the address the request came to, or, without a socket, at the vendor's. */
function baseOf({ headers, path }: SimulatedRequest): string {
  const prefix = path.split('/messages/')[0]!;
  return headers['host'] === undefined ? 'https://api.anthropic.com/v1' : `http://${headers['host']}${prefix}`;
}
