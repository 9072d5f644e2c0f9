package api

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/gorilla/mux"

	"wenxiao/api/web"
	"wenxiao/domain"
	"wenxiao/domain/rulebook"
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

// A playback is everything behind one programme's year.
type playback struct {
	year    domain.FiscalYear
	records []eventstore.Record
	entries []projections.Entry
}

func (s *Server) playback(ctx context.Context, code domain.ProgrammeCode, year domain.FiscalYear) (*playback, error) {
	records, err := s.past(ctx, code, year)
	if err != nil {
		return nil, err
	}
	p := &playback{year: year, records: records}
	last, err := p.at(0)
	p.entries = last.Entries
	return p, err
}

func (p *playback) at(position eventstore.Position) (projections.Moment, error) {
	return projections.MomentAt(p.records, p.year, position)
}

// toStop leads from the slider's number to the position it stands for.
func (p *playback) toStop(w http.ResponseWriter, r *http.Request, stop int) error {
	if stop > len(p.entries) {
		return errNoSuchPage
	}
	q := r.URL.Query()
	q.Del("stop")
	q.Set("at", strconv.FormatUint(uint64(p.entries[stop-1].Position), 10))
	http.Redirect(w, r, (&url.URL{Path: r.URL.Path, RawQuery: q.Encode()}).String(), http.StatusSeeOther)
	return nil
}

// compare sets the moment the form's marks compare with, and the two moments
// asked for. Without from, the marks show what the version shown changed.
func (p *playback) compare(page *web.Replay, q url.Values) error {
	from, to := positionIn(q.Get("from")), positionIn(q.Get("to"))
	base := from
	if base == 0 || base == page.Position {
		base = p.beforeVersion(page)
	}
	if base != 0 && base != page.Position {
		m, err := p.at(base)
		if err != nil {
			return err
		}
		page.Base, page.Changes = &m, projections.Diff(m, page.Moment)
	}
	if from == 0 {
		from = base
	}
	if to == 0 {
		to = page.Position
	}
	if from == 0 {
		from = p.entries[max(page.Index-2, 0)].Position
	}
	a, err := p.at(from)
	if err != nil {
		return err
	}
	b, err := p.at(to)
	if err != nil {
		return err
	}
	page.A, page.B, page.Compared = &a, &b, projections.Diff(a, b)
	page.Same = max(cells(b)-len(page.Compared), 0)
	return nil
}

func positionIn(text string) eventstore.Position {
	n, err := strconv.ParseUint(text, 10, 63)
	if err != nil {
		return 0
	}
	return eventstore.Position(n)
}

// beforeVersion is the event before the one that filed the version of the form
// shown; 0 where that was the first.
func (p *playback) beforeVersion(page *web.Replay) eventstore.Position {
	filed := "goal.filed.v1"
	if page.Kind == projections.FormEvaluation {
		filed = "evaluation.self-filed.v1"
	}
	versions := 0
	var before eventstore.Position
	for i, e := range p.entries {
		if e.Position > page.Position {
			break
		}
		if e.Type == filed {
			if versions++; versions > 1 {
				before = p.entries[i-1].Position
			}
		}
	}
	return before
}

// cells counts what there is to compare at a moment.
func cells(m projections.Moment) int {
	n := len(m.Head)
	for _, form := range []*projections.Form{m.Goal, m.Evaluation} {
		if form == nil {
			continue
		}
		n += len(form.Head)
		for _, row := range form.Rows {
			n += len(row.Cells)
		}
	}
	return n
}

// origin lists every event that set the chosen cell, with the reason it stated.
func (p *playback) origin(page *web.Replay) error {
	if page.Cell == "" {
		return nil
	}
	history, err := projections.History(p.records, p.year, page.Cell)
	if err != nil {
		return err
	}
	for _, cell := range history {
		page.CellName = cell.Label
		step := web.OriginStep{Cell: cell}
		for i, e := range p.entries {
			if e.Position == cell.SetBy {
				step.Entry, step.Number = e, i+1
				if step.Reason, err = p.reason(i, page.Cell); err != nil {
					return err
				}
			}
		}
		page.Origin = append(page.Origin, step)
	}
	return nil
}

// reason is what the event at stop i stated for changing the cell.
func (p *playback) reason(i int, key string) (string, error) {
	if i == 0 {
		return "", nil
	}
	before, err := p.at(p.entries[i-1].Position)
	if err != nil {
		return "", err
	}
	after, err := p.at(p.entries[i].Position)
	if err != nil {
		return "", err
	}
	for _, c := range projections.Diff(before, after) {
		if c.Key == key {
			return c.Reason, nil
		}
	}
	return "", nil
}

// causes finds what led to this event and what it led to, as the envelopes say.
func (p *playback) causes(page *web.Replay) {
	for _, r := range p.records {
		if r.Position == page.Position && r.Causation != "" {
			page.Causes = append(page.Causes, page.Stop(r.Causation))
		}
		if r.Causation != "" && r.Causation == page.Entry.Event {
			page.Effects = append(page.Effects, page.Stop(r.ID))
		}
	}
}

// otherBooks are the rulebooks a form was not judged by.
func otherBooks(judged string) (options []web.Option) {
	for _, b := range rulebook.All() {
		if b.Ref() != judged {
			options = append(options, web.Option{Value: b.Name, Text: b.Document})
		}
	}
	return options
}

// bookmarkCookie keeps positions in the reader's own browser: whose attention
// fell on what is nobody else's business, and no entry in the ledger.
const bookmarkCookie = "wenxiao-bookmarks"

const mostBookmarks = 20

func bookmarks(r *http.Request) (marks []eventstore.Position) {
	cookie, err := r.Cookie(bookmarkCookie)
	if err != nil {
		return nil
	}
	for _, text := range strings.Split(cookie.Value, ".") {
		if at := positionIn(text); at != 0 && len(marks) < mostBookmarks {
			marks = append(marks, at)
		}
	}
	return marks
}

// bookmark puts a bookmark at a moment or takes it away.
func (s *Server) bookmark(w http.ResponseWriter, r *http.Request) error {
	code, year, err := addressed(r)
	if err != nil {
		return err
	}
	at, marks := positionIn(r.PostFormValue("position")), bookmarks(r)
	if i := slices.Index(marks, at); i >= 0 {
		marks = slices.Delete(marks, i, i+1)
	} else if at != 0 {
		marks = append(marks, at)
		marks = marks[max(len(marks)-mostBookmarks, 0):]
	}
	texts := make([]string, len(marks))
	for i, m := range marks {
		texts[i] = strconv.FormatUint(uint64(m), 10)
	}
	path := programmeAddress(code, year) + "/replay"
	http.SetCookie(w, &http.Cookie{Name: bookmarkCookie, Value: strings.Join(texts, "."), Path: path, MaxAge: 365 * 24 * 60 * 60, HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: s.Secure})
	http.Redirect(w, r, path+"?at="+strconv.FormatUint(uint64(at), 10), http.StatusSeeOther)
	return nil
}
