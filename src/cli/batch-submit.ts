import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline/promises';
import type { JobEstimate, JobTerms, NewLine } from '../model/job.ts';
import { formatUsd } from '../model/money.ts';
import { type BatchInput, readInput } from './batch-input.ts';
import { type JobOptions, withJobs } from './batch-jobs.ts';
import { EXIT } from './exit.ts';
import { complain, paint, say } from './print.ts';

export interface SubmitOptions extends JobOptions {
  /** A file with a prompt, `{{column}}` standing for a row's column. */
  readonly template?: string;
  readonly system?: string;
  readonly model?: string;
  readonly maxTokens?: number;
  readonly feature?: string;
  readonly user?: string;
  readonly tag: Readonly<Record<string, string>>;
  /** Milliseconds until lines without an answer expire. */
  readonly within?: number;
  readonly sync?: boolean;
  readonly skipBad?: boolean;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
}

/** `headgate batch submit`: checks a file, says what it will cost, and hands it in. */
export async function batchSubmit(file: string, options: SubmitOptions): Promise<number> {
  const { template, model } = options;
  if ((template === undefined) !== (model === undefined)) {
    complain('error: --template and --model go together: a template makes requests of rows, and they need a model');
    return EXIT.usage;
  }
  const { config, system, maxTokens } = options;
  const input = await readInput(file, {
    ...(template !== undefined && { template: readFileSync(template, 'utf8') }),
    ...(system !== undefined && { system }),
    ...(model !== undefined && { model }),
    ...(maxTokens !== undefined && { maxTokens }),
  });
  const read = await requestsIn(input);
  const ended = await withJobs(config === undefined ? {} : { config }, false, async (jobs) => {
    const terms = termsOf(input, options, file);
    const estimate = await jobs.estimate(terms, read.requests);
    if ('kind' in estimate) throw new Error(estimate.message);
    const problems = [
      ...read.problems,
      ...estimate.problems.map(({ line, failure }) => ({ number: read.numbers[line]!, problem: failure.message })),
    ].toSorted((a, b) => a.number - b.number);
    for (const { number, problem } of problems) complain(`${file}:${number}: ${problem}`);
    const bad = new Set(estimate.problems.map(({ line }) => line));
    const good = read.requests.filter((_, line) => !bad.has(line));
    for (const line of estimateLines(estimate, good.length)) say(line);
    if (good.length === 0) return failed('no line can be asked');
    if (problems.length > 0 && !options.skipBad)
      return failed(`${problems.length} lines cannot be asked: mend them, or hand in the others with --skip-bad`);
    if (options.dryRun) return EXIT.ok;
    if (!(await agreed(options))) return EXIT.failed;
    const job = await jobs.create(terms, good);
    if ('kind' in job) return failed(job.message);
    say(`${paint('bold', job.id)} ${good.length} lines handed in; "headgate batch wait ${job.id}" looks after them`);
    return EXIT.ok;
  });
  return ended ?? EXIT.failed;
}

function failed(message: string): number {
  complain(`error: ${message}`);
  return EXIT.failed;
}

async function requestsIn(input: BatchInput) {
  const requests: NewLine[] = [];
  const numbers: number[] = [];
  const problems: { readonly number: number; readonly problem: string }[] = [];
  for await (const line of input.lines()) {
    if ('problem' in line) problems.push(line);
    else {
      requests.push(line.request);
      numbers.push(line.number);
    }
  }
  return { requests, numbers, problems };
}

const termsOf = ({ form }: BatchInput, { feature, user, tag: tags, within, sync }: SubmitOptions, file: string): JobTerms => ({
  caller: {
    key: 'anonymous',
    ...(Object.keys(tags).length > 0 && { tags }),
    ...(feature !== undefined && { feature }),
    ...(user !== undefined && { user }),
  },
  ...form,
  ...(within !== undefined && { windowMs: within }),
  ...(sync && { via: 'sync' }),
  settings: { file },
});

const dollars = (amount: JobEstimate['batchCost']) => (amount === null ? 'unknown, as some of it has no price' : `$${formatUsd(amount)}`);

function estimateLines({ inputTokens, batchCost, syncCost, targets }: JobEstimate, good: number): string[] {
  const saved =
    batchCost !== null && syncCost !== null && syncCost > 0n ? ` (${Number(((syncCost - batchCost) * 100n) / syncCost)} % less)` : '';
  return [
    `${good} lines, about ${inputTokens} tokens of questions`,
    ...targets.map(({ target, lines, batch }) => `  ${lines} to ${target}${batch ? ', as a batch' : ', one by one'}`),
    `at most about ${dollars(batchCost)}, against ${dollars(syncCost)} one by one${saved}`,
  ];
}

/** Whether it may be handed in: said on the command line, or by whoever sits at the terminal. */
async function agreed({ yes = false }: SubmitOptions): Promise<boolean> {
  if (yes) return true;
  if (!process.stdin.isTTY || !process.stdout.isTTY) {
    complain('error: nothing is handed in without --yes where nobody can be asked');
    return false;
  }
  const asking = createInterface({ input: process.stdin, output: process.stdout });
  const answer = await asking.question('Hand it in? [y/N] ');
  asking.close();
  return /^y(es)?$/i.test(answer.trim());
}
