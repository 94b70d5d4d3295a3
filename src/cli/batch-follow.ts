import { setTimeout as sleep } from 'node:timers/promises';
import type { Job } from '../model/job.ts';
import { formatUsd } from '../model/money.ts';
import { type JobOptions, jobJson, jobNamed, overOf, standing, totalOf, withJobs } from './batch-jobs.ts';
import { EXIT } from './exit.ts';
import { paint, say, table } from './print.ts';

export interface FollowOptions extends JobOptions {
  readonly json?: boolean;
}

/** `headgate batch status`: how one job stands. */
export async function batchStatus(id: string, options: FollowOptions): Promise<number> {
  const ended = await withJobs(options, false, async (jobs) => {
    const job = await jobNamed(jobs, id);
    if (options.json) say(JSON.stringify(jobJson(job), null, 2));
    else for (const line of lines(job)) say(line);
    return EXIT.ok;
  });
  return ended ?? EXIT.failed;
}

/** `headgate batch cancel`: nothing more of it is sent. */
export async function batchCancel(id: string, options: JobOptions): Promise<number> {
  const ended = await withJobs(options, false, async (jobs) => {
    const { id: own, state } = await jobNamed(jobs, id);
    if (state === 'ended') say(`${own} has ended already`);
    else {
      const job = await jobs.cancel(own);
      say(`${own}: ${standing(job!)}; a gateway, or "headgate batch wait ${own}", calls off what is under way`);
    }
    return EXIT.ok;
  });
  return ended ?? EXIT.failed;
}

/** `headgate batch list`: jobs, newest first. */
export async function batchList({ limit, ...options }: FollowOptions & { readonly limit: number }): Promise<number> {
  const ended = await withJobs(options, false, async (all) => {
    const { jobs, more } = await all.list({ limit });
    if (options.json) say(JSON.stringify(jobs.map(jobJson), null, 2));
    else if (jobs.length === 0) say('there are no jobs');
    else {
      const row = (job: Job) => [job.id, job.state, new Date(job.createdMs).toISOString().slice(0, 16), standing(job)];
      for (const line of table(['job', 'state', 'made (UTC)', 'lines'], jobs.map(row))) say(line);
      if (more) say(paint('dim', `older ones are there: --limit ${limit * 2}`));
    }
    return EXIT.ok;
  });
  return ended ?? EXIT.failed;
}

const LOOK_MS = 500;

/** `headgate batch wait`: looks after a job, beside any gateway that does, until it has ended. Fails when a line did. */
export async function batchWait(id: string, options: JobOptions): Promise<number> {
  const ended = await withJobs(options, true, async (jobs) => {
    let job = await jobNamed(jobs, id);
    let told = '';
    const tell = () => {
      const line = process.stdout.isTTY ? `\r${bar(job)} ${standing(job)}\u001B[K` : standing(job);
      if (line !== told) process.stdout.write(process.stdout.isTTY ? line : `${line}\n`);
      told = line;
    };
    for (tell(); job.state !== 'ended'; tell()) {
      await sleep(LOOK_MS);
      job = await jobNamed(jobs, job.id);
    }
    if (process.stdout.isTTY) say();
    for (const line of lines(job)) say(line);
    return job.counts.succeeded === totalOf(job) ? EXIT.ok : EXIT.failed;
  });
  return ended ?? EXIT.failed;
}

const WIDTH = 24;

function bar(job: Job): string {
  const share = totalOf(job) === 0 ? 1 : overOf(job) / totalOf(job);
  const full = Math.round(share * WIDTH);
  return `[${paint('green', '#'.repeat(full))}${'-'.repeat(WIDTH - full)}] ${String(Math.floor(share * 100)).padStart(3)} %`;
}

const lines = (job: Job): string[] => [
  `${paint('bold', job.id)}: ${job.state}, ${standing(job)}`,
  ...(job.syncCost > job.cost ? [`one by one the same would have cost $${formatUsd(job.syncCost)}`] : []),
  ...(job.state === 'ended' ? [] : [paint('dim', `what is not answered by ${new Date(job.expiresMs).toISOString()} expires`)]),
];
