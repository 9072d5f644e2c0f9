package projections

import (
	"context"
	"slices"
	"strings"

	"wenxiao/domain"
	"wenxiao/domain/evaluation"
)

// scores keeps every version of every evaluation with its scores and findings.
type scores struct{}

var scoresTable = &tableOf[Score]{
	Table: Table{
		Name:    "scores_v1",
		Columns: "evaluation TEXT, version BIGINT, programme TEXT, year BIGINT, unit TEXT, latest BIGINT, status TEXT, since TEXT, grade TEXT, printed TEXT, findings TEXT, position BIGINT",
		Key:     "evaluation, version",
		Indexes: []string{"programme, year", "latest, status", "year"},
	},
	columns: func(args []any, k key, s *Score) []any {
		return append(args, k[0], k[1], string(s.Programme), int64(s.Year), string(s.Unit), flag(s.Latest), s.Status, string(s.since()), s.Grade, score(s.Printed), s.codes(), int64(s.Position))
	},
}

// since is the day its status began.
func (s Score) since() domain.Day {
	at := s.FiledAt
	switch s.Status {
	case EvaluationChecked:
		at = s.CheckedAt
	case EvaluationReturned:
		at = s.ReturnedAt
	case EvaluationFinalised:
		at = s.FinalisedAt
	case EvaluationFedBack:
		at = s.FedBackAt
	}
	return dayOf(at)
}

// codes are the codes of the findings, each between blanks.
func (s Score) codes() string {
	var codes []string
	for _, f := range s.Findings {
		codes = append(codes, f.Code)
	}
	slices.Sort(codes)
	return when(len(codes) > 0, " "+strings.Join(slices.Compact(codes), " ")+" ")
}

func (scores) Name() string    { return scoresTable.Name }
func (scores) Tables() []Table { return []Table{scoresTable.Table} }

func (ss scores) Apply(page *Page, f Fact) error {
	switch e := f.Event.(type) {
	case evaluation.SelfFiled:
		return ss.filed(page, f, e)
	case evaluation.Checked:
		return ss.change(page, f, e.Version, func(s *Score) {
			s.Status, s.Computed, s.Rulebook, s.Findings, s.Opinion = EvaluationChecked, e.Computed, e.Rulebook, e.Findings, e.Opinion
			s.Checks, s.CheckedBy, s.CheckedAt = s.Checks+1, f.Actor, f.EffectiveAt
		})
	case evaluation.Returned:
		return ss.change(page, f, e.Version, func(s *Score) {
			s.Status, s.ReturnedReason, s.ReturnedBy, s.ReturnedAt = EvaluationReturned, e.Reason, f.Actor, f.EffectiveAt
		})
	case evaluation.Finalised:
		return ss.finalised(page, f, e)
	case evaluation.FedBack:
		return ss.fedBack(page, f, e)
	}
	return nil
}

func (ss scores) filed(page *Page, f Fact, e evaluation.SelfFiled) error {
	if e.Version > 1 {
		if err := ss.change(page, f, e.Version-1, func(s *Score) { s.Latest = false }); err != nil {
			return err
		}
	}
	id := evaluationID(f.Stream)
	scoresTable.put(page, key{id, int64(e.Version)}, &Score{
		Evaluation: id, Programme: e.Programme, Year: e.Year, Unit: e.Unit, Version: e.Version, Latest: true, Status: EvaluationFiled,
		Form: e, FiledBy: f.Actor, FiledAt: f.EffectiveAt, Printed: e.Total, Grade: e.Grade, Position: f.Position,
	})
	// The result of an evaluation names no version: it is of the one finalised,
	// which this row remembers for the feedback.
	scoresTable.put(page, key{id, int64(0)}, &Score{Evaluation: id, Version: e.Version, Programme: e.Programme, Year: e.Year, Unit: e.Unit, Position: f.Position})
	return nil
}

func (ss scores) finalised(page *Page, f Fact, e evaluation.Finalised) error {
	head, err := scoresTable.get(page, key{evaluationID(f.Stream), int64(0)})
	if err != nil || head == nil {
		return err
	}
	head.Version = e.Version
	scoresTable.put(page, key{head.Evaluation, int64(0)}, head)
	return ss.change(page, f, e.Version, func(s *Score) {
		s.Status, s.Final, s.Grade, s.FinalReason, s.FinalisedBy, s.FinalisedAt = EvaluationFinalised, &e.Score, e.Grade, e.Reason, f.Actor, f.EffectiveAt
	})
}

func (ss scores) fedBack(page *Page, f Fact, e evaluation.FedBack) error {
	head, err := scoresTable.get(page, key{evaluationID(f.Stream), int64(0)})
	if err != nil || head == nil {
		return err
	}
	return ss.change(page, f, head.Version, func(s *Score) {
		s.Status, s.Feedback, s.Requirements, s.FedBackAt = EvaluationFedBack, e.Opinion, e.Requirements, f.EffectiveAt
	})
}

func (scores) change(page *Page, f Fact, version int, do func(*Score)) error {
	k := key{evaluationID(f.Stream), int64(version)}
	s, err := scoresTable.get(page, k)
	if err != nil || s == nil {
		return err
	}
	do(s)
	s.Position = f.Position
	scoresTable.put(page, k, s)
	return nil
}

func evaluationID(stream string) string { return strings.TrimPrefix(stream, "evaluation-") }

// Scores returns a page of evaluations: by year, newest first, then by
// programme and version.
func (v Views) Scores(ctx context.Context, f ScoreFilter) (List[Score], error) {
	w := newWhere("t.version > 0")
	w.common(f.Text, f.Programme, f.Year, f.Unit, f.Department)
	w.equal("t.evaluation", f.Evaluation)
	w.equal("t.status", f.Status)
	w.equal("t.grade", f.Grade)
	if f.Finding != "" {
		w.add(`t.findings LIKE ? ESCAPE '\'`, "% "+likeEscaper.Replace(f.Finding)+" %")
	}
	if f.WithFinding {
		w.add("t.findings <> ''")
	}
	if !f.AllVersions {
		w.add("t.latest = 1")
	}
	return about(ctx, v, scoresTable, w, " ORDER BY t.year DESC, t.programme, t.evaluation, t.version"+f.limit(), func(s *Score, name string, _ domain.UnitCode, unit string) {
		s.ProgrammeName, s.UnitName = name, unit
	})
}
