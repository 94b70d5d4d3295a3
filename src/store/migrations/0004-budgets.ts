import type { Words } from '../database.ts';

/** What budgets have spent and set aside. */
export const budgets = ({ clustered }: Words): readonly string[] => [
  `-- When a budget was first heard of: what the ledger holds of a period that had begun by then is counted once.
  create table budget (
    name text not null primary key,
    since_ms bigint not null
  ) ${clustered}`,
  `-- One sum per budget, value and period. spent is the sum of what the ledger's rows charge to it, held that of
  -- the holds below; both are kept here, so that one update can tell whether there is room for more.
  create table budget_account (
    budget text not null,
    value text not null,
    start_ms bigint not null,
    end_ms bigint not null,
    spent bigint not null,
    held bigint not null,
    seeded bigint not null,
    primary key (budget, value, start_ms)
  ) ${clustered}`,
  'create index budget_account_end on budget_account (end_ms)',
  `-- What a process (or a batch) has set aside and not yet spent. Without its holder it lets go when it expires.
  create table budget_hold (
    budget text not null,
    value text not null,
    start_ms bigint not null,
    holder text not null,
    amount bigint not null,
    expires_ms bigint not null,
    primary key (budget, value, start_ms, holder)
  ) ${clustered}`,
  'create index budget_hold_expires on budget_hold (expires_ms)',
  `-- What the row adds to which accounts: with it in the row, spending and the row are one.
  alter table usage_record add column charges text`,
];
