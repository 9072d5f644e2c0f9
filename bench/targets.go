package main

import "fmt"

// Targets are what the ledger should reach, each with what was measured. They are
// printed, never asserted: a disk and a neighbour decide them as well as we do.
type targets struct{ all []target }

type target struct {
	what, figures string
	met           bool
}

// ratio records whether ours is at least so many times theirs.
func (t *targets) ratio(what string, ours, theirs, least float64) {
	t.add(fmt.Sprintf("%s: at least %.4g×", what, least), ours >= least*theirs, "%.2f× (%.0f against %.0f)", ours/theirs, ours, theirs)
}

func (t *targets) add(what string, met bool, format string, args ...any) {
	t.all = append(t.all, target{what: what, met: met, figures: fmt.Sprintf(format, args...)})
}

func (t *targets) print() {
	if len(t.all) == 0 {
		return
	}
	fmt.Printf("\ntargets\n")
	for _, t := range t.all {
		fmt.Printf("  %s  %-72s %s\n", map[bool]string{true: "met   ", false: "missed"}[t.met], t.what, t.figures)
	}
}
