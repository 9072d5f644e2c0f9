package main

import "context"

// A peer is something that keeps appended events durably.
type peer struct {
	name string
	note string // how it was set up, for the reader
	open func(ctx context.Context, dir string) (log, error)
}

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
