package eventstore

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
)

// slate is a back-end in memory whose next calls can be made to fail, or held
// up so that appends gather behind them.
type slate struct {
	mu      sync.Mutex
	records []Record
	heads   map[string]Head
	named   map[int64]string
	used    map[string]Position
	batches [][]int // sizes of the appends of each batch that was tried

	fail func(Batch) fault // for each Commit, nil for none
	lost error             // what every other call returns while set
	gate chan struct{}     // each Commit takes one, when not nil
}

// A fault is what happens to one Commit: an error before or after it took hold.
type fault struct {
	before, after error
}

func newSlate() *slate {
	return &slate{heads: map[string]Head{}, named: map[int64]string{}, used: map[string]Position{}}
}

func (s *slate) Last(context.Context) (last Last, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n := len(s.records); n > 0 {
		last = Last{Position: Position(n), RecordedAt: s.records[n-1].RecordedAt, Stream: int64(len(s.named))}
	}
	return last, s.lost
}

func (s *slate) Find(_ context.Context, streams, commands []string) (Found, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found := Found{Heads: map[string]Head{}, Commands: map[string]Position{}}
	for _, name := range streams {
		if h, ok := s.heads[name]; ok {
			found.Heads[name] = h
		}
	}
	for _, c := range commands {
		if p, ok := s.used[c]; ok {
			found.Commands[c] = p
		}
	}
	return found, s.lost
}

func (s *slate) ReadAll(_ context.Context, after Position) iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) {
		s.mu.Lock()
		records, err := slices.Clone(s.records[after:]), s.lost
		s.mu.Unlock()
		if err != nil {
			yield(Record{}, err)
			return
		}
		for _, r := range records {
			if !yield(r, nil) {
				return
			}
		}
	}
}

func (s *slate) Commit(_ context.Context, batch Batch) error {
	if s.gate != nil {
		<-s.gate
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var f fault
	if s.fail != nil {
		f = s.fail(batch)
	}
	s.batches = append(s.batches, sizes(batch))
	if f.before != nil {
		return f.before
	}
	if err := s.keep(batch); err != nil {
		return err
	}
	return f.after
}

// keep refuses what a database's constraints would.
func (s *slate) keep(batch Batch) error {
	if batch.After != Position(len(s.records)) {
		return fmt.Errorf("%w: positions from %d on a ledger of %d", ErrUnwritten, batch.After+1, len(s.records))
	}
	for _, e := range batch.Entries {
		if _, ok := s.used[e.Taken()]; ok {
			return ErrTaken
		}
	}
	for _, n := range batch.Streams {
		if n.Number != int64(len(s.named)+1) {
			return fmt.Errorf("stream number %d on %d streams", n.Number, len(s.named))
		}
		s.named[n.Number] = n.Name
	}
	for i, e := range batch.Entries {
		if e.Position != batch.After+Position(i+1) || s.named[e.StreamNumber] != e.Stream || e.Revision != s.heads[e.Stream].Revision+1 {
			return fmt.Errorf("entry %+v does not follow", e.Header)
		}
		s.records = append(s.records, e.Record)
		s.heads[e.Stream] = Head{e.StreamNumber, e.Revision}
		if e.Taken() != "" {
			s.used[e.Taken()] = e.Position
		}
	}
	return nil
}

func sizes(batch Batch) (sizes []int) {
	for _, e := range batch.Entries {
		if e.First {
			sizes = append(sizes, 0)
		}
		sizes[len(sizes)-1]++
	}
	return sizes
}

func startWriter(t *testing.T, s *slate) *Writer {
	t.Helper()
	w, err := NewWriter(t.Context(), s, Chosen(), NewBeacon())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Close)
	return w
}

func named(command string) Draft {
	return Draft{Type: "t", Data: []byte(command), Meta: Meta{Command: command}}
}

// together sends appends so that they share one batch: the first commit is held
// up until they all wait.
func together(t *testing.T, s *slate, w *Writer, calls ...func() error) []error {
	t.Helper()
	s.gate = make(chan struct{})
	errs := make([]error, len(calls))
	var wg sync.WaitGroup
	wg.Go(func() { _, _ = w.Append(t.Context(), "gate", s.heads["gate"].Revision, named("")) })
	synctest.Wait()
	for i, call := range calls {
		wg.Go(func() { errs[i] = call() })
		synctest.Wait() // so that they wait in order
	}
	close(s.gate)
	wg.Wait()
	s.gate = nil
	return errs
}

func appending(t *testing.T, w *Writer, stream string, seen Revision, commands ...string) func() error {
	return func() error {
		var drafts []Draft
		for _, c := range commands {
			drafts = append(drafts, named(c))
		}
		_, err := w.Append(t.Context(), stream, seen, drafts...)
		return err
	}
}

func TestAppendsThatWaitShareOneTransaction(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSlate()
		w := startWriter(t, s)
		errs := together(t, s, w,
			appending(t, w, "a", 0, "1", "1"),
			appending(t, w, "a", 2, "2"), // sees the one before
			appending(t, w, "a", 2, "3"), // too late, by one
			appending(t, w, "b", 0, "4"),
			appending(t, w, "b", 0, "4"), // a repeat within the batch
			appending(t, w, "a", 3, "4"), // and a misuse
		)
		for i, want := range []error{nil, nil, ErrConflict, nil, nil, ErrCommandReused} {
			if !errors.Is(errs[i], want) {
				t.Errorf("call %d: got %v, want %v", i, errs[i], want)
			}
		}
		if got := fmt.Sprint(s.batches); got != "[[1] [2 1 1]]" {
			t.Errorf("batches %s", got)
		}
		if c := new(Conflict); !errors.As(errs[2], &c) || c.At != 3 {
			t.Errorf("conflict %v", errs[2])
		}
	})
}

// TestFailedBatchIsTriedOneByOne has the database refuse one append of a batch,
// certainly leaving nothing: its neighbours must not notice.
func TestFailedBatchIsTriedOneByOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSlate()
		cannot := errors.New("cannot write this one")
		s.fail = func(b Batch) (f fault) {
			for _, e := range b.Entries {
				if e.Command == "bad" {
					f.before = fmt.Errorf("%w: %w", ErrUnwritten, cannot)
				}
			}
			return f
		}
		w := startWriter(t, s)
		errs := together(t, s, w,
			appending(t, w, "a", 0, "1"), appending(t, w, "b", 0, "bad"), appending(t, w, "a", 1, "2"),
			appending(t, w, "b", 1, "after bad"), // rests on what was not written
		)
		for i, want := range []error{nil, cannot, nil, ErrConflict} {
			if !errors.Is(errs[i], want) {
				t.Errorf("call %d: got %v, want %v", i, errs[i], want)
			}
		}
		checkSlate(t, s, "gate", "a", "a")
	})
}

// TestUnknownOutcome fails a commit after it took hold and another before, with
// an error that does not say which. Nobody is told of success, nothing is tried
// again by the writer, and the callers find out by repeating.
func TestUnknownOutcome(t *testing.T) {
	for name, f := range map[string]fault{
		"it took hold": {after: errors.New("fsync: input/output error")},
		"it did not":   {before: errors.New("fsync: input/output error")},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newSlate()
				failed := false
				s.fail = func(b Batch) fault {
					if len(b.Entries) < 3 || failed {
						return fault{}
					}
					failed = true
					return f
				}
				w := startWriter(t, s)
				calls := []func() error{
					appending(t, w, "a", 0, "1"), appending(t, w, "b", 0, "2", "2"),
					appending(t, w, "a", 0, "3"), // a conflict, were the first written
				}
				for i, err := range together(t, s, w, calls...) {
					if !errors.Is(err, ErrOutcomeUnknown) {
						t.Errorf("call %d was told %v", i, err)
					}
				}
				if len(s.batches) != 2 {
					t.Errorf("the writer tried again: %v", s.batches)
				}
				for i, call := range calls {
					if err := call(); i < 2 && err != nil || i == 2 && !errors.Is(err, ErrConflict) {
						t.Errorf("call %d repeated: %v", i, err)
					}
				}
				checkSlate(t, s, "gate", "a", "b", "b")
			})
		})
	}
}

// TestEveryCommitMayFail lets the n-th commit fail, for every n and in every
// way, while callers repeat until they are answered: each command is carried
// out once.
func TestEveryCommitMayFail(t *testing.T) {
	broken := errors.New("broken")
	for way, f := range map[string]fault{
		"unwritten": {before: fmt.Errorf("%w: %w", ErrUnwritten, broken)}, "lost": {before: broken}, "done but lost": {after: broken},
	} {
		for n := range 12 {
			t.Run(fmt.Sprint(way, n), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					s, commits := newSlate(), 0
					s.fail = func(Batch) fault {
						if commits++; commits%13 == n {
							return f
						}
						return fault{}
					}
					w := startWriter(t, s)
					var wg sync.WaitGroup
					for c := range 8 {
						wg.Go(func() { insist(t, w, fmt.Sprint("s", c%3), fmt.Sprint("c", c), 5) })
					}
					wg.Wait()
					want := map[string]int{}
					for c := range 8 {
						want[fmt.Sprint("s", c%3)] += 5
					}
					for _, r := range s.records {
						want[r.Stream]--
					}
					if fmt.Sprint(want) != "map[s0:0 s1:0 s2:0]" {
						t.Errorf("too few or too many: %v", want)
					}
				})
			})
		}
	}
}

// insist carries out n commands on a stream that others write to as well.
func insist(t *testing.T, w *Writer, stream, name string, n int) {
	var at Revision
	for i := 0; i < n; {
		a, err := w.Append(t.Context(), stream, at, named(fmt.Sprint(name, "/", i)))
		conflict := new(Conflict)
		switch {
		case err == nil:
			at = a.Revision
			i++
		case errors.As(err, &conflict):
			at = conflict.At
		case !errors.Is(err, ErrUnwritten) && !errors.Is(err, ErrOutcomeUnknown):
			t.Errorf("got %v", err)
			return
		}
	}
}

func TestLostBackEndAnswersNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSlate()
		w := startWriter(t, s)
		first := appending(t, w, "a", 0, "1")
		if err := first(); err != nil {
			t.Fatal(err)
		}
		gone := errors.New("connection refused")
		s.fail = func(Batch) fault { return fault{before: gone} }
		s.lost = gone
		for range 2 {
			for name, call := range map[string]func() error{"new": appending(t, w, "a", 1, "2"), "stale": appending(t, w, "a", 7, "3")} {
				if err := call(); !errors.Is(err, gone) {
					t.Errorf("%s: %v", name, err)
				}
			}
		}
		s.fail, s.lost = nil, nil
		if err := appending(t, w, "a", 1, "2")(); err != nil {
			t.Errorf("after it came back: %v", err)
		}
		checkSlate(t, s, "a", "a")
	})
}

func TestDeposedWriterNeverWritesAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSlate()
		w := startWriter(t, s)
		s.fail = func(Batch) fault { return fault{before: ErrFenced} }
		errs := together(t, s, w, appending(t, w, "a", 0, "1"), appending(t, w, "b", 0, "2"))
		s.fail = nil
		for _, err := range append(errs, appending(t, w, "a", 0, "1")(), appending(t, w, "a", 9, "3")()) {
			if !errors.Is(err, ErrFenced) {
				t.Errorf("got %v", err)
			}
		}
		checkSlate(t, s)
	})
}

func TestCallersThatLeaveHoldUpNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSlate()
		w := startWriter(t, s)
		leaving, leave := context.WithCancel(t.Context())
		errs := together(t, s, w,
			func() error { go leave(); _, err := w.Append(leaving, "a", 0, named("1")); return err },
			appending(t, w, "b", 0, "2"),
		)
		if !errors.Is(errs[0], context.Canceled) || errs[1] != nil {
			t.Errorf("got %v", errs)
		}
		checkSlate(t, s, "gate", "b") // who has left before the batch was decided is not written
	})
}

// TestCachesForget runs more streams and commands than are remembered.
func TestCachesForget(t *testing.T) {
	s := newSlate()
	w := startWriter(t, s)
	w.heads, w.commands = newCache[string, Head](4), newCache[string, Position](4)
	for round := range Revision(3) {
		for i := range 20 {
			stream := fmt.Sprint("s", i)
			for range 2 {
				a, err := w.Append(t.Context(), stream, round, named(fmt.Sprint(stream, "/", round)))
				if err != nil || a.Revision != round+1 {
					t.Fatalf("%s: %+v, %v", stream, a, err)
				}
			}
		}
	}
	if len(s.records) != 60 {
		t.Errorf("%d records, want 60", len(s.records))
	}
}

func checkSlate(t *testing.T, s *slate, streams ...string) {
	t.Helper()
	var got []string
	for i, r := range s.records {
		if r.Position != Position(i+1) {
			t.Errorf("position %d follows %d", r.Position, i)
		}
		got = append(got, r.Stream)
	}
	if !slices.Equal(got, streams) {
		t.Errorf("the ledger holds records of %v, want %v", got, streams)
	}
}
