/** Answers that came to their limit while reasoning: which rows are such, and how many of each sum. */
export const starved = (): readonly string[] => [
  // Rows of before, and of a journal of before, have nothing there: it was not looked at.
  'alter table usage_kind add column starved bigint',
  'alter table usage_bucket add column starved bigint not null default 0',
  'alter table usage_tag_bucket add column starved bigint not null default 0',
];
