-- From format 2: the one table becomes the first partition, attached where it lies.
alter table ledger_events rename to ledger_events_1;
alter index ledger_events_pkey rename to ledger_events_1_pkey;
alter index ledger_events_stream rename to ledger_events_1_stream;
alter index ledger_events_id rename to ledger_events_1_id;
drop index ledger_events_command;
