package web

import (
	"fmt"
	"html/template"
	"math/big"
	"strconv"

	"wenxiao/domain"
	"wenxiao/projections"
)

// Monitoring is the dual-monitoring board: where results, money and time
// disagree, and what may be done about it.
type Monitoring struct {
	Frame
	projections.MonitoringBoard
	Filter     projections.MonitoringFilter
	Years      []domain.FiscalYear
	Units      []Option
	Thresholds []Threshold
	Today      domain.Day
	Decides    bool      // who looks may decide about money
	Disposal   *Disposal // of the row chosen
}

func (Monitoring) template() string { return "monitoring" }

// Threshold is one number the board warns by, and where it comes from.
type Threshold struct {
	Status Status
	Text   string // 任一条线落后时间 15 个百分点
	Source string
}

// Disposal offers what may be done about one programme. Nothing is chosen
// beforehand; each act leads to its own form.
type Disposal struct {
	Row     MonitoringRow
	Signing string // 市财政局 绩效管理科 张某
	Acts    []Remedy
}

// Remedy is one act, what it does to the money, and its article.
type Remedy struct {
	Word, Effect, Basis, Address string
	Grave                        bool
}

// MonitoringStatuses are those of the board, gravest first.
var MonitoringStatuses = []Option{
	{"alert", Alert.Word}, {"warning", Warning.Word}, {"normal", OnTrack.Word}, {"missing", NotFiled.Word},
}

var monitoringSorts = []Option{
	{"contradiction", "矛盾在前"}, {"-budget", "金额大在前"}, {"execution", "执行慢在前"}, {"attainment", "目标慢在前"}, {"name", "按名称"}, {"unit", "按单位"},
}

// contradictions in words; grave ones are bold.
var contradictions = map[string]struct {
	words string
	grave bool
}{
	projections.ContradictionUnpaid:  {"实物先成，款未付出：查拖欠", true},
	projections.ContradictionOverrun: {"钱先付出，事未办成：查进度", true},
	projections.ContradictionExcess:  {"支出已超全年预算", true},
	projections.ContradictionBehind:  {"两线同步落后时间", false},
}

// Choices are the selects of the filter bar.
func (p Monitoring) Choices() []Choice {
	years := []Option{{"", "全部"}}
	for _, y := range p.Years {
		years = append(years, Option{strconv.Itoa(int(y)), strconv.Itoa(int(y))})
	}
	year, sort := "", p.Filter.Sort
	if p.Filter.Year != 0 {
		year = strconv.Itoa(int(p.Filter.Year))
	}
	if sort == "" {
		sort = "contradiction"
	}
	return []Choice{
		{"year", "年度", year, years},
		{"unit", "单位", string(p.Filter.Unit), all(p.Units)},
		{"status", "状态", p.Filter.Status, all(MonitoringStatuses)},
		{"sort", "排序", sort, monitoringSorts},
	}
}

// Figures counts the rows by status; each count filters.
func (p Monitoring) Figures() (chips []Chip) {
	for _, s := range MonitoringStatuses {
		chosen, to := p.Filter.Status == s.Value, s.Value
		if chosen {
			to = ""
		}
		chips = append(chips, Chip{monitoringStatus(s.Value), p.Counts[s.Value], p.With("status", to), chosen})
	}
	return chips
}

// Due is how many programmes the board watches.
func (p Monitoring) Due() (n int) {
	for _, s := range MonitoringStatuses {
		n += p.Counts[s.Value]
	}
	return n
}

// Rate is what share of all budgets on the board is paid.
func (p Monitoring) Rate() *domain.Decimal { return shareOf(p.Paid, p.Budget) }

// Table is the rows as the board draws them.
func (p Monitoring) Table() []MonitoringRow {
	rows := make([]MonitoringRow, len(p.Rows))
	for i, m := range p.Rows {
		rows[i] = NewMonitoringRow(m, p.Today, p.English)
		rows[i].Act = p.With("act", string(m.Programme)+"."+strconv.Itoa(int(m.Year))) + "#act"
		rows[i].Chosen = p.Disposal != nil && p.Disposal.Row.Programme == m.Programme && p.Disposal.Row.Year == m.Year
	}
	return rows
}

// Pager leads through the board's pages.
func (p Monitoring) Pager() Pager { return p.pager(p.Filter.Paging, p.Total, len(p.Rows)) }

// Clear returns the board without conditions.
func (Monitoring) Clear() string { return "/monitoring" }

// MonitoringRow is one programme's year on the board.
type MonitoringRow struct {
	projections.Monitoring
	Light   Status
	Bars    template.HTML
	Reason  string // the contradiction or the working, in words
	Grave   bool   // Reason is bold
	Address string
	Act     string // address that opens the aside on this row
	Chosen  bool
	English bool
}

// NewMonitoringRow words and draws a row. What was not reported is drawn
// against the time gone by today.
func NewMonitoringRow(m projections.Monitoring, today domain.Day, english bool) MonitoringRow {
	row := MonitoringRow{Monitoring: m, Light: monitoringStatus(m.State()), English: english, Address: fmt.Sprintf("/programmes/%s/%d", m.Programme, m.Year)}
	pair := BarPair{Execution: m.Execution, Elapsed: m.Elapsed, English: english}
	if m.Snapshot == "" {
		pair.Elapsed = m.Year.Elapsed(today)
		if paid := shareOf(m.Paid, m.Budget); paid != nil {
			pair.Execution = *paid
		}
	} else {
		pair.Attainment = &m.Attainment
	}
	row.Bars, row.Reason = Bars(pair), m.Working
	if c, ok := contradictions[m.Contradiction]; ok {
		row.Reason, row.Grave = c.words, c.grave
		if m.Working != "" {
			row.Reason += "；" + m.Working
		}
	}
	if row.Reason == "" && m.Snapshot == "" {
		row.Reason = "目标线未报"
	}
	return row
}

// Payments says so where the treasury holds payments back.
func (r MonitoringRow) Payments() *Status {
	if r.Payment == "" || r.Payment == projections.PaymentsOpen {
		return nil
	}
	s := paymentStatus(r.Payment)
	return &s
}

// Warned says what became of the warning, where there is one.
func (r MonitoringRow) Warned() *Status {
	if r.WarningStatus == "" || r.WarningStatus == projections.WarningNone {
		return nil
	}
	s := warningStatus(r.WarningStatus)
	return &s
}

var monitoringLights = map[string]Status{"alert": Alert, "warning": Warning, "normal": OnTrack, "missing": NotFiled}

func monitoringStatus(code string) Status { return statusOf(monitoringLights, code) }

// shareOf is part ÷ whole with four places, nil while whole is zero.
func shareOf(part, whole domain.Money) *domain.Decimal {
	if whole == 0 {
		return nil
	}
	share := domain.HalfUp(big.NewRat(int64(part), int64(whole)), 4)
	return &share
}
