import type { Words } from '../database.ts';

/** Alerts that are open, and what is to be told of them. */
export const alerts = ({ clustered }: Words): readonly string[] => [
  `-- One row per alert and period (a day, a month, '' where there is none): whoever changes it tells of it, so that
  -- several gateways on one database tell once. A closed one never fires again, a resolved one may.
  create table alert (
    fingerprint text not null,
    period text not null,
    rule text not null,
    state text not null,
    level bigint not null,
    episode bigint not null,
    fired_ms bigint not null,
    changed_ms bigint not null,
    told_ms bigint not null,
    body text not null,
    primary key (fingerprint, period)
  ) ${clustered}`,
  'create index alert_state on alert (state, changed_ms)',
  `-- What is to be told, to whom; written with the change it tells of. id is what a recipient knows a repetition by.
  create table alert_outbox (
    id text not null primary key,
    recipient text not null,
    fingerprint text not null,
    place bigint not null,
    body text not null,
    created_ms bigint not null,
    due_ms bigint not null,
    leased_ms bigint not null,
    tries bigint not null,
    state text not null
  ) ${clustered}`,
  'create index alert_outbox_due on alert_outbox (recipient, state, place)',
];
