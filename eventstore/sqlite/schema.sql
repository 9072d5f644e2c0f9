-- Every column but envelope and data can be derived from the envelope, and so
-- can the tree.
create table ledger_format (version integer not null);
insert into ledger_format values (2);

create table ledger_streams (
  number integer primary key,
  name   text not null unique
);

create table ledger_events (
  position    integer primary key,                  -- the rowid: dense, given by the writer
  stream      integer not null references ledger_streams,
  revision    integer not null,
  id          blob    not null,                     -- the UUID's 16 bytes
  type        text    not null,
  recorded_at integer not null,                     -- nanoseconds since 1970 UTC
  command     text,                                 -- on the first record of an append that has one
  envelope    blob    not null,
  data        blob    not null
);
create unique index ledger_events_stream  on ledger_events (stream, revision);
create unique index ledger_events_id      on ledger_events (id);
create unique index ledger_events_command on ledger_events (command) where command is not null;

-- The Merkle tree over the envelopes; moves in the transaction that appends.
create table ledger_tree (
  one  integer primary key check (one = 1),
  size integer not null,  -- leaves: the position of the last record
  root blob    not null,
  edge blob    not null   -- roots of its perfect subtrees, the largest first
);
insert into ledger_tree values (1, 0, x'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', x'');
