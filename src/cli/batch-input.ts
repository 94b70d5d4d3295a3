import type { JobTerms, NewLine } from '../model/job.ts';
import { isObject, type Json, type JsonObject } from '../model/json.ts';
import { csvRecords } from './csv.ts';
import { fileLines } from './file-lines.ts';

/** How rows that are no requests become some. */
export interface TemplateOptions {
  /** A prompt with `{{column}}` for what stands in a row's column. */
  readonly template?: string;
  readonly system?: string;
  readonly model?: string;
  readonly maxTokens?: number;
}

/** A line of an input file: a request, or what is wrong with it. */
export type InputLine = { readonly number: number } & ({ readonly request: NewLine } | { readonly problem: string });

/** What a file holds, in which form. */
export interface BatchInput {
  readonly form: Pick<JobTerms, 'dialect' | 'operation'>;
  lines(): AsyncIterable<InputLine>;
}

const ENDPOINTS: ReadonlyMap<unknown, BatchInput['form']> = new Map([
  ['/v1/chat/completions', { dialect: 'openai-chat', operation: 'generate' }],
  ['/v1/responses', { dialect: 'openai-responses', operation: 'generate' }],
  ['/v1/embeddings', { dialect: 'openai-chat', operation: 'embed' }],
]);
const MESSAGES: BatchInput['form'] = { dialect: 'anthropic-messages', operation: 'generate' };
const CHAT: BatchInput['form'] = { dialect: 'openai-chat', operation: 'generate' };

/** Reads a file of OpenAI's batch lines, of Anthropic's requests, or of rows (JSON lines or CSV) for a template. Throws where it holds nothing. */
export async function readInput(file: string, options: TemplateOptions): Promise<BatchInput> {
  if (options.template !== undefined) return { form: CHAT, lines: () => fromRows(rowsOf(file), options) };
  for await (const { row } of rowsOf(file)) {
    if (!row) continue;
    const url = row['url'];
    const form = 'params' in row ? MESSAGES : ENDPOINTS.get(url);
    if (!form)
      throw new Error(
        `${file} must hold batch lines of OpenAI (custom_id, method, url, body) or of Anthropic (custom_id, params); for rows of your own give --template and --model`,
      );
    return { form, lines: () => requestsOf(file, form, url as string) };
  }
  throw new Error(`${file} holds no line that can be read`);
}

interface Row {
  readonly number: number;
  readonly row?: JsonObject;
  readonly problem?: string;
}

/** The rows of a file, as objects, with the lines they begin on. */
export async function* rowsOf(file: string): AsyncGenerator<Row> {
  if (/\.csv$/i.test(file)) {
    let columns: readonly string[] | undefined;
    for await (const { number, cells } of csvRecords(csvText(file), file)) {
      if (!columns) columns = cells;
      else if (cells.length !== columns.length)
        yield { number, problem: `has ${cells.length} cells, and ${columns.length} columns have names` };
      else yield { number, row: Object.fromEntries(columns.map((column, index) => [column, cells[index]!])) };
    }
    return;
  }
  for await (const { number, text } of fileLines(file)) {
    if (text === undefined) yield { number, problem: NO_UTF8 };
    else if (text.trim() !== '') yield { number, ...parsed(text) };
  }
}

const NO_UTF8 = 'is not valid UTF-8';

/** A line of CSV may be within a cell: one that is no text spoils the file. */
async function* csvText(file: string): AsyncGenerator<string> {
  for await (const { number, text } of fileLines(file)) {
    if (text === undefined) throw new Error(`${file}:${number}: ${NO_UTF8}`);
    yield `${text}\n`;
  }
}

function parsed(line: string): Omit<Row, 'number'> {
  let value: Json;
  try {
    value = JSON.parse(line) as Json;
  } catch {
    return { problem: 'is not valid JSON' };
  }
  return isObject(value) ? { row: value } : { problem: 'must be a JSON object' };
}

async function* requestsOf(file: string, form: BatchInput['form'], url: string): AsyncGenerator<InputLine> {
  const names = new Map<string, number>();
  for await (const { number, row, problem } of rowsOf(file)) {
    if (!row) {
      yield { number, problem: problem! };
      continue;
    }
    const body = form === MESSAGES ? row['params'] : row['body'];
    const customId = row['custom_id'];
    const wrong =
      typeof customId !== 'string' || customId === ''
        ? 'needs a custom_id'
        : form !== MESSAGES && row['url'] !== url
          ? `must have the url "${url}", as the lines before it`
          : typeof body !== 'object' || body === null
            ? `needs ${form === MESSAGES ? 'params' : 'a body'} that is a JSON object`
            : twice(names, customId, number);
    yield wrong === undefined
      ? { number, request: { customId: customId as string, body: JSON.stringify(body) } }
      : { number, problem: wrong };
  }
}

function twice(names: Map<string, number>, customId: string, number: number): string | undefined {
  const first = names.get(customId);
  names.set(customId, first ?? number);
  return first === undefined ? undefined : `has the custom_id "${customId}" of line ${first}`;
}

async function* fromRows(
  rows: AsyncIterable<Row>,
  { template = '', system, model, maxTokens }: TemplateOptions,
): AsyncGenerator<InputLine> {
  const names = new Map<string, number>();
  let count = 0;
  for await (const { number, row, problem } of rows) {
    count += 1;
    if (!row) {
      yield { number, problem: problem! };
      continue;
    }
    const missing = [...template.matchAll(PLACE)].map(([, column]) => column!).find((column) => !Object.hasOwn(row, column));
    const customId = nameOf(row, count);
    const wrong = missing === undefined ? twice(names, customId, number) : `has no column "${missing}", which the template names`;
    if (wrong !== undefined) {
      yield { number, problem: wrong };
      continue;
    }
    const said = template.replaceAll(PLACE, (_, column: string) => textOf(row[column]!));
    const body = {
      model,
      messages: [...(system === undefined ? [] : [{ role: 'system', content: system }]), { role: 'user', content: said }],
      ...(maxTokens !== undefined && { max_completion_tokens: maxTokens }),
    };
    yield { number, request: { customId, body: JSON.stringify(body) } };
  }
}

const PLACE = /\{\{\s*([^{}]+?)\s*\}\}/g;

/** By which name a row is known: its `custom_id`, its `id`, or its place. */
export const nameOf = (row: JsonObject, count: number): string => {
  const own = row['custom_id'] ?? row['id'];
  return typeof own === 'string' && own !== '' ? own : typeof own === 'number' ? String(own) : `row-${count}`;
};

const textOf = (value: Json): string => (typeof value === 'string' ? value : JSON.stringify(value));
