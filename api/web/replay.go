package web

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"wenxiao/domain"
	"wenxiao/domain/goal"
	"wenxiao/eventstore"
	"wenxiao/projections"
)

// Replay is a programme's year as the ledger knew it at one event: the form as it
// was, who decided and on what, and what any two moments have differently.
type Replay struct {
	Frame
	projections.Moment
	Show      string              // marked, only or side
	Kind      string              // form shown: projections.FormGoal or FormEvaluation
	Base      *projections.Moment // what the form's marks compare with; nil: the first version
	Changes   []projections.Change
	Cell      string       // key of the cell chosen
	CellName  string       // its label
	Origin    []OriginStep // every event that set it, oldest first
	Causes    []StopLink   // the event that led to this one
	Effects   []StopLink   // events that this one led to
	A, B      *projections.Moment
	Compared  []projections.Change // from A to B
	Same      int                  // cells that A and B have alike
	Bookmarks []eventstore.Position
	Rulebooks []Option // others to score by, as a simulation
}

func (Replay) template() string { return "replay" }

// OriginStep is one setting of the chosen cell.
type OriginStep struct {
	projections.Cell
	Entry  projections.Entry
	Reason string // as stated in the event
	Number int    // of the stop
}

// StopLink is an event of the track and its number there; 0 where it is on
// another programme's.
type StopLink struct {
	Number  int
	Text    string
	Address string
}

// Home is the programme's page.
func (p Replay) Home() string { return fmt.Sprintf("/programmes/%s/%d", p.Code, p.Year) }

// Path is the address of the replay without conditions.
func (p Replay) Path() string { return p.Home() + "/replay" }

// At is the address of this page at position.
func (p Replay) At(position eventstore.Position) string {
	return p.With("at", strconv.FormatUint(uint64(position), 10))
}

var lanes = map[string]int{
	projections.LaneUnit: 0, projections.LaneAgency: 0, projections.LaneDepartment: 1, projections.LaneFinance: 2, projections.LaneTreasury: 3,
}

// Track is the slider's picture.
func (p Replay) Track() Track {
	t := Track{Now: p.Index - 1, English: p.English}
	for _, e := range p.Entries {
		t.Stops = append(t.Stops, Stop{
			Lane: lanes[e.Lane], Day: domain.DayOf(e.EffectiveAt), Word: e.Verb, Title: e.Sentence,
			Address: p.At(e.Position), Decision: e.Decision, Late: e.Late,
		})
	}
	return t
}

// LaneNames are the words beside the track.
func (Replay) LaneNames() [4]string { return Lanes }

// Stops are the choices of the slider and of the two moments.
func (p Replay) Stops() []StopOption {
	options := make([]StopOption, len(p.Entries))
	for i, e := range p.Entries {
		options[i] = StopOption{
			Number: i + 1, Position: e.Position,
			Label: fmt.Sprintf("第 %d / %d 件　%s　%s", i+1, p.Count, domain.DayOf(e.EffectiveAt), e.Verb),
			Short: fmt.Sprintf("%d　%s　%s", i+1, domain.DayOf(e.EffectiveAt), shorten(e.Text, 16)),
		}
	}
	return options
}

// StopOption is one event to choose.
type StopOption struct {
	Number       int
	Position     eventstore.Position
	Label, Short string
}

// Step leads by one event, or by one decision; empty at either end.
func (p Replay) Step(by int, decision bool) string {
	for i := p.Index - 1 + by; i >= 0 && i < len(p.Entries); i += by {
		if !decision || p.Entries[i].Decision {
			return p.At(p.Entries[i].Position)
		}
	}
	return ""
}

// StepLink is one button of the track; without an address it leads nowhere.
type StepLink struct{ Key, Address, Text string }

// Steps are the four buttons of the track.
func (p Replay) Steps() []StepLink {
	return []StepLink{
		{"Shift+ArrowLeft", p.Step(-1, true), "« 上一决定"}, {"ArrowLeft", p.Step(-1, false), "‹ 上一件"},
		{"ArrowRight", p.Step(1, false), "下一件 ›"}, {"Shift+ArrowRight", p.Step(1, true), "下一决定 »"},
	}
}

// Clock is this moment as a control for date and time holds it.
func (p Replay) Clock() string {
	return p.Entry.RecordedAt.In(domain.Beijing).Format("2006-01-02T15:04")
}

// IsA and IsB tell the moments compared.
func (p Replay) IsA(at eventstore.Position) bool { return p.A != nil && p.A.Position == at }
func (p Replay) IsB(at eventstore.Position) bool { return p.B != nil && p.B.Position == at }

// LateOf says by how much an event was entered late.
func (Replay) LateOf(e projections.Entry) Status {
	return Late.Saying("补录，晚 %d 天", e.LateDays)
}

// Last reports whether this is the last event there is.
func (p Replay) Last() bool { return p.Index >= p.Count }

// Later is how many events were recorded after this moment.
func (p Replay) Later() int { return max(p.Count-p.Index, 0) }

// Forms are the forms there were at this moment.
func (p Replay) Forms() (forms []Chip) {
	for _, f := range []Option{{projections.FormGoal, "目标申报表"}, {projections.FormEvaluation, "自评表"}} {
		if p.has(f.Value) {
			forms = append(forms, Chip{Status: Status{Word: f.Text}, Address: p.With("form", f.Value), Chosen: f.Value == p.Kind})
		}
	}
	return forms
}

func (p Replay) has(kind string) bool {
	if kind == projections.FormEvaluation {
		return len(p.Scores) > 0
	}
	return len(p.Goals) > 0
}

// Sheet is the form as it was, with what changed marked.
func (p Replay) Sheet() *Sheet {
	bearer := Bearer{
		Name: p.Programme.Name, Department: p.Programme.DepartmentName, Unit: p.Programme.UnitName,
		Attribute: p.Programme.Attribute, Responsible: p.Programme.ResponsibleName,
	}
	var s Sheet
	switch {
	case p.Kind == projections.FormEvaluation && len(p.Scores) > 0:
		s = EvaluationSheet(bearer, p.Scores[len(p.Scores)-1].Form)
	case len(p.Goals) > 0:
		s = GoalSheet(bearer, goalForm(p.Goals[len(p.Goals)-1]))
	default:
		return nil
	}
	s.Origin = p.originAddress()
	for _, c := range p.Changes {
		if cell := s.Cell(c.Key); cell != nil {
			cell.Changed, cell.Was = true, c.From
		}
	}
	if cell := s.Cell(p.Cell); cell != nil {
		cell.Picked = true
	}
	return &s
}

// originAddress ends in cell=, for the key to be put behind it.
func (p Replay) originAddress() string {
	f := p.Frame
	f.Here = p.With("cell", "")
	address := f.With("at", strconv.FormatUint(uint64(p.Position), 10))
	return address + "&cell="
}

// goalForm is the form as it was filed.
func goalForm(g projections.Goal) goal.Filed {
	return goal.Filed{
		Version: g.Version, Programme: g.Programme, Year: g.Year, Unit: g.Unit, Budget: g.Budget, Sources: g.Sources,
		Objective: g.Objective, Indicators: g.Indicators, Adjusts: g.Adjusts, Cause: g.Cause, Source: g.Source,
	}
}

// Version is the version of the form shown.
func (p Replay) Version() int {
	switch {
	case p.Kind == projections.FormEvaluation && len(p.Scores) > 0:
		return p.Scores[len(p.Scores)-1].Version
	case len(p.Goals) > 0:
		return p.Goals[len(p.Goals)-1].Version
	}
	return 0
}

// FormStatus is what had become of the form by then.
func (p Replay) FormStatus() Status {
	switch {
	case p.Kind == projections.FormEvaluation && len(p.Scores) > 0:
		return evaluationStatus(p.Scores[len(p.Scores)-1].Status)
	case len(p.Goals) > 0:
		return goalStatus(p.Goals[len(p.Goals)-1].Status)
	}
	return NotFiled
}

// Pair is one cell at both moments.
type Pair struct {
	Label, From, To string
	Changed         bool
	Address         string
}

// SideBySide is every cell of the form at the moment compared with and now.
func (p Replay) SideBySide() (pairs []Pair) {
	changed := map[string]projections.Change{}
	for _, c := range p.Changes {
		changed[c.Key] = c
	}
	form := p.Goal
	if p.Kind == projections.FormEvaluation {
		form = p.Evaluation
	}
	if form == nil {
		return nil
	}
	seen := map[string]bool{}
	add := func(c projections.Cell) {
		seen[c.Key] = true
		if _, ok := changed[c.Key]; !ok && (strings.HasSuffix(c.Key, "/level1") || strings.HasSuffix(c.Key, "/level2")) {
			return // the group of an indicator is told by its name's row
		}
		pair := Pair{Label: c.Label, From: c.Value, To: c.Value, Address: p.originAddress() + c.Key}
		if ch, ok := changed[c.Key]; ok {
			pair.From, pair.Changed = ch.From, true
		}
		pairs = append(pairs, pair)
	}
	for _, c := range form.Head {
		add(c)
	}
	for _, row := range form.Rows {
		for _, c := range row.Cells {
			add(c)
		}
	}
	for _, c := range p.Changes {
		if !seen[c.Key] {
			pairs = append(pairs, Pair{Label: c.Label, From: c.From, To: c.To, Changed: true, Address: p.originAddress() + c.Key})
		}
	}
	return pairs
}

// HeadCells are the figures that stand beside the form: who was responsible, how
// much was budgeted and paid.
func (p Replay) HeadCells() (pairs []Pair) {
	changed := map[string]string{}
	for _, c := range p.Changes {
		changed[c.Key] = c.From
	}
	for _, c := range p.Head {
		was, ok := changed[c.Key]
		pairs = append(pairs, Pair{Label: c.Label, From: was, To: c.Value, Changed: ok, Address: p.originAddress() + c.Key})
	}
	return pairs
}

// FormChanges is how many cells of the form shown are marked.
func (p Replay) FormChanges() (n int) {
	sheet := p.Sheet()
	if sheet == nil {
		return 0
	}
	for _, row := range sheet.Rows {
		for _, cell := range row.Cells {
			if cell.Changed {
				n++
			}
		}
	}
	return n
}

// Since says how long after the step before, in the same matter, this one came.
func (p Replay) Since() string {
	for i := p.Index - 2; i >= 0; i-- {
		if before := p.Entries[i]; before.Stream == p.Entry.Stream {
			days := domain.DayOf(before.EffectiveAt).DaysUntil(domain.DayOf(p.Entry.EffectiveAt))
			return fmt.Sprintf("同一事项的上一步（%d　%s）之后 %d 天", i+1, before.Verb, days)
		}
	}
	return "同一事项的第一步"
}

// Known lists what the ledger held at this moment. Who had opened what is not
// recorded, and nothing is inferred.
func (p Replay) Known() (facts []string) {
	add := func(n int, format string, a ...any) {
		if n > 0 {
			facts = append(facts, fmt.Sprintf(format, a...))
		}
	}
	add(len(p.Goals), "目标申报表 %d 版", len(p.Goals))
	add(p.Account.Lines, "资金记录 %d 笔，已付 %s 万元", p.Account.Lines, p.Account.Paid.Wan())
	add(len(p.Lines.Snapshots), "双监控 %d 份", len(p.Lines.Snapshots))
	add(len(p.Lines.Warnings), "预警 %d 次", len(p.Lines.Warnings))
	add(len(p.Scores), "自评表 %d 版", len(p.Scores))
	add(len(p.Rectifications), "整改通知 %d 份", len(p.Rectifications))
	return facts
}

// Articles and Events part the basis of the decision: articles as they are,
// events as links to their moments.
func (p Replay) Articles() (articles []string) {
	for _, b := range p.Entry.Basis {
		if !eventID(b) {
			articles = append(articles, b)
		}
	}
	if len(articles) == 0 && p.Entry.Article != "" {
		articles = append(articles, p.Entry.Article)
	}
	return articles
}

// Events are the events the decision rests on.
func (p Replay) Events() (links []StopLink) {
	for _, b := range p.Entry.Basis {
		if eventID(b) {
			links = append(links, p.Stop(b))
		}
	}
	return links
}

// Stop finds an event on the track by its id. One that is not there is named by
// its id and leads nowhere.
func (p Replay) Stop(event string) StopLink {
	for i, e := range p.Entries {
		if e.Event == event {
			return StopLink{i + 1, fmt.Sprintf("%d　%s　%s", i+1, domain.DayOf(e.EffectiveAt), e.Verb), p.At(e.Position)}
		}
	}
	return StopLink{Text: "事件 " + event}
}

// Card is the heading of the decision card.
func (p Replay) Card() string {
	if p.Entry.Decision {
		return "这个决定"
	}
	return "这件事"
}

// Marked reports whether this moment is bookmarked.
func (p Replay) Marked() bool {
	for _, b := range p.Bookmarks {
		if b == p.Position {
			return true
		}
	}
	return false
}

// Marks are the bookmarked moments.
func (p Replay) Marks() (links []StopLink) {
	for _, b := range p.Bookmarks {
		for i, e := range p.Entries {
			if e.Position == b {
				links = append(links, StopLink{i + 1, fmt.Sprintf("%d　%s　%s", i+1, domain.DayOf(e.EffectiveAt), e.Verb), p.At(b)})
			}
		}
	}
	return links
}

// Simulations lead to the evaluation scored by another rulebook.
func (p Replay) Simulations() (links []StopLink) {
	if len(p.Scores) == 0 {
		return nil
	}
	last := p.Scores[len(p.Scores)-1]
	for _, r := range p.Rulebooks {
		links = append(links, StopLink{Text: r.Text, Address: fmt.Sprintf("/check?evaluation=%s&version=%d&b=%s", last.Evaluation, last.Version, r.Value)})
	}
	return links
}

// ChangeRow is one change between two moments with who made it.
type ChangeRow struct {
	projections.Change
	Address string
}

// ComparedRows are the changes from A to B of what there was at A.
func (p Replay) ComparedRows() []ChangeRow {
	return p.changeRows(slices.DeleteFunc(slices.Clone(p.Compared), filled))
}

// FilledRows are the cells empty at A and filled by B.
func (p Replay) FilledRows() []ChangeRow {
	return p.changeRows(slices.DeleteFunc(slices.Clone(p.Compared), func(c projections.Change) bool { return !filled(c) }))
}

func filled(c projections.Change) bool { return c.From == "" }

// ChangedRows are the changes the form's marks stand for.
func (p Replay) ChangedRows() []ChangeRow { return p.changeRows(p.Changes) }

func (p Replay) changeRows(changes []projections.Change) []ChangeRow {
	rows := make([]ChangeRow, len(changes))
	for i, c := range changes {
		rows[i] = ChangeRow{c, p.At(c.Position)}
	}
	return rows
}

// Day is when the change happened.
func (c ChangeRow) Day() domain.Day { return domain.DayOf(c.At.Effective) }

// Marks are what must not be overlooked about the change.
func (c ChangeRow) Marks() (marks []Status) {
	if c.Late {
		marks = append(marks, Late.Saying("%s 补录", domain.DayOf(c.At.Recorded)))
	}
	if c.Corrects != "" {
		marks = append(marks, Corrected)
	}
	return marks
}

// MomentDay is the day a moment's event happened.
func MomentDay(m *projections.Moment) domain.Day {
	if m == nil || m.Entry.EffectiveAt.Equal(time.Time{}) {
		return ""
	}
	return domain.DayOf(m.Entry.EffectiveAt)
}

// DayA and DayB head the columns of the comparison.
func (p Replay) DayA() domain.Day { return MomentDay(p.A) }
func (p Replay) DayB() domain.Day { return MomentDay(p.B) }

// DayNow is the day of this moment's event.
func (p Replay) DayNow() domain.Day { return MomentDay(&p.Moment) }

// BaseDay is the day of the moment the marks compare with.
func (p Replay) BaseDay() domain.Day { return MomentDay(p.Base) }
