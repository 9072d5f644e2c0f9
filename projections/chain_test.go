package projections

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"wenxiao/domain"
	"wenxiao/eventstore"
)

func codes(leads []Lead) (list []string) {
	for _, l := range leads {
		list = append(list, l.Code)
	}
	slices.Sort(list)
	return slices.Compact(list)
}

func TestChainOfAYear(t *testing.T) {
	s := tell(t)
	c, err := s.views.Chain(t.Context(), stadium, 2022, "2023-08-16", 0)
	check(t, err)
	if got, want := codes(c.Leads), []string{"act.late", "handover.unsigned", "warning.unexplained"}; !slices.Equal(got, want) {
		t.Errorf("leads %v, want %v", got, want)
	}
	if got, want := codes(c.Facts), []string{"answered.on-time", "corrected.openly", "hands.separate", "objection.raised"}; !slices.Equal(got, want) {
		t.Errorf("facts %v, want %v", got, want)
	}
	for _, l := range slices.Concat(c.Leads, c.Facts) {
		for _, verdict := range []string{"违规", "认定", "有错"} {
			if strings.Contains(l.Title+l.Text, verdict) {
				t.Errorf("%s passes a verdict: %s", l.Code, l.Text)
			}
		}
		if l.Title == "" || l.Basis == "" || !strings.HasSuffix(l.Text, "。") {
			t.Errorf("%+v", l)
		}
	}
	var responsible []string
	for _, tenure := range c.Tenures {
		if tenure.Capacity == CapacityResponsible {
			responsible = append(responsible, tenure.Name+string(tenure.Since)+"—"+string(tenure.Until))
		}
	}
	if want := []string{"陈某2021-09-01—2022-06-30", "赵某2022-07-01—"}; !slices.Equal(responsible, want) {
		t.Errorf("responsible: %v, want %v", responsible, want)
	}
	if c.LateActs != 1 || c.NoTrace != 2 || c.Done+c.LateActs+c.NoTrace != len(c.Acts) {
		t.Errorf("done %d, late %d, without trace %d of %d", c.Done, c.LateActs, c.NoTrace, len(c.Acts))
	}
	for i, a := range c.Acts {
		if a.No != i+1 || i > 0 && a.Day < c.Acts[i-1].Day {
			t.Errorf("act %d on %s is out of order", a.No, a.Day)
		}
		if a.Type == "monitoring.warning-raised.v1" && a.Actor.Name != "系统" {
			t.Errorf("a warning is put to %s", a.Actor.Name)
		}
	}
}

func TestChainAsItWasKnown(t *testing.T) {
	s := tell(t)
	// On 1 July 2022 (position 19) nobody had recorded the handover of that day.
	c, err := s.views.Chain(t.Context(), stadium, 2022, "2022-07-01", 19)
	check(t, err)
	if len(c.Leads) != 0 {
		t.Errorf("leads %v before their time", codes(c.Leads))
	}
	for _, tenure := range c.Tenures {
		if tenure.Person == "zhao" || tenure.Person == "chen" && tenure.Until != "" {
			t.Errorf("%+v was not known then", tenure)
		}
	}
	if n := len(c.Acts); n != 11 {
		t.Errorf("%d acts, want 11", n)
	}
	// What was known at the end about the first of July is another thing.
	later, err := s.views.Chain(t.Context(), stadium, 2022, "2022-07-01", 0)
	check(t, err)
	if !slices.ContainsFunc(later.Tenures, func(tenure Tenure) bool { return tenure.Person == "zhao" }) {
		t.Error("the late entry does not show")
	}
}

func TestOverdueRectificationAndRepair(t *testing.T) {
	s := tell(t)
	c, err := s.views.Chain(t.Context(), stadium, 2022, "2023-09-01", 30) // the notice is out, no report yet
	check(t, err)
	i := slices.IndexFunc(c.Leads, func(l Lead) bool { return l.Code == "rectification.overdue" })
	if i < 0 || c.Leads[i].Title != "整改逾期 8 天" || !slices.Contains(c.Leads[i].Persons, "zhao") {
		t.Errorf("leads %+v", c.Leads)
	}
	c, err = s.views.Chain(t.Context(), stadium, 2022, "2023-09-01", 31)
	check(t, err)
	if slices.Contains(codes(c.Leads), "rectification.overdue") {
		t.Error("a report in time is overdue")
	}
}

func TestMissingStepsAreLeadsOnlyWhereTheLedgerWitnessed(t *testing.T) {
	day := domain.Day("2023-08-16")
	d := &dossier{Programme: Programme{Code: "p", Year: 2022}, asOf: day, book: bookOf("xinzhou", day), entries: []Entry{
		{Position: 1, Type: "execution.budget-set.v1", Lane: LaneFinance, EffectiveAt: domain.Day("2022-01-29").Time()},
		{Position: 2, Type: "execution.paid.v1", Lane: LaneTreasury, EffectiveAt: domain.Day("2022-05-30").Time()},
	}}
	if got, want := codes(d.leads()), []string{"duty.no-trace", "responsible.vacant"}; !slices.Equal(got, want) {
		t.Errorf("leads %v, want %v", got, want)
	}
	var missing []string
	for _, g := range d.gaps() {
		missing = append(missing, g.matter.code)
	}
	if want := []string{"goal.file", "goal.approve", "snapshot", "evaluation.file"}; !slices.Equal(missing, want) {
		t.Errorf("missing %v, want %v", missing, want)
	}
	d.Source = &domain.Source{Title: "公开表"}
	if leads := d.leads(); len(leads) != 0 {
		t.Errorf("a published table is held against %v", codes(leads))
	}
}

func TestSameHandIsALead(t *testing.T) {
	d := &dossier{Programme: Programme{Code: "p", Year: 2022}, asOf: "2022-12-31", book: bookOf("xinzhou", "2022-12-31"), entries: []Entry{
		{Position: 1, Type: "goal.filed.v1", Lane: LaneUnit, Actor: clerk}, {Position: 2, Type: "goal.reviewed.v1", Lane: LaneFinance, Actor: clerk},
	}}
	if got := codes(d.leads()); !slices.Contains(got, "duty.same-hand") {
		t.Errorf("leads %v", got)
	}
	if slices.Contains(codes(d.facts()), "hands.separate") {
		t.Error("one hand counts as two")
	}
}

func TestLateHandover(t *testing.T) {
	d := &dossier{Programme: Programme{Code: "p", Year: 2022}, asOf: "2022-12-31", book: bookOf("xinzhou", "2022-12-31"), tenures: []Tenure{
		{Person: "a", Since: "2022-01-01", Until: "2022-06-30"}, {Person: "b", Name: "赵某", Since: "2022-07-01", HandedOver: true, LateDays: 45, RecordedOn: "2022-08-15", Countersigned: "liu"},
	}}
	if got, want := codes(d.leads()), []string{"handover.late"}; !slices.Equal(got, want) {
		t.Errorf("leads %v, want %v", got, want)
	}
	if got := codes(d.facts()); !slices.Contains(got, "handover.signed") {
		t.Errorf("facts %v", got)
	}
	if d.holder("2022-06-30") != "a" || d.holder("2022-07-01") != "b" || d.holder("2021-12-31") != "" {
		t.Error("who was responsible when is wrong")
	}
}

func TestDutyMatrix(t *testing.T) {
	s := tell(t)
	c, err := s.views.Chain(t.Context(), stadium, 2022, "2023-08-16", 0)
	check(t, err)
	state := func(matter, seat string) string {
		for _, d := range c.Duties {
			for _, cell := range d.Cells {
				if d.Matter == matter && cell.Seat == seat {
					return cell.Role + " " + cell.State
				}
			}
		}
		return "?"
	}
	for _, want := range [][3]string{
		{"goal.file", SeatUnit, "办 done"},
		{"goal.review", SeatFinance, "审 done"},
		{"handover", SeatDepartment, "审 empty"},
		{"pay", SeatTreasury, "办 done"},
		{"warning", SeatUnit, "办 empty"},
		{"evaluation.file", SeatUnit, "办 late"},
		{"rectification", SeatResponsible, "办 done"},
		{"goal.file", SeatAgency, " "},
	} {
		if got := state(want[0], want[1]); got != want[2] {
			t.Errorf("%s, %s: %q, want %q", want[0], want[1], got, want[2])
		}
	}
}

func TestPersonChain(t *testing.T) {
	s := tell(t)
	c, err := s.views.PersonChain(t.Context(), "zhao", 0)
	check(t, err)
	if c.Name != "赵某" || len(c.Tenures) != 1 || len(c.Acts) != 1 || c.Acts[0].Position != 31 {
		t.Errorf("%+v", c)
	}
	if got := codes(c.Leads); !slices.Contains(got, "handover.unsigned") {
		t.Errorf("leads %v", got)
	}
	c, err = s.views.PersonChain(t.Context(), "zhang", 0)
	check(t, err)
	if len(c.Tenures) != 1 || c.Tenures[0].PostTitle != "绩效管理科科长" || !slices.Contains(codes(c.Facts), "objection.raised") {
		t.Errorf("tenures %+v, facts %v", c.Tenures, codes(c.Facts))
	}
	if earlier, err := s.views.PersonChain(t.Context(), "zhang", 11); err != nil || len(earlier.Facts) != 0 {
		t.Errorf("at 11: %v, %v", codes(earlier.Facts), err)
	}
	if _, err := s.views.PersonChain(t.Context(), "nobody", 0); !errors.Is(err, ErrNotFound) {
		t.Errorf("nobody: %v", err)
	}
	if _, err := s.views.Chain(t.Context(), "nothing", 2022, "2022-12-31", 0); !errors.Is(err, ErrNotFound) {
		t.Errorf("nothing: %v", err)
	}
}

func TestTenuresKnownAt(t *testing.T) {
	list := []Tenure{{Person: "a", Position: 3, Until: "2022-01-01", EndPosition: 7}, {Person: "b", Position: 8}}
	if got := knownAt(list, 6); len(got) != 1 || got[0].Until != "" || got[0].EndPosition != eventstore.Position(0) {
		t.Errorf("%+v", got)
	}
	if list[0].Until == "" {
		t.Error("looking back changed the present")
	}
}
