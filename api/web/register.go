package web

import (
	"fmt"
	"net/url"
	"strconv"

	"wenxiao/domain"
	"wenxiao/projections"
)

// Register is the programme register: which programmes, where they stand, which
// need attention.
type Register struct {
	Frame
	projections.ProgrammeList
	Filter projections.ProgrammeFilter
	Open   string // replay or chain where a name leads there; empty for the programme's page
	Years  []domain.FiscalYear
	Units  []Option

	MayRegister bool // the reader may enter new programmes
}

func (Register) template() string { return "register" }

// Under says what the register is opened for, when not for itself.
func (p Register) Under() string {
	return map[string]string{"replay": "选一个项目年度，回放它的经过", "chain": "选一个项目年度，看它的责任链"}[p.Open]
}

// Leads returns where the name of a row leads.
func (p Register) Leads(row projections.Programme) string {
	address := fmt.Sprintf("/programmes/%s/%d", row.Code, row.Year)
	if p.Open != "" {
		address += "/" + p.Open
	}
	return address
}

// Choice is one select of a filter bar.
type Choice struct {
	Name, Label, Value string
	Options            []Option
}

// Choices are the selects of the filter bar.
func (p Register) Choices() []Choice {
	years := []Option{{"", "全部"}}
	for _, y := range p.Years {
		years = append(years, Option{strconv.Itoa(int(y)), strconv.Itoa(int(y))})
	}
	year := ""
	if p.Filter.Year != 0 {
		year = strconv.Itoa(int(p.Filter.Year))
	}
	return []Choice{
		{"year", "年度", year, years},
		{"unit", "单位", string(p.Filter.Unit), all(p.Units)},
		{"book", "预算本", p.Filter.FundBook, all(FundBooks)},
		{"stage", "环节", p.Filter.Stage, all(Stages)},
		{"status", "状态", p.Filter.Status, all(Statuses)},
		{"kind", "对象", p.Filter.Kind, all(Kinds)},
	}
}

func all(options []Option) []Option { return append([]Option{{"", "全部"}}, options...) }

// Chip is one count that filters.
type Chip struct {
	Status  Status
	Count   int
	Address string
	Chosen  bool
}

// Chips counts rows by status; the chosen one leads back to all.
func (p Register) Chips() (chips []Chip) {
	for _, s := range Statuses {
		n := p.Counts[s.Value]
		chosen := p.Filter.Status == s.Value
		if n == 0 && !chosen {
			continue
		}
		to := s.Value
		if chosen {
			to = ""
		}
		chips = append(chips, Chip{programmeStatus(s.Value), n, p.With("status", to), chosen})
	}
	return chips
}

// Heading is a column's head, which may sort.
type Heading struct {
	Text, Address, Sorted, Arrow string
	Number                       bool
}

// Heads are the columns, in the order of the drawn register.
func (p Register) Heads() []Heading {
	return []Heading{
		p.head("项目", "name", false), p.head("实施单位", "unit", false),
		{Text: "预算本"},
		p.head("年度", "year", false),
		p.head("环节", "stage", false), p.head("全年预算", "budget", true), p.head("执行数", "paid", true), p.head("执行率", "rate", true),
		p.head("得分·等级", "score", true), p.head("状态", "status", false),
		{Text: "注意"},
	}
}

// head sorts by key when followed, the other way round when already so sorted.
// Figures begin with the largest.
func (p Register) head(text, key string, number bool) Heading {
	up, down := key, "-"+key
	h := Heading{Text: text, Number: number, Sorted: "none", Address: p.With("sort", up)}
	if number {
		h.Address = p.With("sort", down)
	}
	switch p.Filter.Sort {
	case up:
		h.Sorted, h.Arrow, h.Address = "ascending", "↑", p.With("sort", down)
	case down:
		h.Sorted, h.Arrow, h.Address = "descending", "↓", p.With("sort", up)
	}
	return h
}

// Clear returns the register without conditions.
func (p Register) Clear() string {
	if p.Open != "" {
		return "/programmes?open=" + p.Open
	}
	return "/programmes"
}

// Download returns the address of the filtered rows as a file.
func (p Register) Download(kind string) string {
	u, err := url.Parse(p.Here)
	if err != nil {
		return "/programmes." + kind
	}
	q := u.Query()
	q.Del("page")
	q.Del("open")
	if len(q) == 0 {
		return "/programmes." + kind
	}
	return "/programmes." + kind + "?" + q.Encode()
}

// Conditions are what was asked for, in words.
func (p Register) Conditions() (words []string) {
	if p.Filter.Text != "" {
		words = append(words, "“"+p.Filter.Text+"”")
	}
	for _, c := range p.Choices() {
		if c.Value != "" {
			words = append(words, Word(c.Options, c.Value))
		}
	}
	return words
}

// Wider offers the next wider search when nothing was found.
func (p Register) Wider() *Crumb {
	for _, c := range p.Choices() {
		if c.Value != "" && c.Name == "year" {
			return &Crumb{"把年度放宽到全部", p.With("year", "")}
		}
	}
	if p.Filter.Status != "" {
		return &Crumb{"不限状态", p.With("status", "")}
	}
	return nil
}

// Pager leads through the register's pages.
func (p Register) Pager() Pager { return p.pager(p.Filter.Paging, p.Total, len(p.Rows)) }
