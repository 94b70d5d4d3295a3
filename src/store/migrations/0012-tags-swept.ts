import type { Words } from '../database.ts';

/** Up to when sums by tag went: unlike rows they need not begin where the ledger does, so what is left does not tell. */
export const tagsSwept = ({ clustered }: Words): readonly string[] => [
  `create table usage_tag_swept (
    level text not null primary key,
    before_ms bigint not null
  ) ${clustered}`,
];
