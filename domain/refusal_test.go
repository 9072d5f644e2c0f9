package domain_test

import (
	"errors"
	"fmt"
	"testing"

	. "wenxiao/domain"
)

func TestRefuse(t *testing.T) {
	weight, name := Refusal{Code: "goal.no-weight", Reason: "没有分值"}, Refusal{Code: "goal.no-name", Reason: "没有名称"}
	if err := Refuse(); err != nil {
		t.Errorf("nothing refused, and yet %v", err)
	}
	if err := Refuse(weight); err != error(weight) {
		t.Errorf("one refusal became %#v", err)
	}
	err := fmt.Errorf("file: %w", Refuse(weight, name))
	var first Refusal
	var all Refusals
	if !errors.As(err, &first) || first != weight {
		t.Errorf("the first refusal is %+v", first)
	}
	if !errors.As(err, &all) || len(all) != 2 || all.Error() != "goal.no-weight: 没有分值 (and 1 more)" {
		t.Errorf("all refusals are %v", all)
	}
}

func TestRefused(t *testing.T) {
	one, two := Refusal{Code: "one"}, Refusal{Code: "two"}
	for _, tt := range []struct {
		err  error
		want int
	}{{nil, 0}, {errors.New("a fault of ours"), 0}, {one, 1}, {fmt.Errorf("x: %w", one), 1}, {Refuse(one, two), 2}, {fmt.Errorf("x: %w", Refuse(one, two)), 2}} {
		if got := Refused(tt.err); len(got) != tt.want {
			t.Errorf("%v holds %v", tt.err, got)
		}
	}
}

func TestRefusalsGather(t *testing.T) {
	var no Refusals
	no.If(false, Refusal{Code: "not.broken"})
	no.If(true, Refusal{Code: "one.broken"})
	no.Check(nil)
	no.Check(errors.New("a fault of ours"))
	no.Check(UnitCode("!").Check())
	no.CheckAt("/programme", ProgrammeCode("!").Check())
	no.CheckAt("/programme", nil)
	if len(no) != 3 || no[0].Code != "one.broken" || no[1].Code != "unit.malformed-code" || no[2].Field != "/programme" {
		t.Errorf("gathered %v", no)
	}
}

func TestUnless(t *testing.T) {
	fact := happened{}
	if got, err := Unless(nil, Event(fact)); err != nil || len(got) != 1 {
		t.Errorf("got %v, %v", got, err)
	}
	if got, err := Unless(Refusals{{Code: "no"}}, Event(fact)); got != nil || refusal(err) != "no" {
		t.Errorf("got %v, %v", got, err)
	}
}

type happened struct{}

func (happened) EventType() string { return "test.happened.v1" }

func TestDecoders(t *testing.T) {
	type noted struct {
		happened
		Text string `json:"text"`
	}
	stored := Decoders[Event]{"test.noted.v1": As(func(e noted) Event { return e })}
	if got, err := stored.Decode("test.noted.v1", []byte(`{"text":"整改"}`)); err != nil || got.(noted).Text != "整改" {
		t.Errorf("got %v, %v", got, err)
	}
	for eventType, data := range map[string]string{
		"test.unknown.v1": `{}`,
		"test.noted.v1":   `{"text":"整改","more":1}`,
	} {
		if got, err := stored.Decode(eventType, []byte(data)); err == nil {
			t.Errorf("%s %s read as %v", eventType, data, got)
		}
	}
	for _, data := range []string{``, `{`, `{} {}`, `{"text":1}`, `[]`} {
		if got, err := stored.Decode("test.noted.v1", []byte(data)); err == nil {
			t.Errorf("%q read as %v", data, got)
		}
	}
}

func TestBlank(t *testing.T) {
	for text, want := range map[string]bool{"": true, " \t\n": true, "　": true, "无": false, " x ": false} {
		if Blank(text) != want {
			t.Errorf("%q blank: %v", text, !want)
		}
	}
}
