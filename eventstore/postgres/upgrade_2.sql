-- From format 1: the tree, empty. Opening for writing grows it to the end.
alter table ledger_head
  add column tree_size bigint not null default 0,
  add column tree_root bytea  not null default sha256(''),
  add column tree_edge bytea  not null default '';
update ledger_head set version = 2;
