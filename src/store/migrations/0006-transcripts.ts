import type { Words } from '../database.ts';

/** What callers sent and saw, where the operator asks for it. */
export const transcripts = ({ clustered }: Words): readonly string[] => [
  `-- Apart from the rows of the ledger: they are large, are kept for days rather than months, and reports never read them.
  create table transcript (
    call_id text not null primary key,
    ended_ms bigint not null,
    request text not null,
    answer text not null,
    request_bytes bigint not null,
    answer_bytes bigint not null
  ) ${clustered}`,
  'create index transcript_ended on transcript (ended_ms)',
];
