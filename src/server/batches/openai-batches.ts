import { deeperThan } from '../../dialects/depth.ts';
import { scan } from '../../lanes/scan.ts';
import { invalid } from '../../model/failure.ts';
import type { Job, JobTerms, NewLine } from '../../model/job.ts';
import { isObject, type Json, type JsonObject } from '../../model/json.ts';
import { inputLines, withFailureOf } from './jsonl.ts';
import { keepSIn, outputFileId } from './openai-output.ts';
import { type BatchAsk, type BatchRoute, limitIn, notThere, whole } from './route.ts';

const ENDPOINTS: Readonly<Record<string, Pick<JobTerms, 'dialect' | 'operation'>>> = {
  '/v1/chat/completions': { dialect: 'openai-chat', operation: 'generate' },
  '/v1/responses': { dialect: 'openai-responses', operation: 'generate' },
  '/v1/embeddings': { dialect: 'openai-chat', operation: 'embed' },
};

/** OpenAI's Batches, over whatever a line's model leads to. */
export const openaiBatches: readonly BatchRoute[] = [
  { method: 'POST', path: '/batches', dialect: 'openai-chat', run: create },
  {
    method: 'GET',
    path: '/batches',
    dialect: 'openai-chat',
    async run({ jobs, caller, query }) {
      const after = query.get('after');
      const { jobs: found, more } = await jobs.list({
        owner: caller.key,
        vendor: 'openai',
        limit: limitIn(query, 20, 100),
        // The next page is of older ones.
        ...(after !== null && { before: after }),
      });
      return {
        json: {
          object: 'list',
          data: found.map(batchView),
          first_id: found[0]?.id ?? null,
          last_id: found.at(-1)?.id ?? null,
          has_more: more,
        },
      };
    },
  },
  {
    method: 'GET',
    path: '/batches/{id}',
    dialect: 'openai-chat',
    run: async ({ jobs, caller, id }) => ({ json: batchView((await jobs.get(id, caller.key)) ?? notThere('batch', id)) }),
  },
  {
    method: 'POST',
    path: '/batches/{id}/cancel',
    dialect: 'openai-chat',
    run: async ({ jobs, caller, id }) => ({ json: batchView((await jobs.cancel(id, caller.key)) ?? notThere('batch', id)) }),
  },
];

const CREATE_BYTES_MAX = 256 * 1024;

async function create(ask: BatchAsk) {
  const { head, caller, once } = ask;
  const body = await whole(ask.body, CREATE_BYTES_MAX);
  return once({ head, caller, body }, async () => ({ json: batchView(await jobFrom(body, ask)) }));
}

async function jobFrom(body: Buffer, { jobs, files, caller, head, depthMax }: BatchAsk): Promise<Job> {
  const asked = objectIn(body, depthMax);
  const { input_file_id: fileId, endpoint, completion_window: window } = asked;
  if (typeof fileId !== 'string') invalid('input_file_id must be the id of an uploaded file', 'input_file_id');
  const form = typeof endpoint === 'string' && Object.hasOwn(ENDPOINTS, endpoint) ? ENDPOINTS[endpoint] : undefined;
  if (!form) invalid(`endpoint must be ${Object.keys(ENDPOINTS).join(', ')}, got ${shown(endpoint)}`, 'endpoint');
  if (window !== '24h') invalid(`completion_window must be "24h", got ${shown(window)}`, 'completion_window');
  const file = await files.get(fileId, caller.key);
  if (!file) invalid(`input_file_id must be the id of an uploaded file: there is no "${fileId.slice(0, 100)}"`, 'input_file_id');
  const onLoss = head.headers['x-headgate-on-loss'];
  const terms: JobTerms = {
    caller,
    ...form,
    ...(onLoss !== undefined && { onLoss: String(onLoss) }),
    settings: {
      endpoint: endpoint as string,
      inputFileId: fileId,
      metadata: metadataIn(asked['metadata']),
      ...outputKept(asked['output_expires_after']),
    },
  };
  const given = lines(inputLines(files.content(fileId)), endpoint as string, depthMax);
  return withFailureOf(jobs.create(terms, given));
}

/** At most so many texts, with names and of lengths at most so long, as at OpenAI. Throws `invalid`. */
const METADATA_MAX = { entries: 16, name: 64, value: 512 } as const;

function metadataIn(metadata: Json = null): Json {
  if (metadata === null) return null;
  if (!isObject(metadata)) invalid(`metadata must be an object of texts, got ${shown(metadata)}`, 'metadata');
  const entries = Object.entries(metadata);
  if (entries.length > METADATA_MAX.entries)
    invalid(`metadata must have at most ${METADATA_MAX.entries} entries, got ${entries.length}`, 'metadata');
  for (const [name, value] of entries) {
    const at = `metadata.${name.slice(0, METADATA_MAX.name)}`;
    if (name.length > METADATA_MAX.name)
      invalid(`the names in metadata must have at most ${METADATA_MAX.name} characters, got ${name.length}`, at);
    if (typeof value !== 'string') invalid(`${at} must be a text, got ${shown(value)}`, at);
    if (value.length > METADATA_MAX.value) invalid(`${at} must have at most ${METADATA_MAX.value} characters, got ${value.length}`, at);
  }
  return metadata;
}

/** How long output and error files are there, as it is kept with the job. Throws `invalid`. */
function outputKept(expires: Json = null): JsonObject {
  if (expires === null) return {};
  if (!isObject(expires)) invalid('output_expires_after must be an object', 'output_expires_after');
  const { anchor, seconds } = expires;
  if (anchor !== 'created_at')
    invalid(`output_expires_after.anchor must be "created_at", got ${shown(anchor)}`, 'output_expires_after.anchor');
  return { outputKeepS: keepSIn(seconds, 'output_expires_after') };
}

/** Lines of an input file; each that cannot be read is named with its number. */
async function* lines(
  file: AsyncIterable<{ readonly number: number; readonly text: string }>,
  endpoint: string,
  depthMax: number,
): AsyncGenerator<NewLine> {
  const names = new Set<string>();
  for await (const { number, text } of file) {
    const line = lineOf(text, number, endpoint, depthMax);
    if (names.has(line.customId)) wrongLine(number, `has the custom_id "${line.customId.slice(0, 80)}" of another line`);
    names.add(line.customId);
    yield line;
  }
}

function lineOf(text: string, number: number, endpoint: string, depthMax: number): NewLine {
  const wrong = (what: string): never => wrongLine(number, what);
  const bytes = Buffer.from(text);
  // The limit is that of the body, which the line is around.
  if (deeperThan(bytes, depthMax + 1)) return wrong(`is nested deeper than ${depthMax} levels`);
  let line: Json;
  try {
    line = JSON.parse(text) as Json;
  } catch {
    return wrong('is not valid JSON');
  }
  if (!isObject(line)) return wrong('must be a JSON object');
  const { custom_id: customId, method, url, body } = line;
  if (typeof customId !== 'string' || customId === '') return wrong('needs a custom_id');
  if (method !== 'POST') return wrong(`must have the method "POST", got ${shown(method)}`);
  if (url !== endpoint) return wrong(`must have the url "${endpoint}", as the batch says, got ${shown(url)}`);
  if (!isObject(body)) return wrong('needs a body that is a JSON object');
  return { customId, body: rawBody(bytes) ?? JSON.stringify(body) };
}

function wrongLine(number: number, what: string): never {
  invalid(`line ${number} of the input file ${what}`, 'input_file_id');
}

/** The body as it was written, where the line is plain: what is read and written again may lose digits of long numbers. */
function rawBody(bytes: Buffer): string | undefined {
  const span = scan(bytes, BODY)?.['body'];
  return span && bytes.toString('utf8', span[0], span[1]);
}

const BODY = new Set(['body']);

function batchView(job: Job) {
  const { id, state, counts, createdMs, expiresMs, cancelledMs, endedMs, settings } = job;
  const seconds = (ms: number | undefined) => (ms === undefined ? null : Math.floor(ms / 1000));
  const status = state === 'running' ? 'in_progress' : state === 'cancelling' ? 'cancelling' : endStatus(job);
  const at = (wanted: string) => (status === wanted ? seconds(endedMs) : null);
  const { succeeded, errored, cancelled, expired, waiting, sent } = counts;
  const over = state === 'ended';
  return {
    id,
    object: 'batch',
    endpoint: settings['endpoint'] ?? '/v1/chat/completions',
    errors: null,
    input_file_id: settings['inputFileId'] ?? '',
    completion_window: '24h',
    status,
    output_file_id: over && succeeded > 0 ? outputFileId(job, 'output') : null,
    error_file_id: over && errored + cancelled + expired > 0 ? outputFileId(job, 'error') : null,
    created_at: seconds(createdMs)!,
    in_progress_at: seconds(createdMs),
    expires_at: seconds(expiresMs),
    finalizing_at: over ? seconds(endedMs) : null,
    completed_at: at('completed'),
    failed_at: null,
    expired_at: at('expired'),
    cancelling_at: seconds(cancelledMs),
    cancelled_at: at('cancelled'),
    request_counts: { total: waiting + sent + succeeded + errored + cancelled + expired, completed: succeeded, failed: errored },
    metadata: settings['metadata'] ?? null,
  };
}

const endStatus = ({ counts, cancelledMs }: Job) =>
  cancelledMs !== undefined && counts.cancelled > 0 ? 'cancelled' : counts.expired > 0 ? 'expired' : 'completed';

function objectIn(body: Buffer, depthMax: number): JsonObject {
  if (deeperThan(body, depthMax)) invalid(`the request body is nested deeper than ${depthMax} levels`);
  try {
    const value = JSON.parse(body.toString()) as Json;
    if (isObject(value)) return value;
  } catch {
    // Said below.
  }
  invalid('the request body must be a JSON object');
}

const shown = (value: Json | undefined) => (value === undefined ? 'none' : JSON.stringify(value).slice(0, 80));
