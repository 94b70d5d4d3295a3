import type { Words } from '../database.ts';

/** Gateway keys, so that they can be made and taken back while the gateway runs. */
export const keys = ({ clustered }: Words): readonly string[] => [
  `-- Only digests: who reads the table can call nobody. Terms are one JSON text, because they are always
  -- read whole and never searched. After a rotation the digest before it is kept, to open for the time
  -- of the overlap and to tell a late holder what happened. Rows are never deleted: the ledger names them.
  create table gateway_key (
    id text not null primary key,
    name text not null,
    sha256 text not null,
    hint text not null,
    previous_sha256 text,
    previous_until_ms bigint,
    terms text not null,
    disabled bigint not null,
    created_ms bigint not null,
    rotated_ms bigint,
    revoked_ms bigint,
    last_used_ms bigint
  ) ${clustered}`,
  'create unique index gateway_key_sha256 on gateway_key (sha256)',
  `-- Every process asks for this one number every few seconds, and for the keys only when it has grown.
  create table gateway_key_revision (
    one bigint not null primary key,
    revision bigint not null
  )`,
  'insert into gateway_key_revision (one, revision) values (1, 0)',
];
