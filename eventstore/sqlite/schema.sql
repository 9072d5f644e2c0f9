-- Every column but envelope and data can be derived from the envelope.
create table ledger_format (version integer not null);
insert into ledger_format values (1);

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
