import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
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
  const ended = await withJobs(options, false, async (jobs) => {
    const job = await jobNamed(jobs, id);
    const columns = options.input === undefined ? undefined : await columnsOf(options.input);
    const out = options.output === undefined ? process.stdout : createWriteStream(options.output);
    const write = async (line: string) => {
      if (!out.write(`${line}\n`)) await once(out, 'drain');
    };
    const names = columns?.names ?? [];
    if (options.format === 'csv') await write(csvLine([...names, 'custom_id', 'outcome', 'text', 'error']));
    let count = 0;
    for await (const result of jobs.results(job.id)) {
      count += 1;
      const row = columns?.rows.get(result.customId) ?? {};
      const { customId, outcome } = result;
      const { text, error } = said(result, job);
      if (options.format === 'csv') await write(csvLine([...names.map((name) => cell(row[name])), customId, outcome, text, error]));
      else
        await write(
          JSON.stringify({
            ...row,
            custom_id: customId,
            outcome,
            ...(text !== '' && { text }),
            ...(error !== '' && { error }),
            body: bodyOf(result),
          }),
        );
    }
    if (out !== process.stdout) {
      out.end();
      await once(out, 'finish');
    }
    if (job.state !== 'ended') complain(`the job has not ended: ${count} lines have their outcome so far`);
    return EXIT.ok;
  });
  return ended ?? EXIT.failed;
}

/** The rows of an input file by the name they have in the job, and the columns there are, but for the name itself. */
async function columnsOf(file: string) {
  const rows = new Map<string, JsonObject>();
  const names = new Set<string>();
  let count = 0;
  for await (const { row } of rowsOf(file)) {
    count += 1;
    if (!row) continue;
    const { custom_id: _, body: __, params: ___, method: ____, url: _____, ...own } = row;
    rows.set(nameOf(row, count), own);
    for (const name of Object.keys(own)) names.add(name);
  }
  return { rows, names: [...names] };
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
