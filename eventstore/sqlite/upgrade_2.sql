-- From format 1: the tree, empty. Opening for writing grows it to the end.
create table ledger_tree (
  one  integer primary key check (one = 1),
  size integer not null,
  root blob    not null,
  edge blob    not null
);
insert into ledger_tree values (1, 0, x'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', x'');
update ledger_format set version = 2;
