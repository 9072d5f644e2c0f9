package eventstore_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"sync"
	"testing"

	"wenxiao/domain"
	"wenxiao/eventstore"
	"wenxiao/eventstore/memory"
)

// A jar is a toy aggregate: a count that may not fall below zero.
type jar int

type added struct {
	N int `json:"n"`
}

func (added) EventType() string { return "jar.added.v1" }

func (j jar) Evolve(e added) jar { return j + jar(e.N) }

type put int

func (p put) Decide(j jar) ([]added, error) {
	switch {
	case p == 0:
		return nil, nil
	case int(j)+int(p) < 0:
		return nil, domain.Refusal{Code: "jar.empty", Reason: fmt.Sprintf("只有 %d 个", j), Field: "/n"}
	case p > 10:
		return []added{{10}, {int(p) - 10}}, nil
	}
	return []added{{int(p)}}, nil
}

var stored = domain.Decoders[added]{"jar.added.v1": domain.As(func(a added) added { return a })}

func execute(t *testing.T, s eventstore.Store, seen eventstore.Revision, p put, command string) (eventstore.Appended, error) {
	t.Helper()
	return eventstore.Execute(t.Context(), s, stored, "jar-1", seen, domain.Command[jar, added](p), eventstore.Meta{Command: command})
}

func count(t *testing.T, s eventstore.Store) (jar, eventstore.Revision) {
	t.Helper()
	j, at, err := eventstore.Load[jar](t.Context(), s, stored, "jar-1")
	if err != nil {
		t.Fatal(err)
	}
	return j, at
}

func TestExecuteDecidesOnWhatTheStreamSays(t *testing.T) {
	s := memory.New()
	first, err := execute(t, s, 0, 12, "c-1")
	if err != nil || first.Revision != 2 || first.Position != 2 || len(first.IDs) != 2 || first.Repeated {
		t.Fatalf("got %+v, %v", first, err)
	}
	if _, err := execute(t, s, 2, -5, "c-2"); err != nil {
		t.Fatal(err)
	}
	if j, at := count(t, s); j != 7 || at != 3 {
		t.Errorf("jar holds %d at revision %d, want 7 at 3", j, at)
	}
	for r := range s.ReadStream(t.Context(), "jar-1", 2) {
		if string(r.Data) != `{"n":-5}` || r.Type != "jar.added.v1" || r.Command != "c-2" {
			t.Errorf("wrote %s %s of %s", r.Type, r.Data, r.Command)
		}
	}
}

func TestExecuteRefuses(t *testing.T) {
	s := memory.New()
	if _, err := execute(t, s, 0, 3, "c-1"); err != nil {
		t.Fatal(err)
	}
	_, err := execute(t, s, 1, -4, "c-2")
	if want := (domain.Refusal{Code: "jar.empty", Reason: "只有 3 个", Field: "/n"}); !errors.Is(err, want) {
		t.Errorf("got %v, want %v", err, want)
	}
	for _, seen := range []eventstore.Revision{0, 2} {
		_, err := execute(t, s, seen, 1, "c-3")
		if c := new(eventstore.Conflict); !errors.As(err, &c) || *c != (eventstore.Conflict{Stream: "jar-1", Seen: seen, At: 1}) {
			t.Errorf("seen %d: got %v, want a conflict at 1", seen, err)
		}
	}
	if j, at := count(t, s); j != 3 || at != 1 {
		t.Errorf("jar holds %d at revision %d, want 3 at 1", j, at)
	}
}

func TestExecuteAnswersARepeatBeforeDeciding(t *testing.T) {
	s := memory.New()
	first, err := execute(t, s, 0, 12, "c-1")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := execute(t, s, 2, -12, "c-2"); err != nil {
		t.Fatal(err)
	}
	first.Repeated = true
	for _, seen := range []eventstore.Revision{0, 2, 3, 9, eventstore.AnyRevision} {
		for _, p := range []put{12, 0, -99} { // -99 would be refused
			if got, err := execute(t, s, seen, p, "c-1"); err != nil || !reflect.DeepEqual(got, first) {
				t.Errorf("seen %d, put %d: got %+v, %v; want %+v", seen, p, got, err, first)
			}
		}
	}
}

func TestExecuteOfNothingWritesNothing(t *testing.T) {
	s := memory.New()
	for range 2 {
		if _, err := s.Append(t.Context(), "other", eventstore.AnyRevision, eventstore.Draft{Type: "t"}); !errors.Is(err, eventstore.ErrConflict) {
			t.Fatal(err)
		}
	}
	if _, err := execute(t, s, 0, 1, "c-1"); err != nil {
		t.Fatal(err)
	}
	if got, err := execute(t, s, 1, 0, "c-2"); err != nil || !reflect.DeepEqual(got, eventstore.Appended{Revision: 1, Position: 1}) {
		t.Errorf("got %+v, %v", got, err)
	}
	if _, err := execute(t, s, 0, 0, "c-3"); !errors.Is(err, eventstore.ErrConflict) {
		t.Errorf("stale, and nothing to do: got %v, want a conflict", err)
	}
}

func TestExecuteAtAnyRevisionDecidesAnew(t *testing.T) {
	s := memory.New()
	var wg sync.WaitGroup
	for i := range 20 {
		wg.Go(func() {
			if _, err := execute(t, s, eventstore.AnyRevision, 1, fmt.Sprint("c-", i)); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if j, at := count(t, s); j != 20 || at != 20 {
		t.Errorf("jar holds %d at revision %d, want 20 at 20", j, at)
	}
}

func TestExecuteStopsAtWhatItCannotRead(t *testing.T) {
	s := memory.New()
	if _, err := s.Append(t.Context(), "jar-1", 0, eventstore.Draft{Type: "jar.broken.v1", Data: []byte(`{}`)}); err != nil {
		t.Fatal(err)
	}
	if _, err := execute(t, s, 1, 1, "c-1"); err == nil {
		t.Error("it decided on a record it cannot read")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := eventstore.Load[jar](ctx, s, stored, "jar-1"); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context.Canceled", err)
	}
}

// note is a state and a command of text.
type (
	note string
	said struct {
		Text string `json:"text"`
	}
)

func (said) EventType() string             { return "note.said.v1" }
func (n note) Evolve(s said) note          { return note(s.Text) }
func (n note) Decide(note) ([]said, error) { return []said{{string(n)}}, nil }
func say(t *testing.T, s eventstore.Store, text string) error {
	t.Helper()
	decoders := domain.Decoders[said]{"note.said.v1": domain.As(func(s said) said { return s })}
	_, err := eventstore.Execute(t.Context(), s, decoders, "note-1", eventstore.AnyRevision, domain.Command[note, said](note(text)), eventstore.Meta{})
	return err
}

func TestExecuteRefusesTextThatNotEveryDatabaseKeeps(t *testing.T) {
	s := memory.New()
	for _, text := range []string{"a\x00b", "\x00", `\\` + "\x00", `\u0000` + "\x00"} {
		var no domain.Refusal
		if err := say(t, s, text); !errors.As(err, &no) || no.Code != "record.nul" {
			t.Errorf("%q: %v", text, err)
		}
	}
	if head, _ := s.Head(t.Context()); head != 0 {
		t.Errorf("%d records were written all the same", head)
	}
	for _, text := range []string{`\u0000`, `\\u0000`, `a\\\u0000\`, "0000", "\x01"} {
		if err := say(t, s, text); err != nil {
			t.Errorf("%q holds no NUL: %v", text, err)
		}
	}
}
