import type { Words } from '../database.ts';

/** Calls that may be answered later: jobs that lines still join, and whom to tell of answers. */
export const deferred = ({ clustered }: Words): readonly string[] => [
  // Until when lines may join, and from when on they are asked one by one; null for jobs that were made whole.
  'alter table job add column gather_ms bigint',
  'alter table job add column sync_ms bigint',
  'alter table job add column line_count bigint not null default 0',
  'create index job_gather on job (owner, gather_ms)',
  // On whose account a line is, where the lines of a job may differ.
  'alter table job_request add column caller text',
  `create table job_hook (
    job text not null,
    line bigint not null,
    hook text not null,
    due_ms bigint not null,
    tries bigint not null,
    primary key (job, line)
  ) ${clustered}`,
  'create index job_hook_due on job_hook (due_ms)',
];
