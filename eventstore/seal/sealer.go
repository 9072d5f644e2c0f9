package seal

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"golang.org/x/mod/sumdb/note"

	"wenxiao/eventstore"
)

// every is the least time between two rounds.
const every = time.Second

// A Sealer signs and publishes the heads of a ledger. Nothing it meets keeps
// anybody from filing: what is wrong stands in its Status and in the log.
type Sealer struct {
	store  eventstore.Store
	tiles  Tiles
	signer Signer
	policy Policy
	log    *slog.Logger

	round     sync.Mutex // one round at a time
	witnesses []*witness // owned by the round

	mu      sync.Mutex
	latest  Checkpoint
	signed  time.Time
	quorum  bool
	fault   error
	told    []WitnessStatus
	short   bool          // of a quorum, and it was said so
	changed chan struct{} // closed and replaced when any of these changes
}

// A Status is how sealing goes.
type Status struct {
	Origin     string              `json:"origin"`
	Head       eventstore.Position `json:"head"`       // records in the ledger
	Checkpoint eventstore.Position `json:"checkpoint"` // records the latest checkpoint covers
	SignedAt   time.Time           `json:"signedAt,omitzero"`
	Witnesses  []WitnessStatus     `json:"witnesses"`
	Quorum     bool                `json:"quorum"`            // the latest checkpoint has the cosignatures the policy needs
	Refused    []string            `json:"refused,omitempty"` // witnesses that have seen another history: an alarm
	Fault      string              `json:"fault,omitempty"`   // why nothing is signed, in Chinese
}

// A WitnessStatus is how one witness stands to the latest checkpoint.
type WitnessStatus struct {
	Name     string    `json:"name"`
	Cosigned bool      `json:"cosigned"`
	At       time.Time `json:"at,omitzero"`     // of its cosignature
	Refused  bool      `json:"refused"`         // it has seen another history, and says so
	Fault    string    `json:"fault,omitempty"` // why it has not, in Chinese, fit for everybody
}

// NewSealer returns the sealer of store. The policy believes the signer's own keys
// whether it lists them or not.
func NewSealer(store eventstore.Store, tiles Tiles, signer Signer, policy Policy, log *slog.Logger) (*Sealer, error) {
	policy, err := policy.WithLogs(signer.Verifiers()...)
	if err != nil {
		return nil, err
	}
	s := &Sealer{store: store, tiles: tiles, signer: signer, policy: policy, log: log, quorum: true, changed: make(chan struct{})}
	s.witnesses = policy.asked()
	s.told = testimony(s.witnesses)
	return s, s.recall()
}

// recall takes up the checkpoint published before, if it is one of this log. The
// file may have been tampered with; then the next round makes another.
func (s *Sealer) recall() error {
	c, err := s.tiles.Published()
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) || errors.Is(err, ErrMalformed) {
			return nil
		}
		return err
	}
	v, err := s.policy.Check(c.Note)
	if err != nil || c.Origin != s.signer.Origin() {
		return nil
	}
	s.latest, s.quorum = c, v.Quorum
	if info, err := os.Stat(filepath.Join(s.tiles.Dir, checkpointFile)); err == nil {
		s.signed = info.ModTime()
	}
	for _, w := range s.witnesses {
		w.recall(c.Size, v)
	}
	s.told = testimony(s.witnesses)
	return nil
}

// Policy is what those who verify need: the log's keys, the witnesses, the
// quorum.
func (s *Sealer) Policy() Policy { return s.policy }

// Tiles is where the log is published.
func (s *Sealer) Tiles() Tiles { return s.tiles }

// Run seals, about once a second while there is news, until ctx ends. It returns
// the context's error, or [eventstore.ErrClosed] when the store is closed.
func (s *Sealer) Run(ctx context.Context) error {
	for {
		started := time.Now()
		c, err := s.Seal(ctx)
		rest := every - time.Since(started)
		if err != nil {
			rest = restTime
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		select {
		case <-time.After(rest):
		case <-ctx.Done():
			return ctx.Err()
		}
		if err != nil {
			continue
		}
		if err := s.waitForNews(ctx, c.Size); err != nil {
			return err
		}
	}
}

// waitForNews returns when there are records beyond after, or when a witness that
// has not cosigned should be asked again.
func (s *Sealer) waitForNews(ctx context.Context, after eventstore.Position) error {
	wait := ctx
	if slices.ContainsFunc(s.Status().Witnesses, func(w WitnessStatus) bool { return !w.Cosigned }) {
		var cancel context.CancelFunc
		wait, cancel = context.WithTimeout(ctx, restTime)
		defer cancel()
	}
	err := s.store.Wait(wait, after)
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
		return nil
	}
	return err
}

// Seal carries out one round: tiles, signature, publication, cosignatures. A
// ledger without records has no checkpoint, and that is no error.
func (s *Sealer) Seal(ctx context.Context) (Checkpoint, error) {
	s.round.Lock()
	defer s.round.Unlock()
	c, err := s.seal(ctx)
	if err != nil && ctx.Err() == nil {
		s.fail(err)
	}
	return c, err
}

func (s *Sealer) seal(ctx context.Context) (Checkpoint, error) {
	tree, err := s.store.Tree(ctx)
	if err != nil {
		return Checkpoint{}, err
	}
	last, err := s.signer.Signed(ctx)
	if err != nil {
		return Checkpoint{}, err
	}
	head, shown := HeadOf(tree), s.shown(last)
	if shown == head && s.current(head) || shown.Size == 0 && head.Size == 0 {
		c, _ := s.Latest()
		return s.witnessed(ctx, c)
	}
	if err := s.prepare(ctx, head, shown); err != nil {
		return Checkpoint{}, err
	}
	proof, err := s.tiles.ProveTree(head, last.Size)
	if err != nil {
		return Checkpoint{}, err
	}
	signed, err := s.signer.Sign(ctx, head, proof)
	if err != nil {
		return Checkpoint{}, err
	}
	if err := s.tiles.publish(signed); err != nil {
		return Checkpoint{}, err
	}
	return s.witnessed(ctx, Checkpoint{head, s.signer.Origin(), signed})
}

// shown returns the larger of the last head signed, as the signer remembers it,
// and the one that is published under the signer's own key: a signer put back
// from a backup has forgotten what everybody else has seen.
func (s *Sealer) shown(last Head) Head {
	if c, ok := s.Latest(); ok && c.Size > last.Size {
		return c.Head
	}
	return last
}

// current reports whether head is published, signed by the keys as they are now.
func (s *Sealer) current(head Head) bool {
	c, ok := s.Latest()
	if !ok || c.Head != head {
		return false
	}
	v, err := s.policy.Check(c.Note)
	return err == nil && !slices.ContainsFunc(s.signer.Verifiers(), func(vkey string) bool {
		known, err := newLogVerifier(vkey)
		return err != nil || !slices.Contains(v.SignedBy, shortKey(known))
	})
}

// prepare puts the tiles of head in place. It goes on from the tiles of the last
// head signed, which were there before it was; where nothing is published it
// writes them all.
func (s *Sealer) prepare(ctx context.Context, head, last Head) error {
	if head.Size < last.Size || head.Size == 0 {
		return fmt.Errorf("%w：签过 %d 件，现有 %d 件", ErrInconsistent, last.Size, head.Size)
	}
	from := last
	if _, err := s.tiles.Published(); errors.Is(err, fs.ErrNotExist) {
		from = Head{}
	}
	made, err := s.tiles.extend(ctx, s.store, from, head.Size)
	switch {
	case err != nil:
		return err
	case made == head:
		return nil
	case from.Size > 0:
		return fmt.Errorf("%w：%d 件的树根是 %s，由签过的长成应是 %s", ErrInconsistent, head.Size, head.Root, made.Root)
	}
	return fmt.Errorf("%w：%d 件记录的树根是 %s，账本的哈希树是 %s", eventstore.ErrDamaged, head.Size, made.Root, head.Root)
}

// Rebuild makes all tiles of the last head shown anew from the ledger, in the
// place of those there are.
func (s *Sealer) Rebuild(ctx context.Context) (Checkpoint, error) {
	s.round.Lock()
	defer s.round.Unlock()
	last, err := s.signer.Signed(ctx)
	shown := s.shown(last)
	if err != nil || shown.Size == 0 {
		return Checkpoint{}, err
	}
	c, published := s.Latest()
	if !published || c.Head != shown {
		signed, err := s.signer.Sign(ctx, last, nil) // the same head has the same answer
		if err != nil {
			return Checkpoint{}, err
		}
		c = Checkpoint{last, s.signer.Origin(), signed}
	}
	return c, s.tiles.Rebuild(ctx, s.store, c)
}

// witnessed asks those witnesses who have not cosigned c, publishes it again with
// what they gave, and makes it the latest.
func (s *Sealer) witnessed(ctx context.Context, c Checkpoint) (Checkpoint, error) {
	if c.Size == 0 {
		s.accept(c, true)
		return c, nil
	}
	if got := askAll(ctx, s.witnesses, s.tiles, c); len(got) > 0 {
		signed, err := cosign(c.Note, got)
		if err != nil {
			return Checkpoint{}, err
		}
		c.Note = signed
		if err := s.tiles.publish(signed); err != nil {
			return Checkpoint{}, err
		}
	}
	v, err := s.policy.Check(c.Note)
	if err != nil {
		return Checkpoint{}, err
	}
	s.accept(c, v.Quorum)
	return c, nil
}

// cosign adds cosignatures to a signed note.
func cosign(signed []byte, lines []note.Signature) ([]byte, error) {
	text, have, err := splitNote(string(signed))
	if err != nil {
		return nil, err
	}
	out := []byte(text + "\n")
	for _, line := range have {
		out = append(append(out, line...), '\n')
	}
	for _, l := range lines {
		out = fmt.Appendf(out, "%s%s %s\n", signaturePrefix, l.Name, l.Base64)
	}
	return out, nil
}
