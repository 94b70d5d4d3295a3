import type { Words } from '../database.ts';

/** How far ahead of time each pace is that processes share: when its next unit would be due, in nanoseconds since 1970. */
export const paces = ({ clustered }: Words): readonly string[] => [
  `create table pace (
    name text not null primary key,
    due_ns bigint not null
  ) ${clustered}`,
  'create index pace_due on pace (due_ns)',
];
