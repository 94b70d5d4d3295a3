import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { dialectOf } from '../dialects/registry.ts';
import { fold } from '../model/fold.ts';
import type { Job, LineResult } from '../model/job.ts';
import type { Json, JsonObject } from '../model/json.ts';
import type { Part } from '../model/part.ts';
import type { ModelEvent } from '../model/reply.ts';
import { nameOf, rowsOf } from './batch-input.ts';
import { type JobOptions, jobNamed, withJobs } from './batch-jobs.ts';
import { EXIT } from './exit.ts';
import { complain } from './print.ts';
import { csvLine } from './usage-text.ts';

export interface ResultsOptions extends JobOptions {
  readonly format: 'jsonl' | 'csv';
  /** The file that was handed in: its columns stand before the answers. */
  readonly input?: string;
  /** Absent: standard output. */
  readonly output?: string;
}

/** `headgate batch results`: what became of each line, in the order they were handed in. */
export async function batchResults(id: string, options: ResultsOptions): Promise<number> {
  const code = await withJobs(options, false, async (jobs) => {
    const job = await jobNamed(jobs, id);
    const columns = options.input === undefined ? NO_COLUMNS : await columnsOf(options.input);
    let count = 0;
    const lines = async function* () {
      if (options.format === 'csv') yield `${csvHead(columns)}\n`;
      for await (const result of jobs.results(job.id)) {
        count += 1;
        yield `${options.format === 'csv' ? csvResult(result, job, columns) : jsonResult(result, job, columns)}\n`;
      }
    };
    if (options.output === undefined) for await (const line of lines()) await toStdout(line);
    else await pipeline(lines, createWriteStream(options.output));
    if (job.state !== 'ended') complain(`the job has not ended: ${count} lines have their outcome so far`);
    return EXIT.ok;
  });
  return code ?? EXIT.failed;
}

async function toStdout(line: string): Promise<void> {
  if (!process.stdout.write(line)) await once(process.stdout, 'drain');
}

/** What an input file holds. */
interface Columns {
  /** By the name a row has in the job, which is not among its columns. */
  readonly rows: ReadonlyMap<string, JsonObject>;
  readonly names: readonly string[];
}

const NO_COLUMNS: Columns = { rows: new Map(), names: [] };

async function columnsOf(file: string): Promise<Columns> {
  const rows = new Map<string, JsonObject>();
  const names = new Set<string>();
  let count = 0;
  for await (const { row } of rowsOf(file)) {
    count += 1;
    if (!row) continue;
    const own = ownColumns(row);
    rows.set(nameOf(row, count), own);
    for (const name of Object.keys(own)) names.add(name);
  }
  return { rows, names: [...names] };
}

/** What a row says besides its name, and besides the request where it is one. */
function ownColumns({ custom_id: _, ...row }: JsonObject): JsonObject {
  if (typeof (row['params'] ?? row['body']) !== 'object') return row;
  const { body: __, params: ___, method: ____, url: _____, ...own } = row;
  return own;
}

/** What a column of ours is called: as ever, or `answer_…` where the input has one of that name. */
const nameBeside = (columns: Columns, name: string): string =>
  columns.names.includes(name) ? nameBeside(columns, `answer_${name}`) : name;

const csvHead = (columns: Columns): string =>
  csvLine([...columns.names, ...['custom_id', 'outcome', 'text', 'error'].map((name) => nameBeside(columns, name))]);

function csvResult(result: LineResult, job: Job, { rows, names }: Columns): string {
  const row = rows.get(result.customId) ?? {};
  const { text, error } = said(result, job);
  const own = names.map((name) => (Object.hasOwn(row, name) ? cell(row[name]) : ''));
  return csvLine([...own, result.customId, result.outcome, text, error]);
}

function jsonResult(result: LineResult, job: Job, columns: Columns): string {
  const { text, error } = said(result, job);
  const answer = {
    custom_id: result.customId,
    outcome: result.outcome,
    ...(text !== '' && { text }),
    ...(error !== '' && { error }),
    body: bodyOf(result),
  };
  const beside = Object.entries(answer).map(([name, value]) => [nameBeside(columns, name), value]);
  return JSON.stringify({ ...columns.rows.get(result.customId), ...Object.fromEntries(beside) });
}

const cell = (value: Json | undefined): string =>
  value === undefined || value === null ? '' : typeof value === 'string' ? value : JSON.stringify(value);

const bodyOf = ({ body }: LineResult): Json => (body === undefined ? null : (JSON.parse(body) as Json));

/** The words of an answer, or why there are none. */
function said(result: LineResult, { dialect, operation }: Job): { readonly text: string; readonly error: string } {
  const { outcome } = result;
  const wire = bodyOf(result);
  if (outcome === 'succeeded' && operation === 'embed') return { text: '', error: '' };
  if (dialect === 'canonical') {
    const events = (wire ?? []) as unknown as readonly ModelEvent[];
    const last = events.at(-1);
    if (last?.type === 'fail') return { text: '', error: last.failure.message };
    return outcome === 'succeeded' ? { text: wordsOf(fold(events).parts), error: '' } : { text: '', error: outcome };
  }
  if (outcome === 'succeeded') {
    const { parts } = dialectOf(dialect).decodeReply(wire);
    return { text: wordsOf(parts), error: '' };
  }
  const { message } = ((wire as JsonObject | null)?.['error'] ?? {}) as { message?: string };
  return { text: '', error: message ?? outcome };
}

const wordsOf = (parts: readonly Part[]): string =>
  parts.flatMap((part) => (part.type === 'text' || part.type === 'refusal' ? [part.text] : [])).join('');
