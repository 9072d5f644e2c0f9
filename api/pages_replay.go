package api

import (
	"net/http"
	"slices"
	"strconv"

	"github.com/gorilla/mux"

	"wenxiao/api/web"
	"wenxiao/domain"
	"wenxiao/eventstore"
	"wenxiao/projections"
)

func (s *Server) replayRoutes(r *mux.Router) {
	r.HandleFunc("/programmes/{code}/{year}/replay", s.page(s.replayPage)).Methods("GET", "HEAD")
	r.HandleFunc("/programmes/{code}/{year}/replay/bookmark", s.page(s.bookmark)).Methods("POST")
}

// lookBack turns the ledger mark to a past position; now leads back to the present.
func (s *Server) lookBack(r *http.Request, f *web.Frame, at eventstore.Position, now string) {
	record, err := s.recordAt(r.Context(), at)
	if err != nil {
		return // the mark then keeps saying what is true: the page is drawn as of now
	}
	f.Mark = web.Mark{Position: at, AsOf: record.RecordedAt, Looking: true, Now: now}
}

// replayPage shows a programme's year as the ledger knew it at one event.
func (s *Server) replayPage(w http.ResponseWriter, r *http.Request) error {
	code, year, err := addressed(r)
	if err != nil {
		return err
	}
	p, err := s.playback(r.Context(), code, year)
	if err != nil {
		return err
	}
	q := r.URL.Query()
	if stop, err := strconv.Atoi(q.Get("stop")); err == nil && stop >= 1 && stop <= len(p.records) {
		return p.toStop(w, r, stop)
	}
	at, err := s.pastMoment(r.Context(), q.Get("at"))
	if err != nil {
		return err
	}
	now, err := p.at(at)
	if err != nil {
		return err
	}
	page := web.Replay{
		Frame:  s.frame(r, "回放："+now.Programme.Name+" "+strconv.Itoa(int(year)), "/programmes?open=replay", web.Crumb{Text: now.Programme.Name, Address: programmeAddress(code, year)}),
		Moment: now, Show: oneOf(q.Get("show"), "only", "side"), Kind: shownForm(now, q.Get("form")), Cell: q.Get("cell"), Bookmarks: bookmarks(r),
	}
	if !page.Last() {
		s.lookBack(r, &page.Frame, now.Position, page.Home())
	}
	if err := p.compare(&page, q); err != nil {
		return err
	}
	if err := p.origin(&page); err != nil {
		return err
	}
	p.causes(&page)
	page.Rulebooks = otherBooks(now.Entry.Rulebook)
	return s.draw(w, page)
}

func programmeAddress(code domain.ProgrammeCode, year domain.FiscalYear) string {
	return "/programmes/" + string(code) + "/" + strconv.Itoa(int(year))
}

// oneOf returns text where it is among the words known, else nothing.
func oneOf(text string, known ...string) string {
	if slices.Contains(known, text) {
		return text
	}
	return ""
}

// shownForm is the form asked for, or the last there was at the moment.
func shownForm(m projections.Moment, asked string) string {
	switch {
	case asked == projections.FormGoal && len(m.Goals) > 0, len(m.Scores) == 0:
		return projections.FormGoal
	}
	return projections.FormEvaluation
}
