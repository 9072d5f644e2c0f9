package api

import (
	"context"
	"net/http"
	"net/url"
	"strconv"

	"wenxiao/api/web"
	"wenxiao/domain"
	"wenxiao/domain/rulebook"
	"wenxiao/eventstore"
	"wenxiao/projections"
)

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
