-- Every column but envelope and data can be derived from the envelope, and so
-- can the tree. The tables are made in the first schema of the connection's search_path.
create table ledger_head (
  one      boolean primary key default true check (one),
  version  integer not null,  -- of this schema
  epoch    bigint  not null,  -- of the one writer that may append
  position bigint  not null,  -- of the last record
  tree_size bigint not null default 0,  -- the Merkle tree over the envelopes: leaves,
  tree_root bytea  not null default sha256(''),
  tree_edge bytea  not null default ''  -- and roots of its perfect subtrees, the largest first
);
insert into ledger_head (version, epoch, position) values (2, 0, 0);

create table ledger_streams (
  number bigint primary key,
  name   text collate "C" not null unique
);

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
);
create unique index ledger_events_stream  on ledger_events (stream, revision);
create unique index ledger_events_id      on ledger_events (id);
create unique index ledger_events_command on ledger_events (command) where command is not null;
