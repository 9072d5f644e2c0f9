package api

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"wenxiao/domain"
	"wenxiao/domain/rulebook"
	"wenxiao/eventstore"
)

// An order is one command on its way to the ledger: who gives it, on which
// stream as they saw it, and what it will be said to rest on.
type order struct {
	Who
	name   string // in [Permissions]
	stream string
	seen   eventstore.Revision
	digest string // of what was asked for

	about    Concern
	basis    []string // ids of the events it relies on
	rulebook *rulebook.Rulebook
}

// order begins one. asked is the command as it came, before the handler adds
// what it knows: a repeat must ask for the same.
func (w Who) order(name, stream string, seen eventstore.Revision, asked any) (order, error) {
	body, err := json.Marshal(asked)
	if err != nil {
		return order{}, fmt.Errorf("digest of %s: %w", name, err)
	}
	head := strings.Join(append([]string{w.Username, name, stream, w.EffectiveAt.UTC().Format(time.RFC3339Nano)}, w.Attachments...), "\x00")
	sum := sha256.Sum256(append([]byte(head+"\x00"), body...))
	return order{Who: w, name: name, stream: stream, seen: seen, digest: hex.EncodeToString(sum[:16])}, nil
}

// correlation names the request and binds the command's id to what it asked for.
// It stands in the envelope, so the binding lasts as long as the ledger.
func (o order) correlation() string { return o.Correlation + "/sha256:" + o.digest }

func (o order) meta(now time.Time) (eventstore.Meta, error) {
	if o.EffectiveAt.After(now) {
		return eventstore.Meta{}, domain.Refusal{
			Code: "request.effective-to-come", Field: "/effectiveAt",
			Reason: fmt.Sprintf("发生时间 %s 尚未到来", o.EffectiveAt.In(domain.Beijing).Format(time.DateTime)),
		}
	}
	m := eventstore.Meta{EffectiveAt: o.EffectiveAt, Actor: o.Actor(), Command: o.Command, Correlation: o.correlation(), Basis: o.basis}
	if o.rulebook != nil {
		m.Rulebook = o.rulebook.Ref()
	}
	return m, nil
}

// carryOut is the one way from a request into the ledger: may they, is it theirs
// to say when, read, replay, decide, append.
func carryOut[S domain.State[S, E], E domain.Event](
	ctx context.Context, s *Server, o order, stored domain.Decoders[E], cmd domain.Command[S, E],
) (eventstore.Appended, error) {
	if len(o.Attachments) > 0 { // from here until the act is written, no file is taken back
		release, err := s.Guard.Beside(ctx, citing)
		if err != nil {
			return eventstore.Appended{}, err
		}
		defer release()
	}
	return enact(ctx, s, o, stored, cmd)
}

// enact is carryOut for who holds citing already, or need not.
func enact[S domain.State[S, E], E domain.Event](
	ctx context.Context, s *Server, o order, stored domain.Decoders[E], cmd domain.Command[S, E],
) (eventstore.Appended, error) {
	if err := s.allowed(ctx, o); err != nil {
		return eventstore.Appended{}, err
	}
	if err := s.cite(ctx, &o); err != nil {
		return eventstore.Appended{}, err
	}
	meta, err := o.meta(s.Now())
	if err != nil {
		return eventstore.Appended{}, err
	}
	if o.Trial {
		return eventstore.Appended{}, try(ctx, s, o, stored, cmd)
	}
	appended, err := eventstore.Execute(ctx, s.Store, stored, o.stream, o.seen, cmd, meta)
	if err == nil && appended.Repeated {
		err = s.sameRequest(ctx, appended, o)
	}
	return appended, err
}

// allowed refuses what the account may not do, and has the log remember it.
func (s *Server) allowed(ctx context.Context, o order) error {
	err := Allowed(o.Account, o.name, o.about)
	if err != nil {
		s.Log.WarnContext(ctx, "not allowed", "request", requestID(ctx), "username", o.Username, "command", o.name, "stream", o.stream, "err", err)
	}
	return err
}

// try decides as [eventstore.Execute] would, and leaves the ledger as it is.
func try[S domain.State[S, E], E domain.Event](
	ctx context.Context, s *Server, o order, stored domain.Decoders[E], cmd domain.Command[S, E],
) error {
	state, at, err := eventstore.Load[S](ctx, s.Store, stored, o.stream)
	if err != nil {
		return err
	}
	if o.seen != eventstore.AnyRevision && o.seen != at {
		return &eventstore.Conflict{Stream: o.stream, Seen: o.seen, At: at}
	}
	_, err = cmd.Decide(state)
	return err
}

// sameRequest refuses a command id that an earlier, different request used up.
func (s *Server) sameRequest(ctx context.Context, earlier eventstore.Appended, o order) error {
	for r, err := range s.Store.ReadAll(ctx, earlier.Position-1) {
		if err != nil {
			return err
		}
		if _, digest, _ := strings.Cut(r.Correlation, "/sha256:"); digest == o.digest {
			return nil
		}
		break
	}
	return eventstore.ErrCommandReused
}

// A history is a stream as it stands, with the ids of its events: what a
// decision rests on is named by them.
type history[S any] struct {
	state S
	at    eventstore.Revision
	last  string            // id of the last event
	ids   map[string]string // id of the last event of each type
}

// recall reads a stream. until leaves out what happened in the world after that
// moment; the zero time leaves out nothing.
func recall[S domain.State[S, E], E domain.Event](
	ctx context.Context, s *Server, stored domain.Decoders[E], stream string, until time.Time,
) (h history[S], err error) {
	h.ids = map[string]string{}
	for r, err := range s.Store.ReadStream(ctx, stream, 0) {
		if err != nil {
			return h, fmt.Errorf("read %s: %w", stream, err)
		}
		h.at = r.Revision
		if !until.IsZero() && r.EffectiveAt.After(until) {
			continue
		}
		event, err := stored.Decode(r.Type, r.Data)
		if err != nil {
			return h, fmt.Errorf("read %s@%d: %w", stream, r.Revision, err)
		}
		h.state, h.last, h.ids[r.Type] = h.state.Evolve(event), r.ID, r.ID
	}
	return h, nil
}

// day is when the command's matter happened, for choosing the rules in force.
func (s *Server) day(w Who) domain.Day {
	if w.EffectiveAt.IsZero() {
		return s.today()
	}
	return domain.DayOf(w.EffectiveAt)
}

// inForce returns the rules of a jurisdiction on a day: its own, else the
// national ones, else the first national ones there were.
func inForce(jurisdiction string, day domain.Day) *rulebook.Rulebook {
	for _, j := range []string{jurisdiction, "national"} {
		if book, ok := rulebook.InForce(j, day); ok {
			return book
		}
	}
	return rulebook.Default()
}
