package projections

import (
	"context"
	"fmt"
	"slices"

	"wenxiao/domain/monitoring"
)

// board keeps the monitoring board: a row per programme's year of which there
// are snapshots. The board shows those of which there are none from the
// register.
type board struct{}

// A boardRow is the row with what is needed to keep it.
type boardRow struct {
	Monitoring
	Open []monitoring.WarningRaised `json:"open,omitempty"` // not cleared
	Told map[string]bool            `json:"told,omitempty"` // warnings explained
}

var boardTable = &tableOf[boardRow]{
	Table: Table{
		Name:    "board_v1",
		Columns: "programme TEXT, year BIGINT, unit TEXT, state TEXT, contradiction TEXT, gap BIGINT, attainment BIGINT, execution BIGINT, budget BIGINT, paid BIGINT, position BIGINT",
		Key:     "programme, year",
	},
	columns: func(args []any, k key, r *boardRow) []any {
		return append(args,
			k[0], k[1], string(r.Unit), r.state(), r.Contradiction, abs(points(r.Attainment)-points(r.Execution)),
			sortable(&r.Attainment), sortable(&r.Execution), int64(r.Budget), int64(r.Paid), int64(r.Position),
		)
	},
}

// state is the row's status on the board.
func (m Monitoring) state() string {
	switch {
	case m.Snapshot == "":
		return "missing"
	case m.OpenWarnings > 0 && m.Grave, m.Contradiction == ContradictionExcess:
		return StatusAlert
	case m.OpenWarnings > 0:
		return StatusWarning
	}
	return StatusNormal
}

// State is normal, warning, alert or missing (未报).
func (m Monitoring) State() string { return m.state() }

func abs(n int64) int64 { return max(n, -n) }

func (board) Name() string    { return boardTable.Name }
func (board) Tables() []Table { return []Table{boardTable.Table} }

func (board) Apply(page *Page, f Fact) error {
	event, ok := f.Event.(monitoring.Event)
	if !ok || f.Year == 0 {
		return nil
	}
	k := programmeKey(f.Programme, f.Year)
	row, err := boardTable.take(page, k)
	if err != nil {
		return err
	}
	row.evolve(f, event)
	boardTable.put(page, k, row)
	return nil
}

func (r *boardRow) evolve(f Fact, event monitoring.Event) {
	r.Programme, r.Year, r.Position = f.Programme, f.Year, f.Position
	switch e := event.(type) {
	case monitoring.SnapshotTaken:
		r.snapshot(e, f.Rulebook)
	case monitoring.SnapshotCorrected:
		r.snapshot(e.Snapshot, f.Rulebook)
	case monitoring.WarningRaised:
		r.Open = append(r.Open, e)
	case monitoring.WarningExplained:
		if r.Told == nil {
			r.Told = map[string]bool{}
		}
		r.Told[e.Warning] = true
	case monitoring.WarningCleared:
		r.Open = slices.DeleteFunc(r.Open, func(w monitoring.WarningRaised) bool { return w.Warning == e.Warning })
		delete(r.Told, e.Warning)
		r.WarningStatus = WarningCleared
	}
	r.warnings()
}

func (r *boardRow) snapshot(e monitoring.SnapshotTaken, rules string) {
	if e.Day < r.Day && e.Snapshot != r.Snapshot {
		return
	}
	r.Unit, r.Snapshot, r.Day, r.Period = e.Unit, e.Snapshot, e.Day, e.Period
	r.Attainment, r.Execution, r.Elapsed, r.Budget, r.Paid = e.Attainment, e.Execution, e.Elapsed, e.Budget, e.Paid
	r.Contradiction = contradiction(e, rules)
}

// warnings shows the gravest of the open warnings, the latest where they are
// equal.
func (r *boardRow) warnings() {
	r.OpenWarnings = len(r.Open)
	if len(r.Open) == 0 {
		r.Warning, r.Line, r.Working, r.Grave = "", "", "", false
		r.WarningStatus = nameOr(either(r.WarningStatus == WarningCleared, WarningCleared, ""), WarningNone)
		return
	}
	worst := r.Open[0]
	for _, w := range r.Open {
		if w.Grave || !worst.Grave {
			worst = w
		}
	}
	r.Warning, r.Line, r.Working, r.Grave = worst.Warning, worst.Line, worst.Working, worst.Grave
	r.WarningStatus = either(r.Told[worst.Warning], WarningExplained, WarningOpen)
}

// contradiction says where the two lines contradict each other by the rulebook
// named, "" where they do not.
func contradiction(e monitoring.SnapshotTaken, rules string) string {
	limits := bookNamed(rules).Parameters
	done, spent, gone := points(e.Attainment), points(e.Execution), points(e.Elapsed)
	apart, behind := points(limits.Apart.Value)/100, points(limits.Behind.Value)/100 // percentage points
	switch {
	case e.Budget > 0 && e.Paid > e.Budget:
		return ContradictionExcess
	case done-spent >= apart:
		return ContradictionUnpaid
	case spent-done >= apart:
		return ContradictionOverrun
	case gone-done >= behind && gone-spent >= behind:
		return ContradictionBehind
	}
	return ""
}

// boardSQL begins at the register, so that years without a snapshot show.
const boardSQL = ` FROM programmes_v1 p LEFT JOIN board_v1 t ON t.programme = p.code AND t.year = p.year LEFT JOIN units_v1 u ON u.code = p.unit`

// boardState is missing where no snapshot was taken.
const boardState = "COALESCE(t.state,'missing')" // one word: tally counts by it

var boardOrders = map[string]string{
	"budget": "p.full_year", "execution": "t.execution", "attainment": "t.attainment", "name": "p.name", "unit": "p.unit", "contradiction": "t.gap",
}

// MonitoringBoard returns a page of the board: programmes whose goal is
// approved or whose money flows, contradictions first.
func (v Views) MonitoringBoard(ctx context.Context, f MonitoringFilter) (MonitoringBoard, error) {
	w := newWhere("p.year > 0", "p.stage >= 2")
	w.words(f.Text, "p.search", "COALESCE(u.search, '')")
	w.equal("p.unit", string(f.Unit))
	w.equal("p.department", string(f.Department))
	if f.Year != 0 {
		w.add("p.year = ?", int64(f.Year))
	}
	b := MonitoringBoard{Counts: map[string]int{}}
	if err := v.boardCounts(ctx, w, &b); err != nil {
		return b, err
	}
	w.equal(boardState, f.Status)
	if f.Contradiction {
		w.add("t.contradiction <> ''")
	}
	if err := v.DB.QueryRowContext(ctx, "SELECT COUNT(*)"+boardSQL+w.sql(), w.args...).Scan(&b.Total); err != nil {
		return b, fmt.Errorf("count board: %w", err)
	}
	order := orderBy(f.Sort, boardOrders, "(CASE WHEN COALESCE(t.contradiction, '') = '' THEN 1 ELSE 0 END), t.gap DESC, p.full_year DESC, p.code, p.year")
	var err error
	b.Rows, err = v.boardRows(ctx, w.sql()+order+f.limit(), w.args)
	return b, err
}

func (v Views) boardCounts(ctx context.Context, w *where, b *MonitoringBoard) error {
	if err := v.tally(ctx, boardState+boardSQL, w, b.Counts); err != nil {
		return err
	}
	var apart int
	err := v.DB.QueryRowContext(ctx, "SELECT COALESCE(SUM(CASE WHEN COALESCE(t.contradiction, '') = '' THEN 0 ELSE 1 END), 0), COALESCE(SUM(p.full_year), 0), COALESCE(SUM(p.paid), 0)"+boardSQL+w.sql(), w.args...).
		Scan(&apart, &b.Budget, &b.Paid)
	b.Counts["contradiction"] = apart
	return err
}

func (v Views) boardRows(ctx context.Context, rest string, args []any) ([]Monitoring, error) {
	rows := []Monitoring{}
	err := v.each(ctx, "SELECT COALESCE(t.doc, ''), p.doc, COALESCE(u.name, '')"+boardSQL+rest, args, func(scan func(...any) error) error {
		var doc, register, unit string
		if err := scan(&doc, &register, &unit); err != nil {
			return err
		}
		row := boardRow{Monitoring: Monitoring{WarningStatus: WarningNone}}
		if doc != "" {
			if err := boardTable.decode([]byte(doc), &row); err != nil {
				return err
			}
		}
		var p Programme
		if err := programmesTable.decode([]byte(register), &p); err != nil {
			return err
		}
		rows = append(rows, row.with(p, unit))
		return nil
	})
	return rows, err
}

// with adds what the register knows. Where no snapshot was taken the money is
// the register's.
func (m Monitoring) with(p Programme, unit string) Monitoring {
	m.Programme, m.Year, m.ProgrammeName, m.Unit, m.UnitName, m.Payment = p.Code, p.Year, p.Name, p.Unit, nameOr(unit, p.UnitName), p.PaymentStatus
	if m.Snapshot == "" {
		m.Budget, m.Paid = p.FullYear, p.Paid
		if p.Rate != nil {
			m.Execution = *p.Rate
		}
	}
	return m
}
