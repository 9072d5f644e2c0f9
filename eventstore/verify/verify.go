// Package verify reads a ledger, all of it, and says what is not as it was
// written, and where.
package verify

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"runtime/debug"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"wenxiao/eventstore"
)

// Options say how much is checked and who is told.
type Options struct {
	Readers int  // at once; 0: one for each processor
	SM3     bool // hold the data against SM3, too: some forty per cent more work

	// Heads that somebody signed or kept: the ledger must contain each.
	Heads []Head

	// Progress, if not nil, is told how many of how many records are done.
	Progress func(done, of eventstore.Position)

	// Resume, if not nil, is where an earlier run stopped. It must be one that
	// [State.Continues] with these options; that of another ledger is
	// [ErrOtherLedger].
	Resume *State

	// Save, if not nil, is given the state every so often and when reading ends
	// early. It must not keep it.
	Save  func(*State) error
	Every time.Duration
}

// A Head is the tree's root at some size, and where it comes from.
type Head struct {
	Name string // such as 检查点 2026.checkpoint
	Size eventstore.Position
	Root tlog.Hash
}

// Span is how many records are read at a time.
const Span = 4096

// Ledger reads the records of store up to the size its tree has now, and holds
// against one another: each envelope and its one encoding; data and digests;
// positions, revisions and times and those before them; the tree the store keeps
// and that of the envelopes; heads; and, of a store that is [eventstore.Indexed],
// every column and index. It goes on behind what it finds. An error means that it
// could not read on.
func Ledger(ctx context.Context, store eventstore.Store, o Options) (Report, error) {
	defer debug.SetGCPercent(debug.SetGCPercent(400)) // what is read is garbage a moment later
	w, err := begin(ctx, store, o)
	if err != nil {
		return Report{}, err
	}
	if err := w.read(ctx); err != nil {
		return w.Report, errors.Join(err, w.save())
	}
	if err := w.conclude(ctx); err != nil {
		return w.Report, err
	}
	w.Root = w.Tree.Root().String()
	return w.Report, nil
}

// A walk is a verification under way.
type walk struct {
	Options
	State
	store   eventstore.Store
	indexed eventstore.Indexed // nil when the store shows no columns
	kept    eventstore.Tree    // as the store had it at the start
	byName  map[uint64]int     // of stores that number no streams
	ids     map[uint64]bool    // of stores without an index of them
	saved   time.Time
}

func begin(ctx context.Context, store eventstore.Store, o Options) (*walk, error) {
	w := &walk{Options: o, store: store, saved: time.Now()}
	w.indexed, _ = store.(eventstore.Indexed)
	if w.Readers <= 0 {
		w.Readers = runtime.GOMAXPROCS(0)
	}
	if o.Resume != nil {
		w.State = *o.Resume
		w.From = w.Done
	} else {
		w.State = State{Key: newKey()}
		w.Report.SM3, w.Report.Indexes = o.SM3, w.indexed != nil
	}
	if w.indexed == nil {
		w.byName, w.ids = map[uint64]int{}, map[uint64]bool{}
	}
	if err := w.recognise(ctx); err != nil {
		return nil, err
	}
	head, err := store.Head(ctx)
	if err != nil {
		return nil, err
	}
	w.kept, err = store.Tree(ctx)
	switch {
	case errors.Is(err, eventstore.ErrDamaged):
		w.Add(Finding{Code: "tree.damaged", Place: "账本自存的树", Text: fmt.Sprintf("规模、边和树根互不相符：%v", err)})
		w.kept = eventstore.Tree{Size: head}
	case err != nil:
		return nil, err
	case w.kept.Size < head:
		w.Add(Finding{Code: "tree.size", Place: "账本自存的树", Position: w.kept.Size + 1, Last: head, Text: fmt.Sprintf("树只到 %d，账本末位是 %d：末尾的记录不在树内", w.kept.Size, head)})
		w.kept.Size = head
		w.kept.Edge = nil
	}
	if w.kept.Size < w.Done {
		return nil, fmt.Errorf("%w: 账本只到 %d，上次已核到 %d", ErrOtherLedger, w.kept.Size, w.Done)
	}
	return w, nil
}

// recognise looks whether the last record that the state counts is this ledger's.
func (w *walk) recognise(ctx context.Context) error {
	if w.Done == 0 || w.Broken > 0 {
		return nil
	}
	for r, err := range w.store.ReadAll(ctx, w.Done-1) {
		if err == nil && r.Position == w.Done && tlog.RecordHash(r.Envelope) == w.Leaf {
			return nil
		}
		break
	}
	return ErrOtherLedger
}

// conclude compares what only the whole shows.
func (w *walk) conclude(ctx context.Context) error {
	w.compareTree()
	for _, h := range w.Options.Heads {
		if h.Size > w.kept.Size {
			w.Add(Finding{Code: "head.beyond", Place: h.Name, Text: fmt.Sprintf("账本只到 %d，%s已到 %d：账本像是由较早的备份恢复的，或末尾被删去", w.kept.Size, h.Name, h.Size)})
		}
	}
	if err := w.strays(ctx); err != nil {
		return err
	}
	if w.indexed == nil {
		return nil
	}
	return w.indexes(ctx)
}

func (w *walk) compareTree() {
	switch {
	case w.Broken > 0:
		w.Add(Finding{Code: "tree.broken", Position: w.Broken, Text: "这里缺记录，其后的树无从核对"})
	case w.kept.Edge == nil && w.kept.Size > 0: // said already
	case w.Tree.Root() != w.kept.Root():
		f := Finding{Code: "tree.root", Position: 1, Last: w.kept.Size, Text: fmt.Sprintf("由信封算出的树根 %s，账本自存的是 %s", w.Tree.Root(), w.kept.Root())}
		f.Position, f.Last = differs(w.Tree, w.kept)
		w.Add(f)
	}
}

// differs returns the records below the first perfect subtree in which two trees
// of one size differ.
func differs(a, b eventstore.Tree) (first, last eventstore.Position) {
	first = 1
	for i, bit := 0, 63; bit >= 0; bit-- {
		width := eventstore.Position(1) << bit
		if a.Size&width == 0 {
			continue
		}
		if a.Edge[i] != b.Edge[i] {
			return first, first + width - 1
		}
		first, i = first+width, i+1
	}
	return 1, a.Size
}

// strays looks for rows behind the last position that the tree covers by now.
func (w *walk) strays(ctx context.Context) error {
	var last int64
	for k, err := range w.rows(ctx, int64(w.kept.Size), math.MaxInt64) {
		if err != nil && !errors.As(err, new(*eventstore.Fault)) {
			return err
		}
		last = max(last, k.Position)
	}
	tree, err := w.store.Tree(ctx)
	if errors.Is(err, eventstore.ErrDamaged) {
		tree, err = w.kept, nil
	}
	if err != nil {
		return err
	}
	if first := max(tree.Size, w.kept.Size); last > int64(first) {
		w.Add(Finding{Code: "row.stray", Position: first + 1, Last: eventstore.Position(last), Place: "ledger_events.position", Text: "账本末位之后还有行，不在树内"})
	}
	head, err := w.store.Head(ctx)
	if err == nil && head < w.kept.Size {
		w.Add(Finding{Code: "head.behind", Position: head + 1, Last: w.kept.Size, Text: fmt.Sprintf("账本自称末位是 %d，树却有 %d 件", head, w.kept.Size)})
	}
	return err
}
