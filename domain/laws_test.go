package domain_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"

	. "wenxiao/domain"
)

// An aggregate is what the laws below look at.
type aggregate interface {
	specimens(*testing.T)
	random(*rapid.T)
}

// of is the aggregate of one package: its stored forms, commands at random, and
// what must hold of every history, in words where it does not.
type of[S State[S, E], E Event] struct {
	name   string
	stored Decoders[E]
	draw   func(*rapid.T, S) Command[S, E]
	broken func(S, []E) string
}

// TestStored reads a specimen of every form ever written and writes it again.
// The files are never edited; a new form gets a new file.
func TestStored(t *testing.T) {
	for name, a := range aggregates {
		t.Run(name, a.specimens)
	}
}

func (a of[S, E]) specimens(t *testing.T) {
	files, _ := filepath.Glob(filepath.Join(a.name, "testdata", "*.json"))
	if len(files) != len(a.stored) {
		t.Errorf("%d specimens of %d stored forms", len(files), len(a.stored))
	}
	for eventType := range a.stored {
		data, err := os.ReadFile(filepath.Join(a.name, "testdata", strings.TrimPrefix(eventType, a.name+".")+".json"))
		if err != nil {
			t.Error(err)
			continue
		}
		event, err := a.stored.Decode(eventType, data)
		if err != nil {
			t.Error(err)
			continue
		}
		var s S
		s.Evolve(event) // panics if the fact has no rule
		again, err := json.Marshal(event)
		if err != nil || !reflect.DeepEqual(read(t, data), read(t, again)) {
			t.Errorf("%s, %v: read\n%s\nwrote\n%s", eventType, err, data, again)
		}
		if usual := !bytes.Contains(again, []byte(`"extra":`)) && !bytes.Contains(again, []byte(`"nonce":`)); usual != HasUsualLayout(reflect.TypeOf(event), again) {
			t.Errorf("%s is not read in the usual layout, and slowly: %s", eventType, again)
		}
	}
}

// read is JSON as it means, numbers as written.
func read(t *testing.T, data []byte) (v any) {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		t.Fatal(err)
	}
	return v
}

// TestRandomHistories runs commands at random. Whatever is asked for: a rule
// answers with facts or with refusals a person can read; deciding and evolving
// leave earlier states alone; what is stored reads back as what happened;
// replaying a part and then the rest is replaying all; and what the package
// promises of every history holds.
func TestRandomHistories(t *testing.T) {
	for name, a := range aggregates {
		t.Run(name, func(t *testing.T) { rapid.Check(t, a.random) })
	}
}

func (a of[S, E]) random(t *rapid.T) {
	var s S
	var history []E
	for range rapid.IntRange(20, 40).Draw(t, "commands") {
		cmd := a.draw(t, s)
		before := written(s)
		events, err := cmd.Decide(s)
		if written(s) != before {
			t.Fatalf("%T changed the state it decided on", cmd)
		}
		if err != nil {
			readable(t, cmd, err, len(events))
			continue
		}
		for _, e := range events {
			s = a.evolve(t, s, e)
		}
		history = append(history, events...)
		if why := a.broken(s, history); why != "" {
			t.Fatalf("after %+v: %s", cmd, why)
		}
	}
	cut := rapid.IntRange(0, len(history)).Draw(t, "cut")
	prefix := Replay[S](history[:cut]...)
	was, whole := written(prefix), prefix
	for _, e := range history[cut:] {
		whole = whole.Evolve(e)
	}
	if written(whole) != written(s) || written(prefix) != was {
		t.Fatalf("replayed in two parts the history gives\n%s, not\n%s", written(whole), written(s))
	}
}

func (a of[S, E]) evolve(t *rapid.T, s S, e E) S {
	before := written(s)
	next := s.Evolve(e)
	if written(s) != before {
		t.Fatalf("%T changed an earlier state", e)
	}
	again, err := a.stored.Decode(e.EventType(), []byte(written(e)))
	if err != nil || written(s.Evolve(again)) != written(next) {
		t.Fatalf("%s, %v: reads back as\n%s, not\n%s", e.EventType(), err, written(s.Evolve(again)), written(next))
	}
	return next
}

func readable(t *rapid.T, cmd any, err error, events int) {
	refused := Refused(err)
	if len(refused) == 0 || events > 0 {
		t.Fatalf("%T: fault %v with %d events", cmd, err, events)
	}
	for _, no := range refused {
		if !chinese.MatchString(no.Reason) || strings.Contains(no.Reason, "%!") || no.Field != "" && no.Field[0] != '/' {
			t.Fatalf("%T: nobody can read %+v", cmd, no)
		}
	}
}

var chinese = regexp.MustCompile(`\p{Han}`)

func written(v any) string {
	data, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(data)
}

// TestEveryRefusalIsTested holds that each code a rule can refuse with is asked
// for by name in a test of its package.
func TestEveryRefusalIsTested(t *testing.T) {
	code := regexp.MustCompile(`Code:\s+"([a-z-]+\.[a-z0-9-]+)"`)
	for name := range aggregates {
		rules, tests := sources(t, name)
		for _, match := range code.FindAllStringSubmatch(rules, -1) {
			if !regexp.MustCompile(`[" ]` + regexp.QuoteMeta(match[1]) + `[" ]`).MatchString(tests) {
				t.Errorf("no test is refused with %s", match[1])
			}
		}
	}
}

func sources(t *testing.T, folder string) (rules, tests string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "*.go"))
	if err != nil || len(files) < 4 {
		t.Fatalf("%s has %d files, %v", folder, len(files), err)
	}
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(f, "_test.go") {
			tests += string(text)
		} else {
			rules += string(text)
		}
	}
	return rules, tests
}

// oneOf draws one of a few values, so that random commands meet.
func oneOf[T any](t *rapid.T, label string, values ...T) T {
	return rapid.SampledFrom(values).Draw(t, label)
}

func broken(what string, args ...any) string { return fmt.Sprintf(what, args...) }
