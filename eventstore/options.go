package eventstore

import "time"

// Options is what every back-end's Open can be told.
type Options struct {
	Clock    func() time.Time
	Unsealed bool
	Batches  func(appends, records int, took time.Duration)
}

// An Option changes one of the [Options].
type Option func(*Options)

// WithClock makes the store stamp records by clock instead of [time.Now].
func WithClock(clock func() time.Time) Option {
	return func(o *Options) { o.Clock = clock }
}

// WithoutSeal makes the store leave its Merkle tree where it is. It is there to
// measure what sealing costs; the next opening without it makes up for it.
func WithoutSeal() Option {
	return func(o *Options) { o.Unsealed = true }
}

// WithBatches has the writer tell told of each batch it has committed. told is
// called between two batches and must be quick.
func WithBatches(told func(appends, records int, took time.Duration)) Option {
	return func(o *Options) { o.Batches = told }
}

// Chosen returns the defaults changed by options.
func Chosen(options ...Option) Options {
	chosen := Options{Clock: time.Now}
	for _, set := range options {
		set(&chosen)
	}
	return chosen
}

// LaterOf returns the clock's reading as a ledger may stamp it: UTC, and never
// before last, the time of the record before.
func LaterOf(last, now time.Time) time.Time {
	if now.Before(last) {
		return last
	}
	return now.Round(0).UTC()
}
