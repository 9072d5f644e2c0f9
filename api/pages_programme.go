package api

import (
	"net/http"
	"net/url"

	"wenxiao/api/web"
	"wenxiao/domain/evaluation"
	"wenxiao/domain/scoring"
	"wenxiao/projections"
)

// programmePage is one programme in one year.
func (s *Server) programmePage(w http.ResponseWriter, r *http.Request) error {
	at, err := s.addressedSituation(r)
	if err != nil {
		return err
	}
	years, err := s.Views.ProgrammeYears(r.Context(), at.row.Code)
	if err != nil {
		return err
	}
	course, err := s.course(r, at)
	if err != nil {
		return err
	}
	who, _ := s.who(r)
	page := web.Programme{
		Frame: s.frame(r, at.row.Name, "/programmes", web.Crumb{Text: "项目登记册", Address: "/programmes"}),
		Row:   at.row, Today: s.today(), Years: years, Goals: at.goals, Scores: at.scores, Ledger: at.ledger, Lines: at.lines,
		Rectifications: at.rectifications, Course: web.Procedures(course),
	}
	if page.Statements, err = s.statementsShown(r.Context(), at.row.Code, at.row.Year); err != nil {
		return err
	}
	page.Main, page.Acts = s.offers(who, at)
	if page.Files, err = s.Views.AttachedInYear(r.Context(), at.row.Code, at.row.Year); err != nil {
		return err
	}
	page.Evidence = s.programmeEvidence(r, at.row.Code, at.row.Year)
	page.Title += "　" + at.year()
	page.Chart = chart(at, s.today(), page.English)
	s.paper(&page, at)
	return s.draw(w, page)
}

// course is everything that happened to the programme in this year, and to the
// programme as such, oldest first.
func (s *Server) course(r *http.Request, at situation) (course []projections.Entry, err error) {
	trail, err := s.Views.Trail(r.Context(), projections.TrailFilter{Programme: at.row.Code, Ascending: true, Limit: projections.MaxPerPage})
	for _, e := range trail.Entries {
		if e.Year == 0 || e.Year == at.row.Year {
			course = append(course, e)
		}
	}
	return course, err
}

// paper lays out the form the year has come to: the self-evaluation with the
// recomputation in its margin, or the goal form before there is one.
func (s *Server) paper(page *web.Programme, at situation) {
	origin := page.Address() + "replay?cell="
	e := at.score()
	if e == nil {
		if page.Sheet = goalSheet(at); page.Sheet != nil {
			page.Sheet.Origin = origin
		}
		return
	}
	sheet, result := s.recomputed(at, e.Form)
	sheet.Origin = origin
	page.Sheet = &sheet
	found := e.Findings
	if e.Checks == 0 { // not yet checked: what a check would find
		found = evaluation.FindingsOf(result)
	}
	page.Findings = web.ShownFindings(e.Form, found, result, func(key string) string { return origin + url.QueryEscape(key) })
}

// recomputed is the form with the recomputation by the rules it is judged by in
// the margin. A form that cannot be computed says so there.
func (s *Server) recomputed(at situation, form evaluation.SelfFiled) (web.Sheet, scoring.Result) {
	sheet, book := web.EvaluationSheet(at.bearer(), form), s.bookFor(at)
	sheet.Margin = []string{"系统校核（不属于本表）", "规则：" + book.Document}
	result, err := Recompute(form, book)
	if err != nil {
		sheet.Note("evaluation", web.MarginNote{Status: web.NotTested, Text: "这张表读不成表，不能重算"})
		return sheet, result
	}
	sheet.Recomputed(form, result)
	return sheet, result
}

// evaluationSheet is the last version filed, with the recomputation.
func (s *Server) evaluationSheet(at situation) *web.Sheet {
	e := at.score()
	if e == nil {
		return nil
	}
	sheet, _ := s.recomputed(at, e.Form)
	return &sheet
}

func (at situation) year() string { return string(at.row.Year.First())[:4] }
