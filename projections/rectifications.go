package projections

import (
	"context"
	"fmt"

	"wenxiao/domain"
	"wenxiao/domain/rectification"
)

// rectifications keeps the rectification ledger (整改台账).
type rectifications struct{}

var rectificationsTable = &tableOf[Rectification]{
	Table: Table{
		Name:    "rectifications_v1",
		Columns: "id TEXT, programme TEXT, year BIGINT, unit TEXT, status TEXT, due TEXT, issued TEXT, reported TEXT, document TEXT, position BIGINT",
		Key:     "id",
		Indexes: []string{"programme, year", "status, due"},
	},
	columns: func(args []any, k key, r *Rectification) []any {
		return append(args, k[0], string(r.Programme), int64(r.Year), string(r.Unit), r.Status, string(r.Due), string(dayOf(r.IssuedAt)), string(dayOf(r.ReportedAt)), r.Document, int64(r.Position))
	},
}

func (rectifications) Name() string    { return rectificationsTable.Name }
func (rectifications) Tables() []Table { return []Table{rectificationsTable.Table} }

func (rectifications) Apply(page *Page, f Fact) error {
	event, ok := f.Event.(rectification.Event)
	if !ok {
		return nil
	}
	k := key{noticeID(f.Stream)}
	r, err := rectificationsTable.take(page, k)
	if err != nil {
		return err
	}
	r.evolve(f, event)
	rectificationsTable.put(page, k, r)
	return nil
}

func (r *Rectification) evolve(f Fact, event rectification.Event) {
	switch e := event.(type) {
	case rectification.NoticeIssued:
		*r = Rectification{
			ID: noticeID(f.Stream), Programme: e.Programme, Year: e.Year, Unit: e.Unit, UnitName: e.UnitName, Issuer: e.Issuer, Document: e.Document,
			Issues: e.Issues, Due: e.Due, Status: RectificationWithUnit, IssuedBy: f.Actor, IssuedAt: f.EffectiveAt,
		}
	case rectification.PlanFiled:
		r.Measures, r.PlanBy, r.Responsible, r.ResponsibleName = e.Measures, e.By, e.Responsible, e.Name
	case rectification.WorkReported:
		r.Answers, r.Status, r.ReportedBy, r.ReportedAt = e.Answers, RectificationUnderReview, f.Actor, f.EffectiveAt
	case rectification.WorkReturned:
		r.Status, r.Returns = RectificationWithUnit, r.Returns+1
		if e.Due != "" {
			r.Due = e.Due
		}
	case rectification.NoticeClosed:
		r.Status, r.ClosedBy, r.ClosedAt, r.Opinion = RectificationClosed, f.Actor, f.EffectiveAt, e.Opinion
	}
	r.Steps = append(r.Steps, Step{f.Position, f.ID, f.Type, f.EffectiveAt, f.Actor, rectificationDeed(event).text, r.Due, f.Late()})
	r.Position = f.Position
}

var rectificationOrders = map[string]string{
	"due": "t.due", "issued": "t.issued", "unit": "t.unit", "programme": "t.programme",
	"status": "CASE t.status WHEN 'under-review' THEN 0 WHEN 'with-unit' THEN 1 ELSE 2 END",
}

// Rectifications returns a page of the rectification ledger, those not closed
// first, by their last day.
func (v Views) Rectifications(ctx context.Context, f RectificationFilter) (RectificationList, error) {
	list := RectificationList{Counts: map[string]int{}}
	w := newWhere()
	w.common(f.Text, f.Programme, f.Year, f.Unit, f.Department)
	if f.OverdueOn != "" {
		w.add("t.status = 'with-unit'")
		w.add("t.due < ?", string(f.OverdueOn))
	}
	if err := v.tally(ctx, "t.status"+ofProgramme(rectificationsTable.Name), w, list.Counts); err != nil {
		return list, err
	}
	w.equal("t.status", f.Status)
	order := orderBy(f.Sort, rectificationOrders, "(CASE t.status WHEN 'closed' THEN 1 ELSE 0 END), t.due, t.id")
	var err error
	list.List, err = about(ctx, v, rectificationsTable, w, order+f.limit(), nameRectification)
	return list, err
}

func nameRectification(r *Rectification, name string, department domain.UnitCode, unit string) {
	r.ProgrammeName, r.Department, r.UnitName = name, department, nameOr(unit, r.UnitName)
}

// Rectification returns one notice, or [ErrNotFound].
func (v Views) Rectification(ctx context.Context, id string) (Rectification, error) {
	w := newWhere()
	w.add("t.id = ?", id)
	list, err := about(ctx, v, rectificationsTable, w, "", nameRectification)
	switch {
	case err != nil:
		return Rectification{}, err
	case len(list.Rows) == 0:
		return Rectification{}, fmt.Errorf("rectification %s: %w", id, ErrNotFound)
	}
	return list.Rows[0], nil
}
