//go:build unix

package pgtest

import "testing"

// Former turns the ledger at url, with one partition in use, into one of format 2.
func Former(t testing.TB, url string) {
	t.Helper()
	for _, statement := range former {
		run(t, url, statement)
	}
}

var former = []string{
	`create table was as select * from ledger_events`,
	`drop table ledger_events, ledger_commands, ledger_spans`,
	`create table ledger_events (
		position    bigint primary key,
		stream      bigint not null,
		revision    bigint not null,
		id          uuid   not null,
		type        text   not null,
		recorded_at timestamptz not null,
		command     text collate "C",
		envelope    bytea  not null,
		data        bytea  not null
	)`,
	`create unique index ledger_events_stream  on ledger_events (stream, revision)`,
	`create unique index ledger_events_id      on ledger_events (id)`,
	`create unique index ledger_events_command on ledger_events (command) where command is not null`,
	`insert into ledger_events select * from was`,
	`drop table was`,
	`alter table ledger_head drop width`,
	`update ledger_head set version = 2`,
}
