/** What batches and caching saved: of each row, and of each sum, in billionths of a dollar. */
export const saved = (): readonly string[] => [
  // Rows of before, and of a journal of before, have nothing there: it was not looked at.
  'alter table usage_record add column batch_saved bigint',
  'alter table usage_record add column cache_saved bigint',
  'alter table usage_bucket add column batch_saved bigint not null default 0',
  'alter table usage_bucket add column cache_saved bigint not null default 0',
  'alter table usage_tag_bucket add column batch_saved bigint not null default 0',
  'alter table usage_tag_bucket add column cache_saved bigint not null default 0',
];
