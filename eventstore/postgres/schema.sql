-- Every column but envelope and data can be derived from the envelope, and so
-- can the tree. The tables are made in the first schema of the connection's search_path.
-- partitions.sql makes those that the records lie in.
create table ledger_head (
  one      boolean primary key default true check (one),
  version  integer not null,  -- of this schema
  epoch    bigint  not null,  -- of the one writer that may append
  position bigint  not null,  -- of the last record
  tree_size bigint not null default 0,  -- the Merkle tree over the envelopes: leaves,
  tree_root bytea  not null default sha256(''),
  tree_edge bytea  not null default '',  -- and roots of its perfect subtrees, the largest first
  width    bigint  not null check (width > 0)  -- records of a partition
);

create table ledger_streams (
  number bigint primary key,
  name   text collate "C" not null unique
);
