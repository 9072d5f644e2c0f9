// Bench measures the ledger beside its peers in one run and prints ratios. The
// disk decides most of it, so every table also shows the disk's own fsync rate
// of that moment, and peers take turns, round by round.
//
//	go run . [-short] [-only appends,city,sealing,rebuild,deadline,size]
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"wenxiao/bench/deadline"
)

// A plan says how long and how much.
type plan struct {
	each    time.Duration // of one measurement
	rounds  int           // of every peer; the median counts
	small   int           // events of the small ledger
	large   int           // events of the large one
	filled  int           // events that tables are filled from
	dir     string        // on the disk to be measured
	writers []int

	backends []string // of the city
	targets  *targets

	week      deadline.Week
	processes int    // of the deadline week on PostgreSQL, beside a run with one
	binary    string // to run it; built if empty
}

var full = plan{each: 3 * time.Second, rounds: 3, small: 10_000, large: 1_000_000, filled: 300_000, writers: []int{1, 16, 64, 256}, week: deadline.Usual}

var short = plan{each: 200 * time.Millisecond, rounds: 1, small: 1_000, large: 12_000, filled: 5_000, writers: []int{64}, week: deadline.Short}

var parts = []struct {
	name string
	run  func(context.Context, plan) error
}{
	{"appends", appends}, {"city", cityAtWork}, {"sealing", sealing}, {"rebuild", rebuildAll}, {"deadline", deadlineWeek}, {"size", sizes},
}

func main() {
	quick := flag.Bool("short", false, "a quick look: small ledgers, one round")
	only := flag.String("only", "", "comma-separated parts: appends, city, sealing, rebuild, deadline, size")
	each := flag.Duration("each", 0, "how long one measurement takes (default: 3 s, short 0.2 s)")
	large := flag.Int("large", 0, "events of the large city (default: a million, short 12,000)")
	writers := flag.String("writers", "", "comma-separated numbers of writers of appends (default: 1,16,64,256, short 64)")
	dir := flag.String("dir", "", "where to put the ledgers (default: the temporary folder)")
	backends := flag.String("backends", "sqlite,postgres", "of the city, of rebuilding and of the deadline week")
	week := flag.Duration("week", 0, "what the deadline week is pressed into (default: 4 minutes, short 2 s)")
	processes := flag.Int("processes", 1, "of the deadline week on PostgreSQL, beside a run with one")
	binary := flag.String("binary", "", "wenxiao to run in the deadline week (default: built)")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	p := full
	if *quick {
		p = short
	}
	p.targets = new(targets)
	p.backends = strings.Split(*backends, ",")
	p.processes, p.binary = *processes, *binary
	p.week.Length = cmp.Or(*week, p.week.Length)
	p.each, p.large = cmp.Or(*each, p.each), cmp.Or(*large, p.large)
	err := p.choose(*writers)
	if err == nil {
		err = run(ctx, p, *dir, *only)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// choose reads numbers of writers.
func (p *plan) choose(writers string) (err error) {
	if writers == "" {
		return nil
	}
	p.writers = nil
	for text := range strings.SplitSeq(writers, ",") {
		n, wrong := strconv.Atoi(text)
		p.writers, err = append(p.writers, n), errors.Join(err, wrong)
	}
	return err
}

func run(ctx context.Context, p plan, dir, only string) (err error) {
	if p.dir, err = os.MkdirTemp(dir, "wenxiao-bench-"); err != nil {
		return err
	}
	defer os.RemoveAll(p.dir)
	fmt.Printf("%s %s/%s, %d CPUs, %s\n", runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), time.Now().UTC().Format(time.DateOnly))
	for _, part := range parts {
		if only != "" && !slices.Contains(strings.Split(only, ","), part.name) {
			continue
		}
		if err := part.run(ctx, p); err != nil {
			return fmt.Errorf("%s: %w", part.name, err)
		}
	}
	p.targets.print()
	return nil
}
