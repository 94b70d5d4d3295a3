import type { Words } from '../database.ts';

/** Jobs of many calls, what providers were handed of them, and the files they come from. */
export const jobs = ({ clustered }: Words): readonly string[] => [
  `create table job (
    id text not null primary key,
    owner text not null,
    caller text not null,
    dialect text not null,
    operation text not null,
    via text not null,
    on_loss text,
    -- 'open' while lines are still added: nobody has heard of it yet.
    state text not null,
    settings text not null,
    created_ms bigint not null,
    expires_ms bigint not null,
    cancelled_ms bigint,
    ended_ms bigint
  )`,
  'create index job_owner on job (owner, created_ms, id)',
  'create index job_state on job (state, created_ms)',
  `create table job_line (
    job text not null,
    line bigint not null,
    custom_id text not null,
    state text not null,
    chunk text,
    tries bigint not null,
    status bigint,
    call_id text,
    cost bigint,
    sync_cost bigint,
    primary key (job, line)
  ) ${clustered}`,
  'create index job_line_state on job_line (job, state, line)',
  'create index job_line_chunk on job_line (chunk, line)',
  'create unique index job_line_custom on job_line (job, custom_id)',
  // Apart from the lines, which are counted often: these are read once.
  `create table job_request (job text not null, line bigint not null, body text not null, primary key (job, line)) ${clustered}`,
  `create table job_answer (job text not null, line bigint not null, body text not null, primary key (job, line)) ${clustered}`,
  `create table job_chunk (
    id text not null primary key,
    job text not null,
    provider text not null,
    model text not null,
    dialect text not null,
    key_at bigint not null,
    state text not null,
    file_id text,
    vendor_id text,
    begun_ms bigint,
    tries bigint not null,
    due_ms bigint not null,
    lease_ms bigint not null,
    holder text
  )`,
  'create index job_chunk_due on job_chunk (state, due_ms)',
  'create index job_chunk_job on job_chunk (job)',
  'create index job_chunk_vendor on job_chunk (vendor_id)',
  `create table stored_file (
    id text not null primary key,
    owner text not null,
    purpose text not null,
    filename text not null,
    bytes bigint not null,
    created_ms bigint not null,
    expires_ms bigint not null
  )`,
  'create index stored_file_owner on stored_file (owner, created_ms, id)',
  `create table stored_piece (file text not null, piece bigint not null, body text not null, primary key (file, piece)) ${clustered}`,
];
