package participant

import (
	"fmt"
	"slices"

	"wenxiao/domain"
)

// Status says whether anything is known of the person.
type Status string

const (
	NotEntered Status = ""
	Known      Status = "known"  // 在册
	Gone       Status = "erased" // 已删除
)

// State is a participant as they stand.
type State struct {
	Status     Status
	Kind       Kind
	Keeper     domain.UnitCode
	Identity   Kept
	Statements int
	Holds      []Held // those not released
	Fields     int    // of the identity, for the scope of an erasure
}

// HeldBy reports whether unit holds the data.
func (s State) HeldBy(unit domain.UnitCode) bool {
	return slices.ContainsFunc(s.Holds, func(h Held) bool { return h.Unit == unit })
}

// Evolve returns the state after one more fact.
func (s State) Evolve(e Event) State {
	switch e := e.(type) {
	case Entered:
		s.Status, s.Kind, s.Keeper, s.Identity = Known, e.Kind, e.Keeper, e.Identity
	case Updated:
		s.Identity = e.Identity.Over(s.Identity, func(p domain.Protected) bool { return p.Key != "" })
	case StatementRecorded:
		s.Statements++
	case Held:
		s.Holds = append(slices.Clip(s.Holds), e)
	case Released:
		s.Holds = slices.DeleteFunc(slices.Clone(s.Holds), func(h Held) bool { return h.Unit == e.Unit })
	case Erased:
		s.Status, s.Identity = Gone, Kept{}
	default:
		panic(fmt.Sprintf("participant: no rule for %T", e))
	}
	s.Fields = 0
	for _, p := range s.Identity.Parts() {
		if p.Value.Key != "" {
			s.Fields++
		}
	}
	return s
}

// known refuses what can only be done to somebody there is.
func (s State) known() error {
	switch s.Status {
	case NotEntered:
		return domain.Refusal{Code: "participant.not-entered", Reason: "没有这个编号的参与人"}
	case Gone:
		return domain.Refusal{Code: "participant.erased", Reason: "该参与人的个人信息已经删除，不能再办理", Basis: lawful + "第四十七条"}
	}
	return nil
}
