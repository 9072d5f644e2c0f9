package seal

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"wenxiao/eventstore"
)

// A process without the keys hands out what the one with them has published, and
// nothing that they did not sign.
func TestObserverShowsWhatIsPublished(t *testing.T) {
	store, dir := newStore(t, 5), t.TempDir()
	o := NewObserver(store, Tiles{filepath.Join(dir, "log")}, filepath.Join(dir, "seal"))
	if c, ok := o.Latest(); ok || o.Sealed().Fault != "" {
		t.Fatalf("nothing is published, yet %v, %+v", c, o.Sealed())
	}
	waited := make(chan error, 1)
	go func() {
		c, err := o.WaitFor(t.Context(), 5)
		if err == nil && c.Size != 5 {
			err = errors.New("another checkpoint")
		}
		waited <- err
	}()
	s, _, _ := newSealer(t, store, dir, "")
	c := sealed(t, s)
	check(t, <-waited)
	text, err := o.Receipt(t.Context(), 3)
	check(t, err)
	r, err := ParseReceipt(text)
	check(t, err)
	if _, err := r.Verify(o.Policy()); err != nil || r.Position() != 3 || !bytes.Equal(r.Checkpoint.Note, c.Note) {
		t.Errorf("%v, %+v", err, r)
	}
	if status := o.Status(); status.Origin != c.Origin || status.Checkpoint != 5 || status.Head != 5 || !status.Quorum || status.SignedAt.IsZero() {
		t.Errorf("%+v", status)
	}
	if _, err := o.WaitFor(t.Context(), 6); !errors.Is(err, ErrNotCovered) {
		t.Errorf("a record there is not: %v", err)
	}
	forged := bytes.Replace(c.Note, []byte("\n5\n"), []byte("\n4\n"), 1)
	check(t, os.WriteFile(filepath.Join(dir, "log", checkpointFile), forged, 0o600))
	time.Sleep(2 * observed)
	if got, ok := o.Latest(); !ok || got.Size != 5 || o.Sealed().Fault == "" {
		t.Errorf("a forged checkpoint: %v, %+v", got, o.Sealed())
	}
}

// Records that wait too long for a checkpoint are told of.
func TestObserverMissesCheckpoints(t *testing.T) {
	store, dir := newStore(t, 5), t.TempDir()
	s, signer, _ := newSealer(t, store, dir, "")
	sealed(t, s)
	o := NewObserver(store, Tiles{filepath.Join(dir, "log")}, signer.dir)
	if _, err := store.Append(context.Background(), "late", 0, eventstore.Draft{Type: "x.v1", Data: []byte(`{}`)}); err != nil {
		t.Fatal(err)
	}
	if fault := o.Status().Fault; fault != "" {
		t.Errorf("too soon: %s", fault)
	}
	o.since = o.since.Add(-2 * overdue)
	if o.Status().Fault == "" {
		t.Error("nothing is said of records without a checkpoint")
	}
	sealed(t, s)
	time.Sleep(2 * observed)
	if fault := o.Status().Fault; fault != "" {
		t.Errorf("covered, yet: %s", fault)
	}
}
