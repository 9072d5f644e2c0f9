package api

import (
	"context"
	"encoding/csv"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/gorilla/mux"

	"wenxiao/api/web"
	"wenxiao/domain"
	"wenxiao/eventstore"
	"wenxiao/projections"
)

func (s *Server) recordRoutes(r *mux.Router) {
	r.HandleFunc("/record", s.page(s.recordPage)).Methods("GET", "HEAD")
}

// perTrail is how many events a page of the trail shows: each is opened from the
// store for its bytes.
const perTrail = 40

// mostChoices is how many people or units a select offers; beyond that one comes
// with the filter from the list of people.
const mostChoices = 300

// recordPage is the audit trail, newest first.
func (s *Server) recordPage(w http.ResponseWriter, r *http.Request) error {
	page := web.Record{Frame: s.frame(r, "审计轨迹", "/record"), Head: s.reached(r.Context())}
	if err := s.trailFilter(r, &page); err != nil {
		var refusal domain.Refusal
		if !errors.As(err, &refusal) {
			return err
		}
		page.Problem = refusal.Reason
	}
	if r.URL.Query().Get("format") == "csv" && page.Problem == "" {
		return s.recordCSV(w, r, page.Filter)
	}
	if err := s.recordChoices(r.Context(), &page); err != nil {
		return err
	}
	if page.Problem == "" {
		page.Evidence = s.trailEvidence(r, page.Filter)
	}
	trail, err := s.Views.Trail(r.Context(), page.Filter)
	if err != nil {
		return err
	}
	for _, e := range trail.Entries {
		record, err := s.recordOf(r.Context(), e)
		if err != nil {
			return err
		}
		page.Rows = append(page.Rows, web.NewRecordRow(e, record))
	}
	if page.Files, err = s.attachedTo(r.Context(), trail.Entries); err != nil {
		return err
	}
	if trail.More {
		page.Older = page.With("before", strconv.FormatUint(uint64(trail.Next), 10))
	}
	if page.Filter.Before != 0 {
		page.Newest = page.With("before", "")
	}
	return s.draw(w, page)
}

// trailFilter reads the conditions of an address into the page. A day that is
// none is refused and not passed over: the answer would not be the one asked for.
func (s *Server) trailFilter(r *http.Request, page *web.Record) error {
	q := r.URL.Query()
	f := &page.Filter
	*f = projections.TrailFilter{
		Text: strings.TrimSpace(q.Get("q")), Person: q.Get("person"), Unit: domain.UnitCode(q.Get("unit")),
		Programme: domain.ProgrammeCode(q.Get("programme")), Year: yearIn(q.Get("year")), Type: q.Get("kind"), Stream: q.Get("stream"),
		LateOnly: q.Get("late") != "", CorrectionsOnly: q.Get("corrected") != "", Limit: perTrail,
	}
	if before, err := strconv.ParseUint(q.Get("before"), 10, 63); err == nil {
		f.Before = eventstore.Position(before)
	}
	page.From, page.To, page.ByEffect = q.Get("from"), q.Get("to"), q.Get("clock") == "effective"
	days, err := dayRange(page.From, page.To)
	if err != nil {
		return err
	}
	if page.ByEffect {
		f.Effective = days
	} else {
		f.Recorded = days
	}
	f.At, err = s.pastMoment(r.Context(), q.Get("at"))
	return err
}

func dayRange(from, to string) (days projections.DayRange, err error) {
	for _, end := range []struct {
		text string
		day  *domain.Day
	}{{from, &days.From}, {to, &days.To}} {
		if end.text == "" {
			continue
		}
		if *end.day, err = domain.ParseDay(end.text); err != nil {
			return days, err
		}
	}
	return days, nil
}

// pastMoment reads a moment as pages carry it: also as a control for date and
// time gives it, which is Beijing time without saying so.
func (s *Server) pastMoment(ctx context.Context, text string) (eventstore.Position, error) {
	for _, layout := range []string{"2006-01-02T15:04", "2006-01-02T15:04:05"} {
		if t, err := time.ParseInLocation(layout, text, domain.Beijing); err == nil {
			if layout == "2006-01-02T15:04" {
				t = t.Add(time.Minute - time.Nanosecond) // the whole of the minute shown
			}
			text = t.Format(time.RFC3339Nano)
		}
	}
	return s.moment(ctx, text)
}

func (s *Server) recordChoices(ctx context.Context, page *web.Record) error {
	people, err := s.Views.People(ctx, "")
	if err != nil {
		return err
	}
	units, err := s.Views.Units(ctx)
	if err != nil {
		return err
	}
	page.People = choices(web.PersonOptions(people), page.Filter.Person)
	page.Units = choices(web.UnitOptions(units), string(page.Filter.Unit))
	return nil
}

// choices keeps a select short, and never without the one chosen.
func choices(options []web.Option, chosen string) []web.Option {
	if len(options) <= mostChoices {
		return options
	}
	kept := options[:mostChoices:mostChoices]
	for _, o := range options[mostChoices:] {
		if o.Value == chosen {
			kept = append(kept, o)
		}
	}
	return kept
}

// recordOf reads the record an entry tells of, byte for byte. A stream is short
// where the ledger is long.
func (s *Server) recordOf(ctx context.Context, e projections.Entry) (eventstore.Record, error) {
	for record, err := range s.Store.ReadStream(ctx, e.Stream, e.Revision-1) {
		return record, err
	}
	return eventstore.Record{}, projections.ErrNotFound
}

// recordAt reads one record from the store.
func (s *Server) recordAt(ctx context.Context, at eventstore.Position) (eventstore.Record, error) {
	for record, err := range s.Store.ReadAll(ctx, at-1) {
		return record, err
	}
	return eventstore.Record{}, projections.ErrNotFound
}

// recordCSV writes everything that matches, oldest first, as a file that Excel
// opens. A cell that would be taken for a formula is kept a text.
func (s *Server) recordCSV(w http.ResponseWriter, r *http.Request, f projections.TrailFilter) error {
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	w.Header().Set("Content-Disposition", "attachment; filename*=UTF-8''"+url.PathEscape("审计轨迹 "+string(s.today())+".csv"))
	if _, err := w.Write([]byte("\ufeff")); err != nil {
		return err
	}
	out := csv.NewWriter(w)
	if err := out.Write(trailColumns); err != nil {
		return err
	}
	f.Ascending, f.Before, f.Limit = true, 0, projections.MaxPerPage
	for {
		trail, err := s.Views.Trail(r.Context(), f)
		if err != nil {
			return err
		}
		for _, e := range trail.Entries {
			if err := out.Write(trailCells(e)); err != nil {
				return err
			}
		}
		if !trail.More {
			out.Flush()
			return out.Error()
		}
		f.Before = trail.Next
	}
}

var trailColumns = []string{
	"账本位置", "记账时间", "发生时间", "补录", "更正的事件", "事件", "类型", "类别", "事项", "版次", "人员", "姓名", "岗位", "单位", "身份", "代",
	"项目编码", "项目", "年度", "经过", "依据", "规则本",
}

func trailCells(e projections.Entry) []string {
	late := ""
	if e.Late {
		late = "晚 " + strconv.Itoa(e.LateDays) + " 天"
	}
	year := ""
	if e.Year != 0 {
		year = strconv.Itoa(int(e.Year))
	}
	cells := []string{
		strconv.FormatUint(uint64(e.Position), 10), beijing(e.RecordedAt), beijing(e.EffectiveAt), late, e.Corrects, e.Event, e.Type, web.Noun(e.Type),
		e.Stream, strconv.FormatUint(uint64(e.Revision), 10), e.Actor.Person, e.Actor.Name, e.Actor.Post, e.UnitName, e.Actor.Capacity, e.Actor.OnBehalfOf,
		string(e.Programme), e.ProgrammeName, year, e.Sentence, strings.Join(e.Basis, "；"), e.Rulebook,
	}
	for i, cell := range cells {
		cells[i] = plainCell(cell)
	}
	return cells
}

func beijing(t time.Time) string { return t.In(domain.Beijing).Format(time.DateTime) }

// plainCell keeps spreadsheets from taking a text for a formula.
func plainCell(text string) string {
	if strings.ContainsAny(text[:min(len(text), 1)], "=+-@\t\r") {
		return "'" + text
	}
	return text
}
