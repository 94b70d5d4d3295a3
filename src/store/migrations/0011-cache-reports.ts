import type { Words } from '../database.ts';

/** What gateways learnt of caching: digests, counts and places, nothing of what was asked. */
export const cacheReportTable = ({ clustered }: Words): readonly string[] => [
  `create table cache_report (
    feature text not null,
    target text not null,
    at_ms bigint not null,
    body text not null,
    primary key (feature, target)
  ) ${clustered}`,
];
