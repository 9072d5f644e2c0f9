package web

import (
	"fmt"

	"wenxiao/domain"
	"wenxiao/eventstore"
	"wenxiao/projections"
)

var lanes = map[string]int{
	projections.LaneUnit: 0, projections.LaneAgency: 0, projections.LaneDepartment: 1, projections.LaneFinance: 2, projections.LaneTreasury: 3,
}

// Track is the slider's picture.
func (p Replay) Track() Track {
	t := Track{Now: p.Index - 1, English: p.English}
	for _, e := range p.Entries {
		t.Stops = append(t.Stops, Stop{
			Lane: lanes[e.Lane], Day: domain.DayOf(e.EffectiveAt), Word: e.Verb, Title: e.Sentence,
			Address: p.At(e.Position), Decision: e.Decision, Late: e.Late,
		})
	}
	return t
}

// LaneNames are the words beside the track.
func (Replay) LaneNames() [4]string { return Lanes }

// StopOption is one event to choose.
type StopOption struct {
	Number       int
	Position     eventstore.Position
	Label, Short string
}

// Stops are the choices of the slider and of the two moments.
func (p Replay) Stops() []StopOption {
	options := make([]StopOption, len(p.Entries))
	for i, e := range p.Entries {
		options[i] = StopOption{
			Number: i + 1, Position: e.Position,
			Label: fmt.Sprintf("第 %d / %d 件　%s　%s", i+1, p.Count, domain.DayOf(e.EffectiveAt), e.Verb),
			Short: fmt.Sprintf("%d　%s　%s", i+1, domain.DayOf(e.EffectiveAt), shorten(e.Text, 16)),
		}
	}
	return options
}

// StepLink is one button of the track; without an address it leads nowhere.
type StepLink struct{ Key, Address, Text string }

// Step leads by one event, or by one decision; empty at either end.
func (p Replay) Step(by int, decision bool) string {
	for i := p.Index - 1 + by; i >= 0 && i < len(p.Entries); i += by {
		if !decision || p.Entries[i].Decision {
			return p.At(p.Entries[i].Position)
		}
	}
	return ""
}

// Steps are the four buttons of the track.
func (p Replay) Steps() []StepLink {
	return []StepLink{
		{"Shift+ArrowLeft", p.Step(-1, true), "« 上一决定"},
		{"ArrowLeft", p.Step(-1, false), "‹ 上一件"},
		{"ArrowRight", p.Step(1, false), "下一件 ›"},
		{"Shift+ArrowRight", p.Step(1, true), "下一决定 »"},
	}
}

// Clock is this moment as a control for date and time holds it.
func (p Replay) Clock() string {
	return p.Entry.RecordedAt.In(domain.Beijing).Format("2006-01-02T15:04")
}

// Last reports whether this is the last event there is.
func (p Replay) Last() bool { return p.Index >= p.Count }

// Later is how many events were recorded after this moment.
func (p Replay) Later() int { return max(p.Count-p.Index, 0) }

// Marked reports whether this moment is bookmarked.
func (p Replay) Marked() bool {
	for _, b := range p.Bookmarks {
		if b == p.Position {
			return true
		}
	}
	return false
}

// Marks are the bookmarked moments.
func (p Replay) Marks() (links []StopLink) {
	for _, b := range p.Bookmarks {
		for i, e := range p.Entries {
			if e.Position == b {
				links = append(links, StopLink{i + 1, fmt.Sprintf("%d　%s　%s", i+1, domain.DayOf(e.EffectiveAt), e.Verb), p.At(b)})
			}
		}
	}
	return links
}
