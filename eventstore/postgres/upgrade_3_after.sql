-- partitions.sql has run: what format 2 kept in an index and in the heads of streams.
insert into ledger_commands select command, position from ledger_events_1 where command is not null;
insert into ledger_spans select number, 1, 1 from ledger_streams;
update ledger_head set version = 3;
