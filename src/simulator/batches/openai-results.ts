import { type JsonObject, objectOf } from '../../model/json.ts';
import { keep, type State } from '../state.ts';
import { idMaker } from '../vendor.ts';
import type { Batch, Line } from './batch.ts';
import { digestOf } from './order.ts';

/** Writes what came of the lines into OpenAI's two files, each only if there is something for it. They are there once the batch has ended. */
export function writeFiles(batch: Batch, lines: readonly Line[], seed: number, state: State): void {
  const output = lines.filter(isOutput);
  const errors = lines.filter((line) => !isOutput(line));
  batch.usage = usageOf(batch.lines);
  if (output.length > 0) batch.outputFile = write('output', batch, output, seed, state);
  if (errors.length > 0) batch.errorFile = write('error', batch, errors, seed, state);
}

const isOutput = ({ outcome }: Line): boolean => outcome?.type === 'answered' && outcome.status < 300;

function write(name: string, batch: Batch, lines: readonly Line[], seed: number, state: State): string {
  state.serial += 1;
  const id = idMaker(seed, state.serial).file();
  const createdMs = batch.endedMs!;
  const { seconds } = objectOf(batch.wire['output_expires_after']);
  keep(state.files, id, {
    id,
    vendor: 'openai',
    key: batch.key,
    bytes: Buffer.concat(lines.map((line) => Buffer.from(lineOf(batch, line)))),
    filename: `${batch.id}_${name}.jsonl`,
    purpose: 'batch_output',
    mimeType: 'application/jsonl',
    createdMs,
    ...(typeof seconds === 'number' && { expiresMs: createdMs + seconds * 1000 }),
  });
  return id;
}

function lineOf({ id }: Batch, { customId, outcome }: Line): string {
  const [response, error] =
    outcome?.type === 'answered'
      ? [`{"status_code":${outcome.status},"request_id":"${outcome.requestId.replace(/^req_/, '')}","body":${outcome.body}}`, 'null']
      : ['null', JSON.stringify(NOT_ASKED[outcome?.type ?? 'expired'])];
  return `{"id":"batch_req_${digestOf(id, customId).slice(0, 32)}","custom_id":${JSON.stringify(customId)},"response":${response},"error":${error}}\n`;
}

const NOT_ASKED = {
  cancelled: { code: 'batch_cancelled', message: 'This request was not executed before the batch was cancelled.' },
  expired: { code: 'batch_expired', message: 'This request could not be executed before the completion window expired.' },
};

/** The tokens of all that was answered well, by Responses' names whatever the endpoint. */
function usageOf(lines: readonly Line[]): JsonObject {
  const sum = { input: 0, cached: 0, output: 0, reasoning: 0 };
  for (const { outcome } of lines.filter(isOutput)) {
    const usage = objectOf((JSON.parse((outcome as { readonly body: string }).body) as JsonObject)['usage']);
    const tokens = (...names: readonly string[]) => Number(names.map((name) => usage[name]).find((value) => value !== undefined) ?? 0);
    const details = (...names: readonly string[]) => objectOf(names.map((name) => usage[name]).find((value) => value !== undefined));
    sum.input += tokens('input_tokens', 'prompt_tokens');
    sum.output += tokens('output_tokens', 'completion_tokens');
    sum.cached += Number(details('input_tokens_details', 'prompt_tokens_details')['cached_tokens'] ?? 0);
    sum.reasoning += Number(details('output_tokens_details', 'completion_tokens_details')['reasoning_tokens'] ?? 0);
  }
  return {
    input_tokens: sum.input,
    input_tokens_details: { cached_tokens: sum.cached },
    output_tokens: sum.output,
    output_tokens_details: { reasoning_tokens: sum.reasoning },
    total_tokens: sum.input + sum.output,
  };
}
