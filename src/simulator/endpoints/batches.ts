import { isObject, type Json, type JsonObject, objectOf } from '../../model/json.ts';
import { jsonSaid } from '../answer.ts';
import { type Batch, type Invalid, newBatch, verdictAt, WINDOW_MS } from '../batches/batch.ts';
import { readLines } from '../batches/openai-lines.ts';
import { fileOf, type StoredFile } from '../files/stored.ts';
import { badRequest, missing, notOneOf, tooLong, unknown } from '../rules/openai-refusal.ts';
import { firstOf, given, isRefusal, type Refusal } from '../rules/rule.ts';
import { keep, type State } from '../state.ts';
import { BYTES_PER_TOKEN } from '../tokens.ts';
import type { Context, Endpoint } from './context.ts';
import { ageRefusal } from './files.ts';
import { openaiPage, pathPart, queryOf } from './pages.ts';

const REQUIRED = ['input_file_id', 'endpoint', 'completion_window'];
const FIELDS = [...REQUIRED, 'metadata', 'output_expires_after'];
const ENDPOINTS = ['/v1/responses', '/v1/chat/completions', '/v1/embeddings'];

/** `POST /v1/batches`. */
export const createBatch: Endpoint = (context) => {
  const { request, wire, state, key, ids, nowMs, directions, models } = context;
  const refused = fieldRefusal(wire);
  if (refused) return refused;
  const fileId = String(wire['input_file_id']);
  const file = fileOf(context, fileId);
  if (!file) return badRequest(`No such File object: ${fileId}`, 'input_file_id');
  if (file.purpose !== 'batch') return badRequest("The input file must be uploaded with purpose 'batch'.", 'input_file_id');
  const plan = directions.batch ?? {};
  const batch: Batch = newBatch({
    id: ids.batch(),
    vendor: 'openai',
    key,
    createdMs: nowMs,
    validatedMs: nowMs + (plan.validatingMs ?? 0),
    plan,
    path: String(wire['endpoint']),
    headers: request.headers,
    wire,
    validate: () => refusedWhole(batch, state) ?? readLines(file.bytes, batch.path, models),
    tokens: tokensIn(file),
  });
  keep(state.batches, batch.id, batch);
  state.running.add(batch);
  return jsonSaid(200, batchWire(batch, nowMs));
};

const tokensIn = ({ bytes }: StoredFile): number => Math.ceil(bytes.length / BYTES_PER_TOKEN);

/** What fails it whatever its lines are: the script's word, or too many tokens that wait. */
function refusedWhole({ plan, key, tokens }: Batch, { running }: State): Invalid | undefined {
  if (plan.failed) return { problems: [{ ...plan.failed, line: null, param: null }] };
  const { enqueuedTokensMax: most = Number.POSITIVE_INFINITY } = plan;
  const others = [...running].filter((other) => other.vendor === 'openai' && other.key === key && other.startedMs !== undefined);
  if (others.reduce((sum, other) => sum + other.tokens, tokens) <= most) return undefined;
  const message = `Enqueued token limit reached in organization org-simulator. Limit: ${most.toLocaleString('en-US')} enqueued tokens. Please try again once some in_progress batches have been completed.`;
  return { problems: [{ code: 'token_limit_exceeded', message, line: null, param: null }] };
}

function fieldRefusal(wire: JsonObject): Refusal | undefined {
  const absent = REQUIRED.find((field) => !given(wire[field]));
  if (absent) return missing(absent);
  const extra = Object.keys(wire).find((field) => !FIELDS.includes(field));
  if (extra) return unknown(extra);
  if (!ENDPOINTS.includes(String(wire['endpoint']))) return notOneOf(wire['endpoint'], ENDPOINTS, 'endpoint');
  if (wire['completion_window'] !== '24h') return notOneOf(wire['completion_window'], ['24h'], 'completion_window');
  const { anchor, seconds } = objectOf(wire['output_expires_after']);
  return metadataRefusal(wire['metadata']) ?? ageRefusal(anchor, seconds, 'output_expires_after');
}

function metadataRefusal(metadata: Json | undefined): Refusal | undefined {
  if (!given(metadata)) return undefined;
  if (!isObject(metadata!)) return badRequest("Invalid type for 'metadata': expected an object.", 'metadata', 'invalid_type');
  const entries = Object.entries(metadata);
  if (entries.length > 16) {
    const message = `Invalid 'metadata': too many properties. Expected an object with at most 16 properties, but got an object with ${entries.length} properties instead.`;
    return badRequest(message, 'metadata', 'object_above_max_properties');
  }
  return firstOf(entries, ([name, value]) => {
    if (typeof value !== 'string')
      return badRequest(`Invalid type for 'metadata.${name}': expected a string.`, `metadata.${name}`, 'invalid_type');
    if (name.length > 64) return tooLong('metadata', name.length, 64);
    return value.length > 512 ? tooLong(`metadata.${name}`, value.length, 512) : undefined;
  });
}

/** `GET /v1/batches`, the latest first. */
export const batches: Endpoint = ({ request, state, key, nowMs }) => {
  const mine = [...state.batches.values()].filter((batch) => batch.vendor === 'openai' && batch.key === key).reverse();
  const page = openaiPage(
    mine.map((batch) => batchWire(batch, nowMs)),
    queryOf(request),
    { usual: 20, most: 100 },
  );
  return isRefusal(page) ? page : jsonSaid(200, page);
};

/** `GET /v1/batches/{id}`. */
export const oneBatch: Endpoint = (context) => {
  const batch = batchOf(context, pathPart(context.request));
  return isRefusal(batch) ? batch : jsonSaid(200, batchWire(batch, context.nowMs));
};

/** `POST /v1/batches/{id}/cancel`. Once more changes nothing; after its end it is too late. */
export const cancelBatch: Endpoint = (context) => {
  const { request, nowMs } = context;
  const batch = batchOf(context, pathPart(request, 1));
  if (isRefusal(batch)) return batch;
  const status = statusAt(batch, nowMs);
  if (status === 'validating' || status === 'in_progress') batch.cancelMs = nowMs;
  else if (batch.cancelMs === undefined) {
    return { status: 409, type: 'invalid_request_error', message: `Cannot cancel a batch with status '${status}'.` };
  }
  return jsonSaid(200, batchWire(batch, nowMs));
};

function batchOf({ state, key }: Context, id: string): Batch | Refusal {
  const batch = state.batches.get(id);
  if (batch?.vendor === 'openai' && batch.key === key) return batch;
  return { status: 404, type: 'invalid_request_error', message: `No batch found with id '${id}'.` };
}

function statusAt(batch: Batch, nowMs: number): string {
  const { failedMs, endedMs, cancelMs, settledMs, startedMs } = batch;
  if (failedMs !== undefined) return 'failed';
  if (endedMs !== undefined && nowMs >= endedMs) return endStatus(batch);
  if (cancelMs !== undefined) return 'cancelling';
  if (settledMs !== undefined) return 'finalizing';
  return startedMs === undefined ? 'validating' : 'in_progress';
}

function endStatus({ cancelMs, startedMs, lines }: Batch): 'cancelled' | 'expired' | 'completed' {
  if (cancelMs !== undefined) return 'cancelled';
  return startedMs === undefined || lines.some(({ outcome }) => outcome?.type === 'expired') ? 'expired' : 'completed';
}

function batchWire(batch: Batch, nowMs: number): JsonObject & { readonly id: string } {
  const { wire, createdMs, startedMs, settledMs, endedMs, cancelMs, failedMs, problems } = batch;
  const status = statusAt(batch, nowMs);
  const hasEnded = endedMs !== undefined && nowMs >= endedMs;
  const endedAs = (word: string) => (hasEnded && status === word ? seconds(endedMs) : null);
  return {
    id: batch.id,
    object: 'batch',
    endpoint: wire['endpoint']!,
    model: batch.model ?? null,
    errors: problems.length > 0 ? { object: 'list', data: problems.map((problem) => ({ ...problem })) } : null,
    input_file_id: wire['input_file_id']!,
    completion_window: '24h',
    status,
    output_file_id: (hasEnded && batch.outputFile) || null,
    error_file_id: (hasEnded && batch.errorFile) || null,
    created_at: seconds(createdMs)!,
    in_progress_at: seconds(startedMs),
    expires_at: seconds(createdMs + WINDOW_MS)!,
    finalizing_at: cancelMs === undefined ? seconds(settledMs) : null,
    completed_at: endedAs('completed'),
    failed_at: seconds(failedMs),
    expired_at: endedAs('expired'),
    cancelling_at: seconds(cancelMs),
    cancelled_at: endedAs('cancelled'),
    request_counts: countsAt(batch, nowMs),
    usage: (hasEnded && batch.usage) || NO_USAGE,
    metadata: wire['metadata'] ?? null,
  };
}

const seconds = (ms: number | undefined): number | null => (ms === undefined ? null : Math.floor(ms / 1000));

/** Lines that were cancelled or expired are not counted as failed: a cancelled batch was seen to have 4 of 8 completed and none failed. */
function countsAt({ lines }: Batch, nowMs: number): JsonObject {
  const verdicts = lines.map((line) => verdictAt(line, nowMs));
  const count = (word: string) => verdicts.filter((verdict) => verdict === word).length;
  return { total: lines.length, completed: count('succeeded'), failed: count('failed') };
}

const NO_USAGE: JsonObject = {
  input_tokens: 0,
  input_tokens_details: { cached_tokens: 0 },
  output_tokens: 0,
  output_tokens_details: { reasoning_tokens: 0 },
  total_tokens: 0,
};
