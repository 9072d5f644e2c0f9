package projections

import (
	"context"
	"fmt"
	"slices"

	"wenxiao/domain"
	"wenxiao/domain/programme"
)

// programmes keeps the register: a row per programme and year, and one of year
// 0 for the programme as such, from which new years begin.
type programmes struct{}

var programmesTable = &tableOf[Programme]{
	Table: Table{
		Name: "programmes_v1",
		Columns: `code TEXT, year BIGINT, name TEXT, search TEXT, unit TEXT, department TEXT, jurisdiction TEXT, fund_book TEXT, kind TEXT,
			stage BIGINT, status TEXT, major BIGINT, attested BIGINT, budget BIGINT, full_year BIGINT, paid BIGINT, rate BIGINT, score BIGINT,
			goal TEXT, evaluation TEXT, findings BIGINT, warnings BIGINT, snapshots BIGINT, position BIGINT`,
		Key:     "code, year",
		Indexes: []string{"unit, year", "year"},
	},
	settle: (*Programme).settle,
	columns: func(args []any, k key, p *Programme) []any {
		return append(args,
			k[0], k[1], p.Name, searchable(p.Name, string(p.Code), p.UnitName, p.DepartmentName), string(p.Unit), string(p.Department), p.Jurisdiction, p.FundBook, p.Kind,
			int64(slices.Index(Stages[:], p.Stage)), p.Status, flag(p.Major), flag(p.Source != nil),
			int64(p.Budget), int64(p.FullYear), int64(p.Paid), sortable(p.Rate), sortable(p.Score()),
			p.GoalStatus, p.EvaluationStatus, int64(p.Findings), int64(p.Warnings), flag(p.Snapshot != ""), int64(p.Position),
		)
	},
}

func (programmes) Name() string    { return programmesTable.Name }
func (programmes) Tables() []Table { return []Table{programmesTable.Table} }

func programmeKey(code domain.ProgrammeCode, year domain.FiscalYear) key {
	return key{string(code), int64(year)}
}

func (ps programmes) Apply(page *Page, f Fact) error {
	if f.Programme == "" {
		return nil
	}
	base, err := programmesTable.take(page, programmeKey(f.Programme, 0))
	if err != nil {
		return err
	}
	if f.Year == 0 {
		return ps.applyToAll(page, f, base)
	}
	return ps.applyToYear(page, f, base, f.Year)
}

// applyToAll is for facts of the programme as a whole.
func (ps programmes) applyToAll(page *Page, f Fact, base *Programme) error {
	base.evolve(f)
	programmesTable.put(page, programmeKey(f.Programme, 0), base)
	years := base.Years
	if e, ok := f.Event.(programme.Registered); ok && e.From.Valid() { // it shows in the register from its first year on
		years = []domain.FiscalYear{e.From}
	}
	for _, year := range years {
		if err := ps.applyToYear(page, f, base, year); err != nil {
			return err
		}
	}
	return nil
}

func (programmes) applyToYear(page *Page, f Fact, base *Programme, year domain.FiscalYear) error {
	k := programmeKey(f.Programme, year)
	row, err := programmesTable.get(page, k)
	if err != nil {
		return err
	}
	if row == nil {
		row = new(*base)
		row.Code, row.Year, row.Years, row.Stage, row.PaymentStatus = f.Programme, year, nil, StageExAnte, PaymentsOpen
		base.Code = f.Programme
		base.Years = append(base.Years, year)
		slices.Sort(base.Years)
		programmesTable.put(page, programmeKey(f.Programme, 0), base)
	}
	row.evolve(f)
	programmesTable.put(page, k, row)
	return nil
}

// registerSQL joins the names units bear now.
const registerSQL = ` FROM programmes_v1 p LEFT JOIN units_v1 u ON u.code = p.unit LEFT JOIN units_v1 d ON d.code = p.department`

var programmeOrders = map[string]string{
	"code": "p.code", "name": "p.name", "unit": "p.unit", "year": "p.year", "stage": "p.stage", "budget": "p.full_year",
	"paid": "p.paid", "rate": "p.rate", "score": "p.score", "updated": "p.position",
	"status": "CASE p.status WHEN 'alert' THEN 0 WHEN 'warning' THEN 1 WHEN 'waiting' THEN 2 WHEN 'normal' THEN 3 ELSE 4 END",
}

// Programmes returns a page of the register.
func (v Views) Programmes(ctx context.Context, f ProgrammeFilter) (ProgrammeList, error) {
	w := f.where()
	list := ProgrammeList{Counts: map[string]int{}}
	if err := v.tally(ctx, "p.status"+registerSQL, w, list.Counts); err != nil {
		return list, err
	}
	w.equal("p.status", f.Status)
	err := v.DB.QueryRowContext(ctx, "SELECT COUNT(*), COALESCE(SUM(p.budget), 0), COALESCE(SUM(p.full_year), 0), COALESCE(SUM(p.paid), 0)"+registerSQL+w.sql(), w.args...).
		Scan(&list.Total, &list.Sums.Budget, &list.Sums.FullYear, &list.Sums.Paid)
	if err != nil {
		return list, fmt.Errorf("count programmes: %w", err)
	}
	order := orderBy(f.Sort, programmeOrders, "p.year DESC, p.code")
	list.Rows, err = v.programmes(ctx, w.sql()+order+f.limit(), w.args...)
	return list, err
}

// Attested tells the programmes that were taken from a source.
func (v Views) Attested(ctx context.Context) (map[domain.ProgrammeCode]bool, error) {
	codes := map[domain.ProgrammeCode]bool{}
	err := v.each(ctx, "SELECT DISTINCT code FROM programmes_v1 WHERE attested = 1", nil, func(scan func(...any) error) error {
		var code domain.ProgrammeCode
		err := scan(&code)
		codes[code] = true
		return err
	})
	return codes, err
}

func (f ProgrammeFilter) where() *where {
	w := newWhere("p.year > 0")
	w.words(f.Text, "p.search", "COALESCE(u.search, '')", "COALESCE(d.search, '')")
	w.equal("p.unit", string(f.Unit))
	w.equal("p.department", string(f.Department))
	w.equal("p.fund_book", f.FundBook)
	w.equal("p.kind", f.Kind)
	if f.Stage != "" {
		w.add("p.stage = ?", int64(slices.Index(Stages[:], f.Stage)))
	}
	if f.Year != 0 {
		w.add("p.year = ?", int64(f.Year))
	}
	if f.Major {
		w.add("p.major = 1")
	}
	if f.Attested != nil {
		w.add("p.attested = ?", flag(*f.Attested))
	}
	return w
}

// programmes reads rows; rest is what stands behind FROM.
func (v Views) programmes(ctx context.Context, rest string, args ...any) ([]Programme, error) {
	rows := []Programme{}
	err := v.each(ctx, "SELECT p.doc, COALESCE(u.name, ''), COALESCE(d.name, '')"+registerSQL+rest, args, func(scan func(...any) error) error {
		var doc, unitName, departmentName string
		if err := scan(&doc, &unitName, &departmentName); err != nil {
			return err
		}
		var p Programme
		if err := programmesTable.decode([]byte(doc), &p); err != nil {
			return err
		}
		p.UnitName, p.DepartmentName = nameOr(unitName, p.UnitName), nameOr(departmentName, p.DepartmentName)
		rows = append(rows, p)
		return nil
	})
	return rows, err
}

// Programme returns one programme's year, or [ErrNotFound]. Year 0 is the
// programme as such.
func (v Views) Programme(ctx context.Context, code domain.ProgrammeCode, year domain.FiscalYear) (Programme, error) {
	rows, err := v.programmes(ctx, " WHERE p.code = $1 AND p.year = $2", string(code), int64(year))
	switch {
	case err != nil:
		return Programme{}, err
	case len(rows) == 0:
		return Programme{}, fmt.Errorf("programme %s of %d: %w", code, year, ErrNotFound)
	}
	return rows[0], nil
}

// ProgrammeYears returns the years the ledger has of a programme, oldest first,
// or [ErrNotFound].
func (v Views) ProgrammeYears(ctx context.Context, code domain.ProgrammeCode) ([]domain.FiscalYear, error) {
	p, err := v.Programme(ctx, code, 0)
	return p.Years, err
}
