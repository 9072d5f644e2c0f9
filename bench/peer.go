package main

import "context"

// A peer is something that keeps appended events durably.
type peer struct {
	name  string
	kind  kind
	keeps keeps
	note  string // how it was set up, for the reader
	open  func(ctx context.Context, dir string) (log, error)
}

// A kind is how a peer is reached, which decides whom it is compared with.
type kind string

const (
	embedded  kind = "embedded"  // in this process, on its own files
	database  kind = "postgres"  // a PostgreSQL server, through its socket
	protocol  kind = "over TCP"  // a server in this process, through the loopback
	reaching  kind = "TCP+pg"    // such a server, which keeps all in PostgreSQL
	absent         = "–"         // what a peer does not keep
	perStream      = "stream"    // the version of a stream is held against the one expected
	global         = "gapless"   // one order of all, without a gap
	commits        = "with gaps" // one order of all; a reader may see 7 before 6
)

// keeps is what a peer guarantees of each append beside durability, in words for
// a table: a faster peer that checks nothing is no better ledger.
type keeps struct {
	order      string // of all events
	conflict   string // an append that has not seen the last is refused
	idempotent string // an append repeated adds nothing
	proof      string // a hash tree moves with each append
}

// whole is what the ledger keeps.
var whole = keeps{global, perStream, "command", "Merkle"}

// A log is a peer at work. Append may be called by many writers at once, each
// with its own stream; it returns once n further events of it are durable.
type log interface {
	Append(ctx context.Context, writer, n int) error
	Close() error
}

// payload is the data of one event: what a monitoring reading of middling length
// takes. Every peer stores envelope and payload, or as many bytes.
var payload = []byte(`{"row":"12","actual":"已完成年度任务的 57%，二季度考核结论 9 月出具","attainment":0.57,"likelihood":"certain","reason":"合同按季度考核后结算，二季度考核结论 9 月才出，付款相应顺延，不影响全年目标"}`)

// envelopeBytes is what an envelope of ours takes; peers without one store a
// blank of that size, so that the same number of bytes reaches the disk.
const envelopeBytes = 635

// blank is an event for a peer without an envelope.
func blank() []byte { return append(make([]byte, envelopeBytes), payload...) }
