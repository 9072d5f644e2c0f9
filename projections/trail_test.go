package projections

import (
	"slices"
	"strings"
	"testing"

	"wenxiao/domain"
	"wenxiao/eventstore"
)

func search(t *testing.T, v Views, f TrailFilter) (positions []eventstore.Position) {
	t.Helper()
	list, err := v.Trail(t.Context(), f)
	check(t, err)
	for _, e := range list.Entries {
		positions = append(positions, e.Position)
	}
	return positions
}

func TestTrailFindsWords(t *testing.T) {
	s := tell(t)
	for text, want := range map[string][]eventstore.Position{
		"口径":         {12},
		"重复 退回":      {12},
		"重":          {28, 23, 22, 13, 12},
		"票面":         {19},
		"0530-017":   {19, 18},
		"面":          {19},
		"局绩":         {30, 29, 28, 17, 16, 15, 14, 12, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1},
		"委托运营 暂缓":    nil,
		"口径 不在此":     nil,
		"1220":       {26},
		"“良”":        {14},
		"%' OR 1=1 ": nil,
		"!":          nil,
	} {
		if got := search(t, s.views, TrailFilter{Text: text}); !slices.Equal(got, want) {
			t.Errorf("%q: found %v, want %v", text, got, want)
		}
	}
	if got := search(t, s.views, TrailFilter{Text: "委托", Limit: 100}); len(got) != 23 {
		t.Errorf("a word of the programme's name finds %d of its 23 entries", len(got))
	}
}

// What the index finds is what reading every entry would find.
func TestIndexAgreesWithReading(t *testing.T) {
	store, db := smallCity(t), openViews(t)
	check(t, quiet(db, store, 7).CatchUp(t.Context())) // pages that end within blocks
	v := Views{db}
	all, err := v.Trail(t.Context(), TrailFilter{Limit: MaxPerPage})
	check(t, err)
	for _, f := range []TrailFilter{
		{Text: "农田"},
		{Text: "中心"},
		{Text: "中"},
		{Text: "支付"},
		{Text: "12"},
		{Text: "预警 季度"},
		{Text: "示例市第1局"},
		{Unit: "u001"},
		{Type: "goal"},
		{Type: "execution.paid.v1"},
		{Type: "monitoring", Unit: "finance"},
		{LateOnly: true},
		{CorrectionsOnly: true},
		{Text: "支付", Year: 2022},
		{Person: "zhou"},
		{Person: "p001", Type: "goal"},
		{Programme: "p001-00", Text: "支付"},
		{Stream: "execution-p001-00-2022"},
		{Stream: "unit-u001"},
		{Effective: DayRange{From: "2021-09-01", To: "2021-09-01"}},
		{Effective: DayRange{From: "2030-01-01"}},
	} {
		c := &collector{filter: f, words: strings.Fields(f.Text)}
		var want []eventstore.Position
		for _, e := range all.Entries {
			if c.matches(e) {
				want = append(want, e.Position)
			}
		}
		f.Limit = MaxPerPage
		if got := search(t, v, f); !slices.Equal(got, want) {
			t.Errorf("%+v: found %d, want %d", f, len(got), len(want))
		}
		slices.Reverse(want)
		f.Ascending = true
		if got := search(t, v, f); !slices.Equal(got, want) {
			t.Errorf("%+v: ascending found %d, want %d", f, len(got), len(want))
		}
	}
}

func TestTrailPages(t *testing.T) {
	store, db := smallCity(t), openViews(t)
	check(t, quiet(db, store, 64).CatchUp(t.Context()))
	v := Views{db}
	for _, f := range []TrailFilter{{}, {Text: "支付"}, {Programme: "p001-00"}, {Ascending: true}, {Text: "支付", Ascending: true}} {
		f.Limit = MaxPerPage
		want := search(t, v, f)
		f.Limit = 7
		var got []eventstore.Position
		for {
			list, err := v.Trail(t.Context(), f)
			check(t, err)
			for _, e := range list.Entries {
				got = append(got, e.Position)
			}
			if !list.More {
				break
			}
			f.Before = list.Next
		}
		if !slices.Equal(got, want) {
			t.Errorf("%+v: page by page %d entries, at once %d", f, len(got), len(want))
		}
	}
}

func TestTrailInTime(t *testing.T) {
	s := tell(t)
	if got := search(t, s.views, TrailFilter{LateOnly: true}); !slices.Equal(got, []eventstore.Position{20}) {
		t.Errorf("late: %v", got)
	}
	if got := search(t, s.views, TrailFilter{CorrectionsOnly: true}); !slices.Equal(got, []eventstore.Position{19}) {
		t.Errorf("corrections: %v", got)
	}
	// The handover happened on 30 June and was recorded on 8 July.
	if got := search(t, s.views, TrailFilter{Effective: DayRange{From: "2022-06-30", To: "2022-06-30"}}); !slices.Equal(got, []eventstore.Position{20}) {
		t.Errorf("effective: %v", got)
	}
	if got := search(t, s.views, TrailFilter{Recorded: DayRange{From: "2022-06-30", To: "2022-06-30"}}); len(got) != 0 {
		t.Errorf("recorded on the day it happened: %v", got)
	}
	if got := search(t, s.views, TrailFilter{Recorded: DayRange{From: "2022-06-02", To: "2022-07-08"}}); !slices.Equal(got, []eventstore.Position{20}) {
		t.Errorf("recorded: %v", got)
	}
	if got := search(t, s.views, TrailFilter{At: 3}); !slices.Equal(got, []eventstore.Position{3, 2, 1}) {
		t.Errorf("at 3: %v", got)
	}
	for day, want := range map[domain.Day]eventstore.Position{"2021-09-01": 0, "2021-10-13": 11, "2022-06-30": 19, "2030-01-01": 31} {
		if got, err := s.views.PositionAt(t.Context(), day.Time()); err != nil || got != want {
			t.Errorf("position at %s: %d, %v, want %d", day, got, err, want)
		}
	}
}

func TestStreamsOfAProgramme(t *testing.T) {
	s := tell(t)
	got, err := s.views.ProgrammeStreams(t.Context(), stadium)
	check(t, err)
	want := []string{"programme-stadium", "goal-stadium-2022", "execution-stadium-2022", "monitoring-stadium-2022", "evaluation-stadium-2022-self", "rectification-r-1"}
	if !slices.Equal(got, want) {
		t.Errorf("got %v", got)
	}
}

func TestPostings(t *testing.T) {
	for _, n := range []int{0, 1, 2, 511, 512, 4096} {
		var p, back posting
		for i := range n {
			p.add(uint16(i * (blockSize / max(n, 1))))
		}
		if err := back.readFrom(p.appendTo(nil)); err != nil || !slices.Equal(p.offsets, back.offsets) {
			t.Errorf("%d offsets come back as %d: %v", n, len(back.offsets), err)
		}
	}
	for _, bad := range [][]byte{nil, {2}, {1, 0}, {0, 0xff}, append([]byte{0}, 0xff, 0xff, 0x7f)} {
		if err := new(posting).readFrom(bad); err == nil {
			t.Errorf("%v was read", bad)
		}
	}
}
