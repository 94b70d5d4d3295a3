import { isList, isObject, type Json, type JsonObject } from '../../model/json.ts';
import { jsonIn } from '../json.ts';
import { servedFacts } from '../models.ts';
import { given, textOf } from '../rules/rule.ts';
import type { Invalid, LineRequest, Problem, Valid } from './batch.ts';

/** Lines, and embedding inputs over all lines, that OpenAI takes in one batch. */
const LINES_MAX = 50_000;

/** The lines of an input file, or all that OpenAI has against it (§4.5 of the protocol notes). */
export function readLines(bytes: Uint8Array, endpoint: string, models: readonly string[]): Valid | Invalid {
  const seen = new Set<string>();
  const requests: LineRequest[] = [];
  const problems: Problem[] = [];
  let model: string | undefined;
  let inputs = 0;
  let line = 0;
  for (const written of linesOf(bytes)) {
    line += 1;
    const wire = objectFrom(written);
    if (!wire) {
      problems.push({ code: 'invalid_json_line', message: 'This line is not parseable as valid JSON.', line, param: null });
      continue;
    }
    const body = isObject(wire['body']) ? wire['body'] : {};
    model ??= textOf(body['model']);
    const problem = problemOf(wire, body, { endpoint, model, seen, models });
    if (problem) problems.push({ ...problem, line });
    const customId = String(wire['custom_id']);
    seen.add(customId);
    inputs += inputsOf(body['input']);
    requests.push({ customId, body: () => Buffer.from(JSON.stringify(objectFrom(written)!['body'])) });
  }
  if (line === 0) return whole('empty_file', 'The batch input file is empty. Please ensure that the batch contains at least one request.');
  if (line > LINES_MAX)
    return whole('too_many_tasks', `The batch input file contains too many requests: ${line}. The maximum is ${LINES_MAX}.`);
  if (endpoint === '/v1/embeddings' && inputs > LINES_MAX) {
    return whole(
      'too_many_tasks',
      `The batch contains too many embedding inputs: ${inputs}. The maximum is ${LINES_MAX} across all requests.`,
    );
  }
  return problems.length > 0 ? { problems } : { requests, model: model! };
}

const whole = (code: string, message: string): Invalid => ({ problems: [{ code, message, line: null, param: null }] });

/** The lines with something in them, as bytes of the file: each is read anew when it is asked, so that no text of it need be kept. */
function* linesOf(body: Uint8Array): Generator<Buffer> {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.length);
  for (let start = 0; start < bytes.length; ) {
    const found = bytes.indexOf(10, start);
    const line = bytes.subarray(start, found < 0 ? bytes.length : found);
    start += line.length + 1;
    if (line.toString().trim() !== '') yield line;
  }
}

function objectFrom(line: Buffer): JsonObject | undefined {
  const json = jsonIn(line);
  return isObject(json) ? json : undefined;
}

/** What a line must fit in with. */
interface Batched {
  readonly endpoint: string;
  /** That of the first line to name one. */
  readonly model: string | undefined;
  readonly seen: ReadonlySet<string>;
  readonly models: readonly string[];
}

function problemOf(wire: JsonObject, body: JsonObject, { endpoint, model, seen, models }: Batched): Omit<Problem, 'line'> | undefined {
  const missing = ['custom_id', 'method', 'url', 'body'].find((field) => !given(wire[field]));
  if (missing) return { code: 'missing_required_parameter', message: `Missing required parameter: '${missing}'.`, param: missing };
  if (seen.has(String(wire['custom_id']))) {
    const message =
      'The custom_id for this request is a duplicate of another request. The custom_id must be unique for each request in a batch.';
    return { code: 'duplicate_custom_id', message, param: 'custom_id' };
  }
  if (wire['method'] !== 'POST') return { code: 'invalid_method', message: 'The method for this request must be POST.', param: 'method' };
  if (wire['url'] !== endpoint) {
    return { code: 'invalid_url', message: 'The URL provided for this request does not match the batch endpoint.', param: 'url' };
  }
  if (model === undefined || !given(body['model'])) {
    return { code: 'missing_required_parameter', message: "Missing required parameter: 'body.model'.", param: 'body.model' };
  }
  if (body['model'] !== model) {
    const message = `The model for this request, '${String(body['model'])}', does not match the rest of the batch. Each batch must contain requests for a single model.`;
    return { code: 'mismatched_model', message, param: 'body.model' };
  }
  if (!isServed(model, endpoint, models)) {
    return { code: 'model_not_found', message: `The provided model '${model}' is not supported by the Batch API.`, param: 'body.model' };
  }
  return undefined;
}

/** Embedding models are not the catalogue's; their endpoint knows them. */
const isServed = (model: string, endpoint: string, models: readonly string[]): boolean =>
  endpoint === '/v1/embeddings' || servedFacts(model, 'openai', models) !== undefined;

const inputsOf = (input: Json | undefined): number => (isList(input) && typeof input[0] !== 'number' ? input.length : 1);
