package eventstore

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"wenxiao/domain"
)

// Execute carries out cmd on stream: read, replay, decide, append. seen is the
// revision the person decided on; a stream that has moved on is a [Conflict]
// and is never retried in silence. With [AnyRevision] the command is decided on
// the stream as it is, and anew when another writer comes between.
//
// A command id found in the stream answers as the first time, before anything is
// decided. A command that changes nothing appends nothing and answers with the
// stream's own revision. Refusals are the domain's own.
func Execute[S domain.State[S, E], E domain.Event](
	ctx context.Context, store Store, stored domain.Decoders[E], stream string, seen Revision,
	cmd domain.Command[S, E], meta Meta,
) (Appended, error) {
	for tries := 0; ; tries++ {
		a, err := executeOnce(ctx, store, stored, stream, seen, cmd, meta)
		if seen != AnyRevision || !errors.Is(err, ErrConflict) || tries == maxTries {
			return a, err
		}
	}
}

// AnyRevision tells [Execute] to decide on the stream as it is, for commands
// that no person decided on a page: imports, feeds, the demonstration.
const AnyRevision = ^Revision(0)

// maxTries bounds how often a command for any revision is decided anew. Each
// time another writer got on, so reaching it means a fault.
const maxTries = 100

func executeOnce[S domain.State[S, E], E domain.Event](
	ctx context.Context, store Store, stored domain.Decoders[E], stream string, seen Revision,
	cmd domain.Command[S, E], meta Meta,
) (Appended, error) {
	state, at, earlier, err := load[S](ctx, store, stored, stream, meta.Command)
	switch {
	case err != nil:
		return Appended{}, err
	case earlier.Repeated:
		return earlier, nil
	case seen != AnyRevision && seen != at:
		return Appended{}, &Conflict{Stream: stream, Seen: seen, At: at}
	}
	events, err := cmd.Decide(state)
	if err != nil {
		return Appended{}, err
	}
	if len(events) == 0 {
		head, err := store.Head(ctx)
		return Appended{Revision: at, Position: head}, err
	}
	drafts := make([]Draft, len(events))
	for i, e := range events {
		data, err := json.Marshal(e)
		if err != nil {
			return Appended{}, fmt.Errorf("encode %s: %w", e.EventType(), err)
		}
		if holdsNUL(data) {
			return Appended{}, errNUL
		}
		drafts[i] = Draft{Type: e.EventType(), Data: data, Meta: meta}
	}
	return store.Append(ctx, stream, at, drafts...)
}

// errNUL refuses what JSON can carry and PostgreSQL cannot keep as text: written
// down, it would stop the tables for reading at this record for good.
var errNUL = domain.Refusal{Code: "record.nul", Reason: "内容里有看不见的空字符（NUL），删去后再办"}

// holdsNUL reports whether a text of the JSON data has a NUL, which encoding/json
// writes as an escape. An escaped backslash before it makes it six plain letters.
func holdsNUL(data []byte) bool {
	const escape = `\u0000`
	for from := 0; ; {
		i := bytes.Index(data[from:], []byte(escape))
		if i < 0 {
			return false
		}
		i += from
		slashes := 0
		for slashes <= i && data[i-slashes] == '\\' {
			slashes++
		}
		if slashes%2 == 1 {
			return true
		}
		from = i + len(escape)
	}
}

// Load returns the state of stream and its revision.
func Load[S domain.State[S, E], E domain.Event](ctx context.Context, store Store, stored domain.Decoders[E], stream string) (S, Revision, error) {
	state, at, _, err := load[S](ctx, store, stored, stream, "")
	return state, at, err
}

func load[S domain.State[S, E], E domain.Event](
	ctx context.Context, store Store, stored domain.Decoders[E], stream, command string,
) (state S, at Revision, earlier Appended, err error) {
	for r, err := range store.ReadStream(ctx, stream, 0) {
		if err != nil {
			return state, 0, Appended{}, fmt.Errorf("read %s: %w", stream, err)
		}
		event, err := stored.Decode(r.Type, r.Data)
		if err != nil {
			return state, 0, Appended{}, fmt.Errorf("read %s@%d: %w", stream, r.Revision, err)
		}
		state, at = state.Evolve(event), r.Revision
		if command != "" && r.Command == command {
			earlier.Revision, earlier.Position, earlier.Repeated = r.Revision, r.Position, true
			earlier.IDs = append(earlier.IDs, r.ID)
		}
	}
	return state, at, earlier, nil
}
