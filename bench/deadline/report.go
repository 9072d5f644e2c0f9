package deadline

import (
	"fmt"
	"io"
	"slices"
	"time"

	"wenxiao/domain"
)

// A Report is how a week went.
type Report struct {
	Week      Week
	Processes int
	Took      time.Duration
	Events    int // that the week added to the ledger
	Tables    Tables
	Used      []Used // of each server, once it has stopped

	tally        *tally
	before       int                             // where the ledger ended before the week
	acknowledged map[string]domain.ProgrammeCode // by the position that the officer was told
}

// Errors is how many requests went wrong: none should.
func (r *Report) Errors() int { return r.tally.errors }

// Filing returns the median and the 95th of a hundred of signing and filing.
func (r *Report) Filing() (median, p95 time.Duration) {
	took := slices.Sorted(slices.Values(r.tally.times["file"]))
	if len(took) == 0 {
		return 0, 0
	}
	return took[len(took)/2], took[len(took)*95/100]
}

// Print writes the report for people.
func (r *Report) Print(w io.Writer) {
	t := r.tally
	seconds := r.Took.Seconds()
	fmt.Fprintf(w, "  %d requests in %.1f s (%.0f a second), %.1f hours of the week a second, %d processes\n",
		t.requests, seconds, float64(t.requests)/seconds, hours/seconds, r.Processes)
	fmt.Fprintf(w, "  %d errors, %d times somebody else was first (412, sent again), %d receipts asked for before the checkpoint\n", t.errors, t.conflicts, t.unsigned)
	fmt.Fprintf(w, "  %d records added, %.0f a second, %.0f in the busiest; tables behind by %d records (median), %d (99th), %d (most)\n",
		r.Events, float64(r.Events)/seconds, r.Tables.Fastest, r.Tables.Median, r.Tables.P99, r.Tables.Most)
	for i, u := range r.Used {
		fmt.Fprintf(w, "  server %d: %.1f s of processor time, at most %d MiB\n", i+1, u.Processor.Seconds(), u.Memory>>20)
	}
	fmt.Fprintf(w, "  %-26s %8s %10s %10s %10s %10s\n", "", "times", "median", "95th", "99th", "longest")
	for _, kind := range r.kinds() {
		took := slices.Sorted(slices.Values(t.times[kind]))
		at := func(percent int) time.Duration {
			return took[min(len(took)*percent/100, len(took)-1)].Round(100 * time.Microsecond)
		}
		fmt.Fprintf(w, "  %-26s %8d %10s %10s %10s %10s\n", kind, len(took), at(50), at(95), at(99), at(100))
	}
	for _, sample := range t.samples {
		fmt.Fprintf(w, "  error: %s\n", sample)
	}
}

// kinds are in the order people meet them.
func (r *Report) kinds() []string {
	all := []string{"sign in", "filing desk", "form", "check", "file", "programme", "act form", "act"}
	var others []string
	for kind := range r.tally.times {
		if !slices.Contains(all, kind) {
			others = append(others, kind)
		}
	}
	slices.Sort(others)
	return slices.DeleteFunc(append(all, others...), func(kind string) bool { return len(r.tally.times[kind]) == 0 })
}
