package seal

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"wenxiao/eventstore"
)

const (
	// observed is how old the checkpoint may be that an [Observer] shows.
	observed = 50 * time.Millisecond

	// overdue is how long records may wait for a checkpoint before an [Observer]
	// says that something is wrong: a round takes about a second.
	overdue = 30 * time.Second
)

// An Observer is the log of a ledger for a process that does not hold its keys:
// it hands out what another has signed and published beside it. It believes the
// public keys that lie there, and no checkpoint that they did not sign.
type Observer struct {
	store eventstore.Store
	tiles Tiles
	keys  string // directory of the signer, of which it reads what is public

	mu       sync.Mutex
	looked   time.Time
	policy   Policy
	latest   Checkpoint
	verified Verified
	signed   time.Time
	fault    error
	since    time.Time           // when the ledger was first seen to be longer than the checkpoint
	covered  eventstore.Position // by the checkpoint then
}

// NewObserver returns the observer of the log of store in tiles, whose signer is
// in the directory keys. Neither need be there yet.
func NewObserver(store eventstore.Store, tiles Tiles, keys string) *Observer {
	return &Observer{store: store, tiles: tiles, keys: keys}
}

// Tiles is where the log is published.
func (o *Observer) Tiles() Tiles { return o.tiles }

// Policy is what those who verify need; one that believes nobody before the first
// process has led.
func (o *Observer) Policy() Policy {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.look()
	return o.policy
}

// Latest returns the latest checkpoint, false when there is none.
func (o *Observer) Latest() (Checkpoint, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.look()
	return o.latest, o.latest.Size > 0
}

// look reads what is published, unless it did so a moment ago. The caller holds
// mu. What was believed before stays when the files cannot be read or are not to
// be believed.
func (o *Observer) look() {
	if time.Since(o.looked) < observed {
		return
	}
	o.looked = time.Now()
	policy, err := LoadPolicy(o.keys)
	if err == nil {
		o.policy = policy
		err = o.take()
	}
	if errors.Is(err, fs.ErrNotExist) { // nothing is published yet
		err = nil
	}
	o.fault = err
}

func (o *Observer) take() error {
	c, err := o.tiles.Published()
	if err != nil || string(c.Note) == string(o.latest.Note) {
		return err
	}
	v, err := o.policy.Check(c.Note)
	if err != nil {
		return err
	}
	info, err := os.Stat(filepath.Join(o.tiles.Dir, checkpointFile))
	if err != nil {
		return err
	}
	if c.Head != o.latest.Head {
		o.signed = info.ModTime()
	}
	o.latest, o.verified = c, v
	return nil
}

// Status says how sealing goes, as far as can be seen from here. Why nothing is
// signed the process knows that signs.
func (o *Observer) Status() Status {
	head, err := o.store.Head(context.Background())
	s := o.Sealed()
	s.Head = head
	if err != nil {
		s.Fault = inWords(err)
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if waiting := o.waiting(head); s.Fault == "" && waiting > overdue {
		s.Fault = fmt.Sprintf("%d 件记录已等了 %d 秒没有新的检查点：领头的进程没有签署，见那里的日志", head-o.latest.Size, int(waiting.Seconds()))
	}
	return s
}

// Sealed is Status without asking the store: Head is 0.
func (o *Observer) Sealed() Status {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.look()
	s := Status{
		Origin: o.latest.Origin, Checkpoint: o.latest.Size, SignedAt: o.signed,
		Witnesses: []WitnessStatus{}, Quorum: o.latest.Size == 0 || o.verified.Quorum, Fault: inWords(o.fault),
	}
	for _, k := range o.policy.witnesses {
		w := WitnessStatus{Name: k.name, Cosigned: slices.Contains(o.verified.Cosigned, k.name)}
		if w.Cosigned {
			w.At = o.signed
		}
		s.Witnesses = append(s.Witnesses, w)
	}
	return s
}

// waiting is for how long records have been without a checkpoint, as far as it
// was seen from here.
func (o *Observer) waiting(head eventstore.Position) time.Duration {
	switch {
	case head <= o.latest.Size:
		o.since = time.Time{}
		return 0
	case o.since.IsZero() || o.covered != o.latest.Size:
		o.since, o.covered = time.Now(), o.latest.Size
	}
	return time.Since(o.since)
}

// WaitFor is [Sealer.WaitFor]. It waits also for the process that signs to come
// up.
func (o *Observer) WaitFor(ctx context.Context, position eventstore.Position) (Checkpoint, error) {
	if head, err := o.store.Head(ctx); err != nil || position == 0 || position > head {
		return Checkpoint{}, errors.Join(err, fmt.Errorf("%w：第 %d 件，共 %d 件", ErrNotCovered, position, head))
	}
	for {
		if c, ok := o.Latest(); ok && c.Size >= position {
			return c, nil
		}
		select {
		case <-ctx.Done():
			return Checkpoint{}, ctx.Err()
		case <-time.After(observed):
		}
	}
}

// Receipt is [Sealer.Receipt].
func (o *Observer) Receipt(ctx context.Context, position eventstore.Position) ([]byte, error) {
	c, err := o.WaitFor(ctx, position)
	if err != nil {
		return nil, err
	}
	r, err := Issue(ctx, o.store, o.tiles, c, position)
	if err != nil {
		return nil, err
	}
	return r.Text(), nil
}
