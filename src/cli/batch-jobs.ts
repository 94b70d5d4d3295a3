import type { Headgate } from '../headgate.ts';
import type { Job, Jobs } from '../model/job.ts';
import { formatUsd } from '../model/money.ts';
import { configFile, loadOrComplain } from './load.ts';

/** Where jobs are. */
export interface JobOptions {
  readonly config?: string;
}

/**
 * Runs work on the jobs of the ledger that a configuration names, in this process; undefined after what is wrong was
 * printed. `works`: this process also looks after jobs while it runs; a gateway beside it does no chunk twice.
 */
export async function withJobs<T>(
  { config: named }: JobOptions,
  works: boolean,
  work: (jobs: Jobs, headgate: Headgate) => Promise<T>,
): Promise<T | undefined> {
  const config = loadOrComplain(configFile(named));
  if (!config) return undefined;
  if (!config.ledger) throw new Error('jobs are kept in the ledger, and none is kept: "ledger" is "off" in the configuration');
  const { createHeadgate } = await import('../headgate.ts');
  const headgate = await createHeadgate(config, { keyless: true, worksOnJobs: works });
  try {
    return await work(headgate.jobs!, headgate);
  } finally {
    await headgate.close();
  }
}

/** The job; throws where there is none of that id. */
export async function jobNamed(jobs: Jobs, id: string): Promise<Job> {
  const job = await jobs.get(id.replace(/^msgbatch_/, 'batch_'));
  if (!job) throw new Error(`there is no job "${id}"; "headgate batch list" shows those there are`);
  return job;
}

export const totalOf = ({ counts }: Job): number => Object.values(counts).reduce((sum, count) => sum + count, 0);

/** Lines that have their outcome. */
export const overOf = (job: Job): number => totalOf(job) - job.counts.waiting - job.counts.sent;

/** How a job stands, in a line. */
export function standing(job: Job): string {
  const { succeeded, errored, cancelled, expired } = job.counts;
  const outcomes = [
    `${succeeded} succeeded`,
    ...(errored ? [`${errored} failed`] : []),
    ...(cancelled ? [`${cancelled} cancelled`] : []),
    ...(expired ? [`${expired} expired`] : []),
  ];
  return `${overOf(job)} of ${totalOf(job)}: ${outcomes.join(', ')}, $${formatUsd(job.cost)} so far`;
}

/** A job as JSON. */
export const jobJson = ({ cost, syncCost, caller, ...job }: Job) => ({
  ...job,
  key: caller.key,
  costUsd: formatUsd(cost),
  syncCostUsd: formatUsd(syncCost),
});
