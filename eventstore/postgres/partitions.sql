-- Each partition is named ledger_events_ and its first position, and has, besides
-- its key, a unique index on (stream, revision) and one on (id): see partition.go.
create table ledger_events (
  position    bigint primary key,               -- dense, given by the writer
  stream      bigint not null,                  -- of ledger_streams, in the same transaction
  revision    bigint not null,
  id          uuid   not null,
  type        text   not null,
  recorded_at timestamptz not null,             -- to the microsecond; the envelope has it exactly
  command     text collate "C",                 -- on the first record of an append that has one
  envelope    bytea  not null,
  data        bytea  not null
) partition by range (position);

-- A unique index of a partitioned table must contain position, so this one is a
-- table of its own: no command is carried out twice, however old the first.
create table ledger_commands (
  command  text collate "C" primary key,
  position bigint not null
);

-- Where the records of each stream lie: a row for each partition that has any,
-- written with the first of them and never changed.
create table ledger_spans (
  stream   bigint not null,
  part     bigint not null,                     -- first position of the partition
  revision bigint not null,                     -- of the stream's first record there
  primary key (stream, part)
);
