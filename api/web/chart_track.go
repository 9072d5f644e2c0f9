package web

import (
	"fmt"
	"html/template"

	"wenxiao/domain"
)

// Track is the course of a programme as the slider of the replay shows it: one
// stop per event, in ledger order and equally far apart, on the lane of whoever
// acted.
type Track struct {
	Stops   []Stop
	Now     int // index into Stops
	English bool
}

// Stop is one event on the track.
type Stop struct {
	Lane     int        // 0 unit, 1 department, 2 finance, 3 treasury and system
	Day      domain.Day // when it happened
	Word     string     // 退回
	Title    string     // the sentence
	Address  string
	Decision bool
	Late     bool
}

// Lanes name the rows of the track from above.
var Lanes = [...]string{"实施单位", "主管部门", "财政", "国库·系统"}

// SilentDays is how far apart two events must be for the stretch between them to
// be shaded. It only draws the eye: no rule hangs on it.
const SilentDays = 60

const (
	trackWidth, trackSide = 1090.0, 10.0
	trackBottom           = 84.0
)

func laneHeight(lane int) float64 { return 12 + 21*float64(min(max(lane, 0), len(Lanes)-1)) }

func (t Track) x(i int) float64 {
	if len(t.Stops) < 2 {
		return trackSide
	}
	return trackSide + (trackWidth-2*trackSide)*float64(i)/float64(len(t.Stops)-1)
}

// SVG draws the lanes: ■ is a decision, ● any other event, and each is a link
// to its moment.
func (t Track) SVG() template.HTML {
	d := &drawing{}
	label := fmt.Sprintf("%d 件事，按经办方分四行；方块为决定，圆点为其他事件", len(t.Stops))
	if t.English {
		label = fmt.Sprintf("%d events in four lanes by who acted; squares are decisions, dots other events", len(t.Stops))
	}
	d.open("svg", "viewBox", "0 0 1090 98", "role", "group", "aria-label", label)
	for lane := range Lanes {
		d.line("track-lane", 0, laneHeight(lane), trackWidth, laneHeight(lane))
	}
	t.drawSilences(d)
	if t.Now >= 0 && t.Now < len(t.Stops) {
		d.line("track-line", t.x(t.Now), 0, t.x(t.Now), trackBottom+4)
	}
	t.drawStops(d)
	t.drawDates(d)
	d.close("svg")
	return d.markup()
}

// drawSilences shades the stretches in which nothing was recorded for long.
func (t Track) drawSilences(d *drawing) {
	for i := 1; i < len(t.Stops); i++ {
		days := t.Stops[i-1].Day.DaysUntil(t.Stops[i].Day)
		if days < SilentDays || !t.Stops[i-1].Day.Valid() || !t.Stops[i].Day.Valid() {
			continue
		}
		words := fmt.Sprintf("%d 天", days)
		title := fmt.Sprintf("%s 至 %s，%d 天没有记录", t.Stops[i-1].Day, t.Stops[i].Day, days)
		if t.English {
			words = fmt.Sprintf("%d d", days)
			title = fmt.Sprintf("nothing recorded from %s to %s, %d days", t.Stops[i-1].Day, t.Stops[i].Day, days)
		}
		left, right := t.x(i-1)+9, t.x(i)-9
		if right-left < 3 {
			left, right = t.x(i-1), t.x(i)
		}
		d.open("g")
		d.title(title)
		d.rect("track-gap", left, 2, right-left, trackBottom)
		d.close("g")
		if right-left > textWidth(words)*11 {
			d.text("track-date", "middle", (left+right)/2, 26, words)
		}
	}
}

func (t Track) drawStops(d *drawing) {
	ends := make([]float64, len(Lanes)) // how far each lane is written over
	for i, s := range t.Stops {
		x, y := t.x(i), laneHeight(s.Lane)
		d.open("a", "href", s.Address, "class", "track-stop")
		d.title(fmt.Sprintf("%d　%s　%s", i+1, s.Day, s.Title))
		t.drawMark(d, i, x, y)
		t.drawWord(d, i, x, y, ends)
		d.close("a")
	}
}

func (t Track) drawMark(d *drawing, i int, x, y float64) {
	s := t.Stops[i]
	class := "detent"
	if s.Decision {
		class += " detent-decision"
	}
	if i == t.Now {
		class = "detent detent-now"
	}
	half := 6.0
	if len(t.Stops) > 80 {
		half = 4
	}
	if s.Decision {
		d.rect(class, x-half, y-half, 2*half, 2*half)
		return
	}
	d.add("circle", "class", class, "cx", x, "cy", y, "r", half)
}

// drawWord writes a stop's word where it runs into no other stop of its lane.
// The present stop's word is always written.
func (t Track) drawWord(d *drawing, i int, x, y float64, ends []float64) {
	s := t.Stops[i]
	lane := min(max(s.Lane, 0), len(Lanes)-1)
	word := s.Word
	if s.Late {
		word += " ↺"
	}
	wide := textWidth(word) * 12
	anchor, at, room := "start", x+10, t.nextInLane(i)-8
	if x+10+wide > trackWidth {
		anchor, at, room = "end", x-10, trackWidth
		if x-10-wide < ends[lane] {
			ends[lane] = x + 8
			return
		}
	}
	if i != t.Now && anchor == "start" && at+wide > room {
		ends[lane] = x + 8
		return
	}
	d.text("track-word", anchor, at, y+4, word)
	ends[lane] = x + 12 + wide
}

// nextInLane is where the next stop of i's lane stands.
func (t Track) nextInLane(i int) float64 {
	for n := i + 1; n < len(t.Stops); n++ {
		if t.Stops[n].Lane == t.Stops[i].Lane {
			return t.x(n)
		}
	}
	return trackWidth + 8
}

// drawDates writes the year where it changes and the day elsewhere, where there
// is room. The present stop's day is always written.
func (t Track) drawDates(d *drawing) {
	free, year := -1.0, ""
	keptLeft, keptRight := trackWidth+1, trackWidth+1
	if t.Now >= 0 && t.Now < len(t.Stops) {
		_, _, keptLeft, keptRight = t.dateAt(t.Now, string(t.Stops[t.Now].Day))
	}
	for i, s := range t.Stops {
		words := monthDay(s.Day)
		if len(s.Day) >= 4 && string(s.Day[:4]) != year || i == t.Now {
			words = string(s.Day)
		}
		x, anchor, left, right := t.dateAt(i, words)
		if i != t.Now && (left < free || right+6 > keptLeft && left < keptRight+6) {
			continue
		}
		if len(s.Day) >= 4 {
			year = string(s.Day[:4])
		}
		d.text("track-date", anchor, x, 97, words)
		free = right + 6
	}
}

// dateAt is where the words under stop i stand.
func (t Track) dateAt(i int, words string) (x float64, anchor string, left, right float64) {
	wide := textWidth(words) * 11
	x = t.x(i)
	switch {
	case x-wide/2 < 0:
		return 0, "start", 0, wide
	case x+wide/2 > trackWidth:
		return trackWidth, "end", trackWidth - wide, trackWidth
	}
	return x, "middle", x - wide/2, x + wide/2
}
