import { invalid } from '../../model/failure.ts';
import { JOB_KEPT_MS, type Job, type LineResult } from '../../model/job.ts';
import type { Json } from '../../model/json.ts';
import type { BatchAsk } from './route.ts';

/** A job's output file and error file: named after the job, so that nothing need be kept to find them. */
export const outputFileId = ({ id }: Pick<Job, 'id'>, which: 'output' | 'error') => `file-${id.slice('batch_'.length)}-${which}`;

const KEEP_S_MIN = 3600;
const KEEP_S_MAX = 2_592_000;

/** For how many seconds a file is asked to be kept, within what OpenAI allows. Throws `invalid` at `<at>.seconds`. */
export function keepSIn(seconds: Json | undefined, at: string): number {
  if (typeof seconds === 'number' && Number.isInteger(seconds) && seconds >= KEEP_S_MIN && seconds <= KEEP_S_MAX) return seconds;
  invalid(`${at}.seconds must be a whole number from ${KEEP_S_MIN} to ${KEEP_S_MAX}`, `${at}.seconds`);
}

/** What stands in a file that a batch of the caller's has written; undefined: the id names none, or its time is over. */
export async function outputOf({ jobs, caller, id, nowMs }: Pick<BatchAsk, 'jobs' | 'caller' | 'id' | 'nowMs'>) {
  const [, hex, which] = /^file-([0-9a-f]{32})-(output|error)$/.exec(id) ?? [];
  const job = hex === undefined ? undefined : await jobs.get(`batch_${hex}`, caller.key);
  if (job?.state !== 'ended') return undefined;
  const createdMs = job.endedMs ?? job.createdMs;
  const { outputKeepS } = job.settings;
  const expiresMs = createdMs + Math.min(JOB_KEPT_MS, typeof outputKeepS === 'number' ? outputKeepS * 1000 : JOB_KEPT_MS);
  if (nowMs >= expiresMs) return undefined;
  return { job, createdMs, expiresMs, filename: `${job.id}_${which}.jsonl`, lines: linesOf(jobs.results(job.id), which === 'output', job) };
}

async function* linesOf(results: AsyncIterable<LineResult>, successes: boolean, job: Job): AsyncGenerator<string> {
  for await (const result of results) if ((result.outcome === 'succeeded') === successes) yield lineOf(result, job);
}

/** What a line's answer would say in a header, beside it. */
export const lossesIn = (losses: number | undefined): string => (losses === undefined ? '' : `,"x-headgate-losses":${losses}`);

/** What OpenAI says of lines that were not executed. */
const UNASKED: Readonly<Record<string, { readonly code: string; readonly message: string }>> = {
  expired: { code: 'batch_expired', message: 'This request could not be executed before the completion window expired.' },
  cancelled: { code: 'batch_cancelled', message: 'This request was not executed because the batch was cancelled.' },
};

function lineOf({ line, customId, outcome, status, body, callId, losses }: LineResult, job: Job): string {
  const head = `{"id":"batch_req_${job.id.slice('batch_'.length)}${line}","custom_id":${JSON.stringify(customId)}`;
  if (body === undefined) return `${head},"response":null,"error":${JSON.stringify(UNASKED[outcome] ?? UNASKED['expired'])}}\n`;
  // Vendors' answers may be written over several lines; here each has one.
  const flat = body.includes('\n') ? JSON.stringify(JSON.parse(body)) : body;
  const requestId = JSON.stringify(callId ?? `line_${line}`);
  return `${head},"response":{"status_code":${status ?? 200},"request_id":${requestId},"body":${flat}},"error":null${lossesIn(losses)}}\n`;
}
