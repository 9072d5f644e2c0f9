package projections

import (
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"wenxiao/domain"
	"wenxiao/domain/participant"
	"wenxiao/eventstore/memory"
)

// as protects nothing: what it gives only looks like it, and can be found again.
func as(text string) domain.Protected {
	return domain.Protected{Key: "9f86d081", Nonce: []byte("nonce"), Text: []byte(text)}
}

var somebody = participant.Enter{
	Kind: participant.Beneficiary, Identity: participant.Identity{Name: "某受益人", Phone: "13800000000"}, Keeper: "sports",
	Kept: participant.Kept{Name: as("name"), Phone: as("phone")},
}

func (o *office) heard(code domain.ProgrammeCode) participant.RecordStatement {
	return participant.RecordStatement{
		Programme: code, Year: 2022, Stage: participant.Interview, Text: "很好", Satisfaction: weightOf("90"), Day: o.day, Today: o.day,
		Registered: domain.Fact{Event: "e", Holds: true}, Kept: as("said"),
	}
}

func (o *office) forget() participant.Erase {
	return participant.Erase{
		Ground: participant.PurposeMet, Reason: "项目已结束", AskedBy: participant.Person, Decider: "boss", DeciderName: "局长", By: reviewer, InPost: domain.Fact{Holds: true},
	}
}

// hear has one of a few participants entered, heard, held or forgotten.
func (o *office) hear(t *rapid.T, code domain.ProgrammeCode, reason string) {
	stream := participant.Stream(rapid.SampledFrom([]string{"v-1", "v-2"}).Draw(t, "participant"))
	cmd := rapid.SampledFrom([]participant.Command{
		somebody, o.heard(code), o.heard(code),
		participant.Update{Identity: participant.Identity{Phone: "13900000000"}, Reason: reason, Known: somebody.Identity, Kept: participant.Kept{Phone: as("other")}},
		participant.Hold{Unit: "801", Document: "d", Reason: reason}, participant.Release{Unit: "801", Reason: reason}, o.forget(),
	}).Draw(t, "heard")
	give(o, participant.Stored, stream, reviewer, cmd)
}

func TestParticipantsAreHeardAndForgotten(t *testing.T) {
	store := memory.New()
	o, db := newOffice(t, store), openViews(t)
	views, runner := Views{db}, quiet(db, store, 3)
	o.open("p1")
	read := func() (p Participant, said []Statement) {
		t.Helper()
		check(t, runner.CatchUp(t.Context()))
		p, err := views.Participant(t.Context(), "v-1")
		check(t, err)
		said, err = views.Statements(t.Context(), "p1", 2022)
		check(t, err)
		return p, said
	}
	stream := participant.Stream("v-1")
	must[participant.State, participant.Event](o, participant.Stored, stream, reviewer, somebody)
	must[participant.State, participant.Event](o, participant.Stored, stream, reviewer, o.heard("p1"))
	must[participant.State, participant.Event](o, participant.Stored, stream, reviewer, participant.Hold{Unit: "801", Document: "d", Reason: "审计"})
	p, said := read()
	if p.Status() != ParticipantHeld || p.KeeperName != "示例市体育中心" || p.Revision != 3 || len(p.Steps) != 3 || !reflect.DeepEqual(p.Identity, somebody.Kept) {
		t.Errorf("%+v", p)
	}
	if len(said) != 1 || !reflect.DeepEqual(said[0].Text, as("said")) || said[0].ProgrammeName == "" || said[0].Erased != "" {
		t.Errorf("%+v", said)
	}
	if gone, err := views.Erased(t.Context()); len(gone) != 0 || err != nil {
		t.Error(gone, err)
	}
	must[participant.State, participant.Event](o, participant.Stored, stream, reviewer, participant.Release{Unit: "801", Reason: "结束"})
	must[participant.State, participant.Event](o, participant.Stored, stream, reviewer, o.forget())
	p, said = read()
	if p.Status() != ParticipantErased || !reflect.DeepEqual(p.Identity, participant.Kept{}) || p.Erased.Event == "" || !strings.Contains(p.Erased.Article, "第四十七条") {
		t.Errorf("%+v", p)
	}
	if len(said) != 1 || said[0].Text.Key != "" || said[0].Erased != p.Erased.Event || said[0].Satisfaction == nil {
		t.Errorf("%+v", said)
	}
	list, err := views.Participants(t.Context(), ParticipantFilter{Kind: participant.Beneficiary, Status: ParticipantErased})
	if err != nil || list.Total != 1 || len(list.Rows) != 1 || list.Counts[ParticipantErased] != 1 {
		t.Errorf("%+v, %v", list, err)
	}
	if none, err := views.Participants(t.Context(), ParticipantFilter{Status: ParticipantKnown}); err != nil || none.Total != 0 || len(none.Rows) != 0 {
		t.Errorf("%+v, %v", none, err)
	}
	if gone, err := views.Erased(t.Context()); len(gone) != 1 || gone[0] != "v-1" || err != nil {
		t.Error(gone, err)
	}
	if strings.Contains(dump(t, db), "said") {
		t.Error("what was protected is still in the tables")
	}
}

func TestWhoIsAnOfficial(t *testing.T) {
	store := memory.New()
	o, db := newOffice(t, store), openViews(t)
	o.open("p1")
	must[participant.State, participant.Event](o, participant.Stored, participant.Stream("v-1"), reviewer, somebody)
	check(t, quiet(db, store, 5).CatchUp(t.Context()))
	for person, want := range map[string]bool{reviewer.Person: true, "chen": true, "v-1": false, "nobody": false, "": false} {
		if official, err := (Views{db}).Official(t.Context(), person); err != nil || official != want {
			t.Errorf("%s: %v, %v", person, official, err)
		}
	}
}
