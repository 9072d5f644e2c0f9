//go:build linux

package postgres_test

import (
	"syscall"
	"testing"
	"time"

	"wenxiao/eventstore/postgres/pgtest"
)

// TestMembers has 32 writers in three processes write to one ledger while whoever
// leads is killed, stopped or asked to leave, and the database is killed. A reader
// in each process follows the ledger. What was acknowledged is there, once; every
// reader saw all of it, in order, once.
func TestMembers(t *testing.T) {
	server := pgtest.NewOwn(t)
	f := newFleet(t, server.URL, 11, 11, 10)
	for _, ill := range []struct {
		what string
		do   func(leader *process)
	}{
		{"the leader is killed", func(l *process) { l.signal(syscall.SIGKILL); f.start(l.writers) }},
		{"the leader leaves", func(l *process) { l.say("leave"); f.start(l.writers) }},
		{"the database is killed", func(*process) {
			killed := time.Now()
			server.Kill(t)
			server.Start(t)
			t.Logf("the database itself answered after %v", time.Since(killed).Round(time.Millisecond))
		}},
		{"the leader is stopped", func(l *process) { l.signal(syscall.SIGSTOP) }},
		{"the leader is killed while a former one wakes", func(l *process) {
			l.signal(syscall.SIGKILL)
			f.wake()
			f.start(l.writers)
		}},
	} {
		f.written(30)
		leader := f.leader()
		began := time.Now()
		ill.do(leader)
		t.Logf("%s: elsewhere an append begun then was acknowledged after %v", ill.what, f.firstSince(began, leader).Round(time.Millisecond))
	}
	f.written(30)
	f.end()
}
