import type { Words } from '../database.ts';

const SUMS = `calls bigint not null,
    attempts bigint not null,
    failures bigint not null,
    unpriced bigint not null,
    estimated bigint not null,
    input_tokens bigint not null,
    cache_read_tokens bigint not null,
    cache_write_tokens bigint not null,
    output_tokens bigint not null,
    reasoning_tokens bigint not null,
    cost_micro bigint not null,
    cost_pico bigint not null`;

/** The ledger's first tables. */
export const usage = ({ clustered, serial }: Words): readonly string[] => [
  `-- What many attempts have in common is written once: in every row these words would be a quarter of the
  -- file and a third of what an insert takes. The same words may stand under several numbers.
  create table usage_kind (
    id ${serial},
    last bigint not null,
    reason text not null,
    key_id text not null,
    feature text,
    provider text not null,
    requested_model text not null,
    model text not null,
    dialect_in text not null,
    dialect_out text not null,
    channel text not null,
    tier text,
    region text,
    outcome text not null,
    measured text not null,
    status text not null,
    price_version text not null
  )`,
  `-- One row per attempt, because an attempt is what a provider bills. Money is whole picodollars in 64
  -- bits, enough for 9.2 million dollars in one attempt; what a call's wire said is kept for pricing again.
  create table usage_record (
    kind bigint not null,
    call_id text not null,
    attempt bigint not null,
    ended_ms bigint not null,
    duration_ms double precision not null,
    first_content_ms double precision,
    overhead_ms double precision,
    user_id text,
    tags text,
    input bigint,
    cache_read bigint,
    cache_write_5m bigint,
    cache_write_30m bigint,
    cache_write_1h bigint,
    cache_write_12h bigint,
    audio_input bigint,
    image_input bigint,
    output bigint,
    audio_output bigint,
    image_output bigint,
    reasoning bigint,
    fees text,
    cost bigint,
    cost_floor bigint not null,
    losses bigint not null,
    wire text,
    primary key (call_id, attempt)
  )`,
  'create index usage_record_ended on usage_record (ended_ms)',
  `-- Sums are kept as rows come in, so that a report never reads rows. A sum of picodollars would leave 64
  -- bits at 9.2 million dollars, so whole microdollars and the rest are summed apart; the rest may exceed one.
  create table usage_bucket (
    level text not null,
    start_ms bigint not null,
    feature text not null,
    user_id text not null,
    model text not null,
    key_id text not null,
    provider text not null,
    ${SUMS},
    primary key (level, start_ms, feature, user_id, model, key_id, provider)
  ) ${clustered}`,
  `-- Sums by tag stand apart: tags are free words, and crossed with the rest there would be a bucket for each row.
  create table usage_tag_bucket (
    level text not null,
    start_ms bigint not null,
    tag text not null,
    value text not null,
    ${SUMS},
    primary key (level, start_ms, tag, value)
  ) ${clustered}`,
  `-- What a row said before it was priced again, so that every figure once reported can be explained.
  create table usage_correction (
    call_id text not null,
    attempt bigint not null,
    number bigint not null,
    corrected_ms bigint not null,
    status text not null,
    cost bigint,
    cost_floor bigint not null,
    price_version text not null,
    primary key (call_id, attempt, number)
  ) ${clustered}`,
];
