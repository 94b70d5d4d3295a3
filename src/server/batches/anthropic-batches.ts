import { isUtf8 } from 'node:buffer';
import { deeperThan } from '../../dialects/depth.ts';
import { elementsIn, OPEN_BRACE, OPEN_BRACKET, scan } from '../../lanes/scan.ts';
import { invalid } from '../../model/failure.ts';
import type { Job, JobTerms, LineResult, NewLine } from '../../model/job.ts';
import type { RequestHeaders } from '../rooms.ts';
import { withFailureOf } from './jsonl.ts';
import { lossesIn } from './openai-output.ts';
import { type BatchAsk, type BatchRoute, limitIn, notThere, whole } from './route.ts';

const BYTES_MAX = 256 * 1024 ** 2;
const REQUESTS_MAX = 100_000;

/** Anthropic's Message Batches, over whatever a request's model leads to. */
export const anthropicBatches: readonly BatchRoute[] = [
  { method: 'POST', path: '/messages/batches', dialect: 'anthropic-messages', run: create },
  {
    method: 'GET',
    path: '/messages/batches',
    dialect: 'anthropic-messages',
    async run({ jobs, caller, head, query }) {
      const [after, before] = [query.get('after_id'), query.get('before_id')];
      const { jobs: found, more } = await jobs.list({
        owner: caller.key,
        vendor: 'anthropic',
        limit: limitIn(query, 20, 1000),
        // After is further down a list whose newest come first.
        ...(after !== null && { before: jobId(after) }),
        ...(after === null && before !== null && { after: jobId(before) }),
      });
      const data = found.map((job) => batchView(job, head.headers));
      return { json: { data, has_more: more, first_id: data[0]?.id ?? null, last_id: data.at(-1)?.id ?? null } };
    },
  },
  {
    method: 'GET',
    path: '/messages/batches/{id}',
    dialect: 'anthropic-messages',
    run: async ({ jobs, caller, head, id }) => ({
      json: batchView((await jobs.get(jobId(id), caller.key)) ?? notThere('message batch', id), head.headers),
    }),
  },
  {
    method: 'POST',
    path: '/messages/batches/{id}/cancel',
    dialect: 'anthropic-messages',
    run: async ({ jobs, caller, head, id }) => ({
      json: batchView((await jobs.cancel(jobId(id), caller.key)) ?? notThere('message batch', id), head.headers),
    }),
  },
  {
    method: 'DELETE',
    path: '/messages/batches/{id}',
    dialect: 'anthropic-messages',
    async run({ jobs, caller, id }) {
      if (!(await jobs.get(jobId(id), caller.key))) notThere('message batch', id);
      if (!(await jobs.delete(jobId(id), caller.key)))
        invalid(`the message batch "${id}" has not ended: cancel it, and delete it once it has`, 'id');
      return { json: { id, type: 'message_batch_deleted' } };
    },
  },
  {
    method: 'GET',
    path: '/messages/batches/{id}/results',
    dialect: 'anthropic-messages',
    async run({ jobs, caller, id }) {
      const job = (await jobs.get(jobId(id), caller.key)) ?? notThere('message batch', id);
      if (job.state !== 'ended') invalid(`the message batch "${id}" has not ended: its results come all at once`, 'id');
      return { pieces: linesOf(jobs.results(job.id)), contentType: 'application/x-jsonl' };
    },
  },
];

const jobId = (id: string) => id.replace(/^msgbatch_/, 'batch_');

async function create({ jobs, caller, head, once, depthMax, ...ask }: BatchAsk) {
  const onLoss = head.headers['x-headgate-on-loss'];
  const betas = betasIn(head.headers);
  const terms: JobTerms = {
    caller,
    dialect: 'anthropic-messages',
    operation: 'generate',
    ...(onLoss !== undefined && { onLoss: String(onLoss) }),
    ...(betas !== '' && { settings: { betas } }),
  };
  const body = await whole(ask.body, BYTES_MAX);
  return once({ head, caller, body }, async () => ({
    json: batchView(await withFailureOf(jobs.create(terms, requestsIn(body, depthMax))), head.headers),
  }));
}

/** The betas of its lines: the one that batches themselves once were says nothing of them. */
const betasIn = (headers: RequestHeaders): string =>
  String(headers['anthropic-beta'] ?? '')
    .split(',')
    .map((beta) => beta.trim())
    .filter((beta) => beta !== '' && !beta.startsWith('message-batches-'))
    .join(',');

const REQUESTS = new Set(['requests']);
const REQUEST = new Set(['custom_id', 'params']);

/** The requests of a body, cut out as they are written: of so many none is built as a document. Throws `invalid`. */
function* requestsIn(body: Buffer, depthMax: number): Generator<NewLine> {
  const span = scan(body, REQUESTS)?.['requests'];
  if (!span || body[span[0]] !== OPEN_BRACKET) invalid('requests must be a list of requests', 'requests');
  const elements = elementsIn(body, span, REQUESTS_MAX + 1);
  if (elements.length === 0) invalid('requests must hold at least one request', 'requests');
  if (elements.length > REQUESTS_MAX) invalid(`requests must hold at most ${REQUESTS_MAX} requests`, 'requests');
  const names = new Set<string>();
  for (const [index, [start, end]] of elements.entries()) {
    const element = body.subarray(start, end);
    const found = scan(element, REQUEST);
    const at = `requests.${index}`;
    const customId = textIn(element, found?.['custom_id']);
    const params = found?.['params'];
    if (customId === undefined || !/^[A-Za-z0-9_-]{1,64}$/.test(customId))
      invalid(`${at}.custom_id must be 1 to 64 letters, digits, hyphens and underscores`, `${at}.custom_id`);
    if (!params || element[params[0]] !== OPEN_BRACE) invalid(`${at}.params must be an object`, `${at}.params`);
    if (names.has(customId)) invalid(`${at}.custom_id must be unique in the batch, got "${customId}" again`, `${at}.custom_id`);
    names.add(customId);
    const given = element.subarray(params[0], params[1]);
    if (deeperThan(given, depthMax)) invalid(`${at}.params is nested deeper than ${depthMax} levels`, `${at}.params`);
    if (!isUtf8(given)) invalid(`${at}.params is not valid UTF-8`, `${at}.params`);
    yield { customId, body: given.toString() };
  }
}

function textIn(bytes: Buffer, span: readonly [number, number] | undefined): string | undefined {
  if (!span) return undefined;
  try {
    const value: unknown = JSON.parse(bytes.toString('utf8', span[0], span[1]));
    return typeof value === 'string' ? value : undefined;
  } catch {
    return undefined;
  }
}

function batchView({ id, state, counts, createdMs, expiresMs, cancelledMs, endedMs }: Job, headers: RequestHeaders) {
  const own = id.replace(/^batch_/, 'msgbatch_');
  const time = (ms: number | undefined) => (ms === undefined ? null : new Date(ms).toISOString());
  const over = state === 'ended';
  const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
  return {
    id: own,
    type: 'message_batch',
    processing_status: over ? 'ended' : state === 'cancelling' ? 'canceling' : 'in_progress',
    // As Anthropic counts: what is over is told once all is.
    request_counts: over
      ? { processing: 0, succeeded: counts.succeeded, errored: counts.errored, canceled: counts.cancelled, expired: counts.expired }
      : { processing: total, succeeded: 0, errored: 0, canceled: 0, expired: 0 },
    ended_at: time(endedMs),
    created_at: time(createdMs),
    expires_at: time(expiresMs),
    archived_at: null,
    cancel_initiated_at: time(cancelledMs),
    results_url: over ? `${addressOf(headers)}/v1/messages/batches/${own}/results` : null,
  };
}

/** Where the caller found us: clients send their key to whatever address stands in `results_url`, which must never be another's. */
function addressOf(headers: RequestHeaders): string {
  const host = String(headers['host'] ?? 'headgate');
  const scheme = String(headers['x-forwarded-proto'] ?? 'http')
    .split(',')[0]!
    .trim();
  return `${scheme === 'https' ? 'https' : 'http'}://${host}`;
}

async function* linesOf(results: AsyncIterable<LineResult>): AsyncGenerator<string> {
  for await (const result of results)
    yield `{"custom_id":${JSON.stringify(result.customId)},"result":${resultOf(result)}${lossesIn(result.losses)}}\n`;
}

function resultOf({ outcome, body }: LineResult): string {
  const flat = body?.includes('\n') ? JSON.stringify(JSON.parse(body)) : body;
  if (outcome === 'succeeded') return `{"type":"succeeded","message":${flat ?? 'null'}}`;
  if (outcome === 'errored')
    return `{"type":"errored","error":${flat ?? '{"type":"error","error":{"type":"api_error","message":"no answer"}}'}}`;
  return outcome === 'cancelled' ? '{"type":"canceled"}' : '{"type":"expired"}';
}
