package evidence

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"wenxiao/domain"
	"wenxiao/domain/programme"
	"wenxiao/domain/rulebook"
	"wenxiao/eventstore"
)

// A Step is one thing that the process of a programme's year has, and whether the
// records show it.
type Step struct {
	Year     domain.FiscalYear   `json:"year"`
	Title    string              `json:"title"`
	Basis    string              `json:"basis"`
	State    State               `json:"state"`
	Day      domain.Day          `json:"day,omitempty"`      // when it was done
	Position eventstore.Position `json:"position,omitempty"` // of the record that shows it
	Why      string              `json:"why,omitempty"`      // why it is due, or not yet
}

// State of a step.
type State string

const (
	Done    State = "已办"
	Missing State = "缺"
	NotDue  State = "未到期"
)

// A process is what the records tell of the course of one programme.
type process struct {
	code         domain.ProgrammeCode
	jurisdiction string
	attested     bool // taken from a published table: its course is not in the ledger
	years        map[domain.FiscalYear]*course
	about        map[string]domain.FiscalYear // streams whose names do not tell the year
}

// A course is one year of it: the first record of each type, without its version.
type course struct {
	seen    map[string]mark
	notices []*notice
}

type mark struct {
	day domain.Day
	at  eventstore.Position
}

// A notice is one demand to rectify.
type notice struct {
	stream           string
	due              domain.Day
	reported, closed mark
}

func newProcess(code domain.ProgrammeCode) *process {
	return &process{code: code, years: map[domain.FiscalYear]*course{}, about: map[string]domain.FiscalYear{}}
}

// see takes one record into account.
func (p *process) see(r eventstore.Record, about subject) {
	if r.Type == (programme.Registered{}).EventType() && r.Stream == programme.Stream(p.code) {
		p.jurisdiction, p.attested = about.Jurisdiction, len(about.Source) > 0 && string(about.Source) != "null"
		return
	}
	year := p.yearOf(r, about)
	if year == 0 {
		return
	}
	c := p.years[year]
	if c == nil {
		c = &course{seen: map[string]mark{}}
		p.years[year] = c
	}
	kind, _, _ := strings.Cut(r.Type, ".v")
	m := mark{domain.DayOf(r.EffectiveAt), r.Position}
	if _, known := c.seen[kind]; !known {
		c.seen[kind] = m
	}
	c.rectify(r.Stream, kind, m, about.Due)
}

func (c *course) rectify(stream, kind string, m mark, due domain.Day) {
	if kind == "rectification.notice-issued" {
		c.notices = append(c.notices, &notice{stream: stream, due: due})
		return
	}
	i := slices.IndexFunc(c.notices, func(n *notice) bool { return n.stream == stream })
	if i < 0 {
		return
	}
	switch kind {
	case "rectification.work-reported":
		c.notices[i].reported = m
	case "rectification.notice-closed":
		c.notices[i].closed = m
	}
}

// yearOf tells to which year a record of the process belongs, 0 to none.
func (p *process) yearOf(r eventstore.Record, about subject) domain.FiscalYear {
	noun, rest, _ := strings.Cut(r.Stream, "-")
	switch noun {
	case "goal", "execution", "monitoring":
		year, err := strconv.Atoi(strings.TrimPrefix(rest, string(p.code)+"-"))
		if err != nil {
			return 0
		}
		return domain.FiscalYear(year)
	case "evaluation", "rectification":
		if about.Programme == p.code && about.Year.Valid() {
			p.about[r.Stream] = about.Year
		}
		return p.about[r.Stream]
	}
	return 0
}

// steps lists what each year's process has, as it stood on a day.
func (p *process) steps(asOf domain.Day) (steps []Step) {
	for _, year := range slices.Sorted(maps.Keys(p.years)) {
		c := &stepping{course: p.years[year], year: year, asOf: asOf}
		if c.book, _ = rulebook.InForce(p.jurisdiction, year.Last()); c.book == nil {
			c.book = rulebook.Default()
		}
		steps = append(steps, c.list()...)
	}
	return steps
}

type stepping struct {
	*course
	year  domain.FiscalYear
	asOf  domain.Day
	book  *rulebook.Rulebook
	steps []Step
}

func (s *stepping) has(kinds ...string) bool {
	return slices.ContainsFunc(kinds, func(k string) bool { _, ok := s.seen[k]; return ok })
}

func (s *stepping) list() []Step {
	s.after("目标申报", "忻州办法 第十九条", "goal.filed", "goal.approved", "execution.budget-set", "execution.paid")
	s.after("目标审核", "忻州办法 第二十条", "goal.reviewed", "goal.approved")
	s.after("目标批复", "忻州办法 第二十二条", "goal.approved", "execution.budget-set", "execution.paid")
	s.after("预算下达", "忻州办法 第二十二条", "execution.budget-set", "execution.allotted", "execution.paid")
	s.by("监控报送", "忻州办法 第二十七条", "monitoring.snapshot-taken", "monitoring")
	s.by("绩效自评", "忻州办法 第三十条", "evaluation.self-filed", "self-evaluation")
	s.after("自评复核", "忻州办法 第三十八条", "evaluation.checked", "evaluation.finalised")
	s.after("自评审定", "忻州办法 第三十七条、第三十八条", "evaluation.finalised", "evaluation.fed-back")
	s.after("结果反馈", "忻州办法 第四十条第一项", "evaluation.fed-back")
	for _, n := range s.notices {
		s.rectified(n)
	}
	return s.steps
}

// after adds a step that must be done once any of those that rest on it was.
func (s *stepping) after(title, basis, kind string, resting ...string) {
	step := Step{Year: s.year, Title: title, Basis: basis, State: NotDue, Why: "没有记录表明已到这一步"}
	for _, r := range resting {
		if m, ok := s.seen[r]; ok {
			step.State, step.Why = Missing, fmt.Sprintf("账本位置 %d 已办后面的环节", m.at)
			break
		}
	}
	s.add(step, s.seen[kind])
}

// by adds a step that must be done by a day the rulebook sets, where money was
// given.
func (s *stepping) by(title, basis, kind, deadline string) {
	step := Step{Year: s.year, Title: title, Basis: basis, State: NotDue, Why: "还没有下达预算"}
	rule, ok := s.book.Deadline(deadline)
	if !ok {
		rule, ok = rulebook.Default().Deadline(deadline)
	}
	if ok && s.has("execution.budget-set") {
		due := rule.Value.Of(s.year)
		step.Why = "期限 " + string(due)
		if due < s.asOf {
			step.State = Missing
		}
	}
	s.add(step, s.seen[kind])
}

func (s *stepping) rectified(n *notice) {
	step := Step{Year: s.year, Title: "整改报告", Basis: "忻州办法 第四十条第一项", State: NotDue, Why: "期限 " + string(n.due)}
	if n.closed.at > 0 || n.due.Valid() && n.due < s.asOf {
		step.State = Missing
	}
	s.add(step, n.reported)
	s.add(Step{Year: s.year, Title: "整改销号", Basis: "忻州办法 第四十条第一项", State: NotDue, Why: "整改报告审核后办理"}, n.closed)
}

func (s *stepping) add(step Step, done mark) {
	if done.at > 0 {
		step.State, step.Why, step.Day, step.Position = Done, "", done.day, done.at
	}
	s.steps = append(s.steps, step)
}
