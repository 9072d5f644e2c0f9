package intake

import (
	"errors"
	"strings"
	"time"

	"wenxiao/domain"
	"wenxiao/domain/evaluation"
	"wenxiao/domain/programme"
	"wenxiao/domain/scoring"
	"wenxiao/domain/unit"
	"wenxiao/eventstore"
)

// evaluate files the table as the self-evaluation it is.
func (e *entry) evaluate() error {
	if !e.evaluated() {
		e.leave("自评（这不是自评表）")
		return nil
	}
	form, err := evaluation.FromTable(e.table)
	if err != nil {
		return err
	}
	p := e.place
	form.Programme, form.Unit, form.Source, form.By, form.Today = p.programme, p.unitCode, e.source, Registrar, e.Today
	return execute(e, evaluation.Stored, e.stream(), form, e.meta("self-evaluation", e.table.Year.Last()))
}

func (e *entry) stream() string {
	return evaluation.Stream(evaluation.SelfID(e.place.programme, e.table.Year))
}

// check recomputes the form. It states nothing but arithmetic on what was
// printed, which is why a real name may stand beside it.
func (e *entry) check() error {
	if !e.evaluated() {
		return nil
	}
	result := scoring.Score(e.table, e.place.book)
	e.done.Findings = result.Findings
	check := evaluation.Check{
		Version: 1, Rulebook: result.Rulebook, Printed: result.Total.Printed, Computed: result.Total.Computed, By: Registrar,
		Opinion: "导入时的算术校核", Findings: evaluation.FindingsOf(result),
	}
	now := e.meta("check", e.Today)
	now.EffectiveAt = time.Time{} // it happens as it is recorded
	return execute(e, evaluation.Stored, e.stream(), check, now)
}

func loadUnit(e *entry, code domain.UnitCode) (known bool, at eventstore.Revision, err error) {
	_, at, err = eventstore.Load[unit.State](e.ctx, e.Store, unit.Stored, unit.Stream(code))
	return at > 0, at, err
}

func knownProgramme(e *entry) (bool, error) {
	_, at, err := eventstore.Load[programme.State](e.ctx, e.Store, programme.Stored, programme.Stream(e.place.programme))
	return at > 0, err
}

// at points a refusal into the table.
func at(err error, field string) error {
	var no domain.Refusal
	if errors.As(err, &no) {
		no.Field = field + strings.TrimPrefix(no.Field, "/")
		return no
	}
	return err
}
