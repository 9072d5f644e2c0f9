package projections

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"wenxiao/domain"
	"wenxiao/eventstore"
)

// Trail returns a page of the audit trail.
func (v Views) Trail(ctx context.Context, f TrailFilter) (Trail, error) {
	span, err := v.span(ctx, f)
	if err != nil {
		return Trail{}, err
	}
	f.Limit = min(either(f.Limit > 0, f.Limit, DefaultPerPage), MaxPerPage)
	c := &collector{filter: f, words: strings.Fields(fold(f.Text)), Trail: Trail{Entries: []Entry{}}}
	switch {
	case span.empty():
	case f.Programme == "" && f.Person == "" && f.Stream == "" && len(f.terms()) > 0:
		err = v.byWords(ctx, f, span, c)
	default:
		err = v.byRows(ctx, f, span, c)
	}
	if c.More {
		c.Next = c.Entries[len(c.Entries)-1].Position
	}
	return c.Trail, err
}

// A span is positions from first to last, both included.
type span struct{ first, last eventstore.Position }

func (s span) empty() bool { return s.last < s.first || s.last == 0 }

// span works out the positions a filter allows.
func (v Views) span(ctx context.Context, f TrailFilter) (s span, err error) {
	s.first = 1
	if s.last, err = v.Last(ctx); err != nil {
		return s, err
	}
	if f.At > 0 {
		s.last = min(s.last, f.At)
	}
	switch {
	case f.Before > 0 && f.Ascending:
		s.first = f.Before + 1
	case f.Before > 0:
		s.last = min(s.last, f.Before-1)
	}
	if f.Recorded.From != "" {
		before, err := v.PositionAt(ctx, f.Recorded.From.Time().Add(-1))
		if err != nil {
			return s, err
		}
		s.first = max(s.first, before+1)
	}
	if f.Recorded.To != "" {
		until, err := v.PositionAt(ctx, f.Recorded.To.AddDays(1).Time().Add(-1))
		if err != nil {
			return s, err
		}
		s.last = min(s.last, until)
	}
	return s, nil
}

// Last returns the last position of the trail, 0 when it is empty.
func (v Views) Last(ctx context.Context) (eventstore.Position, error) {
	var last int64
	err := v.DB.QueryRowContext(ctx, "SELECT COALESCE(MAX(position), 0) FROM trail_v1").Scan(&last)
	return eventstore.Position(last), err
}

// PositionAt returns the last position recorded at or before t, 0 when there is
// none. Positions are dense and their times never run back, so halving finds it.
func (v Views) PositionAt(ctx context.Context, t time.Time) (eventstore.Position, error) {
	low := eventstore.Position(0)
	high, err := v.Last(ctx)
	for err == nil && low < high {
		middle := low + (high-low+1)/2
		var recorded int64
		err = v.DB.QueryRowContext(ctx, "SELECT recorded FROM trail_v1 WHERE position = $1", int64(middle)).Scan(&recorded)
		if recorded <= t.UnixNano() {
			low = middle
		} else {
			high = middle - 1
		}
	}
	return low, err
}

// A collector takes entries that match until there are enough.
type collector struct {
	filter TrailFilter
	words  []string
	Trail
}

// take adds e if it matches, and reports whether another is wanted.
func (c *collector) take(e Entry) bool {
	switch {
	case !c.matches(e):
	case len(c.Entries) == c.filter.Limit:
		c.More = true
	default:
		c.Entries = append(c.Entries, e)
	}
	return !c.More
}

func (c *collector) matches(e Entry) bool {
	f, day := c.filter, dayOf(e.EffectiveAt)
	noun, _, _ := strings.Cut(e.Type, ".")
	switch {
	case f.Person != "" && e.Actor.Person != f.Person,
		f.Unit != "" && e.Actor.Unit != string(f.Unit),
		f.Programme != "" && e.Programme != f.Programme,
		f.Year != 0 && e.Year != f.Year && (f.Programme == "" || e.Year != 0), // a programme's own events belong to each of its years
		f.Type != "" && e.Type != f.Type && noun != f.Type,
		f.Stream != "" && e.Stream != f.Stream,
		f.Effective.From != "" && day < f.Effective.From,
		f.Effective.To != "" && day > f.Effective.To,
		f.LateOnly && !e.Late,
		f.CorrectionsOnly && e.Corrects == "":
		return false
	}
	text := fold(e.Sentence + " " + e.ProgrammeName)
	return !slices.ContainsFunc(c.words, func(w string) bool { return !strings.Contains(text, w) })
}

// fold makes upper and lower case alike.
func fold(s string) string { return strings.ToLower(s) }

// byRows goes through the rows of a programme, a person, or all, in order.
func (v Views) byRows(ctx context.Context, f TrailFilter, s span, c *collector) error {
	roams := strings.HasPrefix(f.Stream, "attachment-") // one file may be handed in for several programmes
	if f.Stream != "" && f.Programme == "" && !roams {
		code, err := v.programmeOf(ctx, f.Stream)
		if err != nil {
			return err
		}
		f.Programme = code
	}
	for !s.empty() {
		w := newWhere()
		w.add("position >= ?", int64(s.first))
		w.add("position <= ?", int64(s.last))
		if f.Stream != "" && !roams || f.Programme != "" {
			w.add("programme = ?", string(f.Programme))
		}
		w.equal("stream", f.Stream)
		w.equal("person", f.Person)
		w.dated(f)
		size := c.filter.Limit + 1
		if len(f.terms()) > 0 { // few of them will match
			size = max(size, 500)
		}
		entries, err := docs(ctx, v, trailTable, "SELECT doc FROM trail_v1"+w.sql()+" ORDER BY position"+either(f.Ascending, "", " DESC")+fmt.Sprintf(" LIMIT %d", size), w.args...)
		if err != nil {
			return err
		}
		for _, e := range entries {
			if !c.take(e) {
				return nil
			}
		}
		if len(entries) < size {
			return nil
		}
		if last := entries[size-1].Position; f.Ascending {
			s.first = last + 1
		} else {
			s.last = last - 1
		}
	}
	return nil
}

// dated adds what a filter says of the year and the day it happened.
func (w *where) dated(f TrailFilter) {
	switch {
	case f.Year != 0 && f.Programme != "":
		w.add("year IN (0, ?)", int64(f.Year))
	case f.Year != 0:
		w.add("year = ?", int64(f.Year))
	}
	if f.Effective.From != "" {
		w.add("effective >= ?", string(f.Effective.From))
	}
	if f.Effective.To != "" {
		w.add("effective <= ?", string(f.Effective.To))
	}
}

// programmeOf returns the programme whose history a stream belongs to, "" for
// streams of units.
func (v Views) programmeOf(ctx context.Context, stream string) (domain.ProgrammeCode, error) {
	known, err := docs(ctx, v, namesTable, "SELECT doc FROM names_v1 WHERE kind = $1 AND code = $2 ORDER BY position", subject, stream)
	known = append(known, naming{})
	code, _ := subjectOf(stream, known[0].Value)
	return code, err
}

// terms are the words of the index that every match has.
func (f TrailFilter) terms() []string {
	var terms []string
	for _, word := range strings.Fields(fold(f.Text)) {
		terms = append(terms, termsOf(word)...)
	}
	if f.Unit != "" {
		terms = append(terms, markUnit+string(f.Unit))
	}
	if f.Type != "" {
		terms = append(terms, markType+f.Type)
	}
	if f.Year != 0 && f.Programme == "" {
		terms = append(terms, markYear+strconv.Itoa(int(f.Year)))
	}
	if f.LateOnly {
		terms = append(terms, markLate)
	}
	if f.CorrectionsOnly {
		terms = append(terms, markCorrects)
	}
	slices.Sort(terms)
	return slices.Compact(terms)
}

// termsOf returns the pairs of a word. The last character alone is a term only
// where it is all there is of its run: in an entry the run may go on.
func termsOf(word string) (terms []string) {
	var run []pair
	end := func() {
		for _, w := range run {
			if w[1] != 0 || len(run) == 1 {
				terms = append(terms, w.String())
			}
		}
		run = nil
	}
	eachPair(word, func(w pair) {
		run = append(run, w)
		if w[1] == 0 {
			end()
		}
	})
	return terms
}

// byWords finds the positions that have all terms, then reads those rows, block
// by block until there are enough.
func (v Views) byWords(ctx context.Context, f TrailFilter, s span, c *collector) error {
	found, err := v.having(ctx, f.terms(), s)
	if err != nil {
		return err
	}
	blocks := slices.Sorted(maps.Keys(found))
	if !f.Ascending {
		slices.Reverse(blocks)
	}
	for _, block := range blocks {
		positions := found.positions(block, s)
		if !f.Ascending {
			slices.Reverse(positions)
		}
		if more, err := v.takeAll(ctx, positions, c); err != nil || !more {
			return err
		}
	}
	return nil
}

// having returns where all terms occur.
func (v Views) having(ctx context.Context, terms []string, s span) (all blockSet, err error) {
	for _, term := range terms {
		set, err := v.occurrences(ctx, term, blockOf(s.first), blockOf(s.last))
		if err != nil {
			return nil, err
		}
		if all == nil {
			all = set
		} else {
			all.and(set)
		}
	}
	return all, nil
}

// positions lists those of one block that lie within s, in order.
func (b blockSet) positions(block int64, s span) (list []eventstore.Position) {
	for _, offset := range b[block].list() {
		if p := eventstore.Position(block*blockSize+int64(offset)) + 1; p >= s.first && p <= s.last {
			list = append(list, p)
		}
	}
	return list
}

// takeAll offers the entries at positions to c, and reports whether it wants
// more.
func (v Views) takeAll(ctx context.Context, positions []eventstore.Position, c *collector) (more bool, err error) {
	const at = 64 // rows read at once
	for some := range slices.Chunk(positions, at) {
		entries, err := v.entries(ctx, some, at)
		if err != nil {
			return false, err
		}
		for _, p := range some {
			if e, ok := entries[p]; ok && !c.take(e) {
				return false, nil
			}
		}
	}
	return true, nil
}

// entries reads the rows at positions, at most n of them. The statement is the
// same whatever their number.
func (v Views) entries(ctx context.Context, positions []eventstore.Position, n int) (map[eventstore.Position]Entry, error) {
	args, marks := make([]any, n), make([]string, n)
	for i := range args {
		args[i], marks[i] = int64(0), fmt.Sprintf("$%d", i+1)
		if i < len(positions) {
			args[i] = int64(positions[i])
		}
	}
	list, err := docs(ctx, v, trailTable, "SELECT doc FROM trail_v1 WHERE position IN ("+strings.Join(marks, ", ")+")", args...)
	byPosition := map[eventstore.Position]Entry{}
	for _, e := range list {
		byPosition[e.Position] = e
	}
	return byPosition, err
}

// History returns every entry about a programme's year, and about the programme
// as a whole, up to position at, oldest first; year 0 is all years, at 0 the
// head.
func (v Views) History(ctx context.Context, code domain.ProgrammeCode, year domain.FiscalYear, at eventstore.Position) ([]Entry, error) {
	w := newWhere()
	w.add("programme = ?", string(code))
	if at > 0 {
		w.add("position <= ?", int64(at))
	}
	if year != 0 {
		w.add("year IN (0, ?)", int64(year))
	}
	return docs(ctx, v, trailTable, "SELECT doc FROM trail_v1"+w.sql()+" ORDER BY position", w.args...)
}

// ProgrammeStreams returns the streams that tell of a programme, in the order
// they began.
func (v Views) ProgrammeStreams(ctx context.Context, code domain.ProgrammeCode) ([]string, error) {
	return v.streams(ctx, "SELECT stream FROM trail_v1 WHERE programme = $1 GROUP BY stream ORDER BY MIN(position)", string(code))
}

// YearStreams returns the streams behind one programme's year, and those of the
// units whose people acted: what replay reads.
func (v Views) YearStreams(ctx context.Context, code domain.ProgrammeCode, year domain.FiscalYear) ([]string, error) {
	streams, err := v.streams(ctx, "SELECT stream FROM trail_v1 WHERE programme = $1 AND year IN (0, $2) GROUP BY stream ORDER BY MIN(position)", string(code), int64(year))
	if err != nil {
		return nil, err
	}
	entries, err := v.History(ctx, code, year, 0)
	units := map[string]bool{}
	for _, e := range entries {
		units["unit-"+e.Actor.Unit] = e.Actor.Unit != ""
	}
	for _, u := range slices.Sorted(maps.Keys(units)) {
		if units[u] {
			streams = append(streams, u)
		}
	}
	return streams, err
}

func (v Views) streams(ctx context.Context, query string, args ...any) ([]string, error) {
	streams := []string{}
	err := v.each(ctx, query, args, func(scan func(...any) error) error {
		var s string
		err := scan(&s)
		streams = append(streams, s)
		return err
	})
	return streams, err
}
