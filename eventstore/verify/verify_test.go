package verify_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"wenxiao/domain"
	"wenxiao/eventstore"
	"wenxiao/eventstore/memory"
	"wenxiao/eventstore/postgres"
	"wenxiao/eventstore/postgres/pgtest"
	"wenxiao/eventstore/sqlite"
	"wenxiao/eventstore/verify"
)

// opened are the back-ends, each with an empty ledger.
func opened(t *testing.T) map[string]eventstore.Store {
	t.Helper()
	lite, err := sqlite.Open(filepath.Join(t.TempDir(), "ledger.db"))
	if err != nil {
		t.Fatal(err)
	}
	pg, err := postgres.Open(t.Context(), pgtest.URL(t))
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]eventstore.Store{"memory": memory.New(), "sqlite": lite, "postgres": pg}
	t.Cleanup(func() {
		for _, s := range all {
			_ = s.Close()
		}
	})
	return all
}

// drafts are n of one command; some data fill several pages, some are empty.
func drafts(command string, n int) []eventstore.Draft {
	list := make([]eventstore.Draft, n)
	for i := range list {
		data := fmt.Sprintf(`{"n":%d,"text":%q}`, i, strings.Repeat("绩效", (n*7+i*i*31)%900))
		if i%5 == 3 {
			data = ""
		}
		list[i] = eventstore.Draft{Type: "test.happened.v1", Data: []byte(data), Meta: eventstore.Meta{
			Actor: domain.Actor{Person: "p1", Name: "某人", Unit: "101"}, Command: command, Correlation: "c<&>" + command, Basis: []string{"第十条"},
		}}
	}
	return list
}

// fill appends to some streams, with and without commands.
func fill(t testing.TB, store eventstore.Store, appends int) {
	t.Helper()
	seen := map[string]eventstore.Revision{}
	for i := range appends {
		stream, command := fmt.Sprintf("stream-%d", i*i%(3+appends/7)), ""
		if i%3 > 0 {
			command = fmt.Sprintf("command-%d", i)
		}
		a, err := store.Append(context.Background(), stream, seen[stream], drafts(command, 1+i%4)...)
		if err != nil {
			t.Fatal(err)
		}
		seen[stream] = a.Revision
	}
}

func TestASoundLedger(t *testing.T) {
	for name, store := range opened(t) {
		t.Run(name, func(t *testing.T) {
			r, err := verify.Ledger(t.Context(), store, verify.Options{SM3: true})
			if err != nil || r.Found > 0 || r.Size != 0 {
				t.Fatalf("an empty ledger: %+v, %v", r, err)
			}
			fill(t, store, 400)
			tree, err := store.Tree(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			passed := false
			r, err = verify.Ledger(t.Context(), store, verify.Options{SM3: true, Heads: []verify.Head{{Name: "now", Size: tree.Size, Root: tree.Root()}},
				Progress: func(done, of eventstore.Position) { passed = done == of }})
			if err != nil || r.Found > 0 || r.Size != tree.Size || r.Streams != 12 || r.Root != tree.Root().String() || !passed {
				t.Fatalf("%+v, %v", r, err)
			}
		})
	}
}

// Records, streams and commands come while the ledger is read: nothing is found.
func TestAGrowingLedger(t *testing.T) {
	for name, store := range opened(t) {
		t.Run(name, func(t *testing.T) {
			fill(t, store, 30)
			done := make(chan error, 1)
			stop := make(chan struct{})
			go func() {
				for i := 0; ; i++ {
					select {
					case <-stop:
						done <- nil
						return
					case <-time.After(time.Millisecond):
					}
					if _, err := store.Append(context.Background(), fmt.Sprintf("later-%d", i), 0, drafts(fmt.Sprintf("later-%d", i), 3)...); err != nil {
						done <- err
						return
					}
				}
			}()
			for range 10 {
				r, err := verify.Ledger(t.Context(), store, verify.Options{})
				if err != nil || r.Found > 0 {
					t.Fatalf("%+v, %v", r, err)
				}
			}
			close(stop)
			if err := <-done; err != nil {
				t.Fatal(err)
			}
		})
	}
}

// The rows a back-end shows are the records it keeps.
func TestKeptRowsAreTheRecords(t *testing.T) {
	for name, store := range opened(t) {
		kept, ok := store.(eventstore.Indexed)
		if !ok {
			continue
		}
		t.Run(name, func(t *testing.T) {
			fill(t, store, 600)
			var rows []eventstore.Kept
			for k, err := range kept.ReadKept(t.Context(), 17, 1200) {
				if err != nil {
					t.Fatal(err)
				}
				rows = append(rows, k)
			}
			if len(rows) != 1183 {
				t.Fatalf("%d rows", len(rows))
			}
			i := 0
			for r, err := range store.ReadAll(t.Context(), 17) {
				if err != nil {
					t.Fatal(err)
				}
				k := rows[i]
				if int64(r.Position) != k.Position || string(r.Envelope) != string(k.Envelope) || string(r.Data) != string(k.Data) || string(k.Type) != r.Type ||
					k.Revision != int64(r.Revision) || !k.RecordedAt.Equal(r.RecordedAt.Truncate(kept.Precision())) || len(k.Odd) > 0 {
					t.Fatalf("row %+v of record %+v", k, r)
				}
				if i++; i == len(rows) {
					break
				}
			}
		})
	}
}

// A run that is broken off goes on where it stopped, and finds what it would
// have found.
func TestGoingOn(t *testing.T) {
	store := opened(t)["sqlite"]
	fill(t, store, 4000)
	whole, err := verify.Ledger(t.Context(), store, verify.Options{})
	if err != nil || whole.Size < 2*verify.Span {
		t.Fatal(whole.Size, err)
	}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var file []byte
	o := verify.Options{Readers: 1, Save: func(s *verify.State) (err error) { file, err = s.Encode("this"); return err }}
	o.Progress = func(done, _ eventstore.Position) {
		if done == verify.Span {
			stop()
		}
	}
	if _, err := verify.Ledger(ctx, store, o); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	if _, err := verify.DecodeState(file, "another"); !errors.Is(err, verify.ErrOtherLedger) {
		t.Error(err)
	}
	for i := range 400 {
		bad := append([]byte{}, file...)
		bad[i*len(bad)/400] ^= 1
		if _, err := verify.DecodeState(bad, "this"); !errors.Is(err, eventstore.ErrDamaged) {
			t.Fatalf("a bit at %d: %v", i, err)
		}
	}
	o.Progress, o.Resume = nil, must(verify.DecodeState(file, "this"))
	if o.Resume.Done == 0 || o.Resume.Done == whole.Size || !o.Resume.Continues(o) {
		t.Fatalf("stopped at %d", o.Resume.Done)
	}
	r, err := verify.Ledger(t.Context(), store, o)
	if err != nil || r.Found > 0 || r.From == 0 || r.Root != whole.Root || r.Streams != whole.Streams {
		t.Errorf("%+v, %v", r, err)
	}
	o.SM3 = true
	if o.Resume.Continues(o) {
		t.Error("a run with SM3 goes on from one without")
	}
	o.SM3, o.Heads = false, []verify.Head{{Size: 5}}
	if o.Resume.Continues(o) {
		t.Error("a run goes on without comparing a head it has passed")
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
