// Package deadline plays the week in which a city's self-evaluations fall due,
// against real servers over HTTP: officers sign in and file through the pages
// people use, most of them in the last hours, several of them the same form;
// finance reviews what comes in, others read, auditors ask for receipts.
package deadline

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"sync"
	"time"

	"wenxiao/bench/city"
	"wenxiao/domain"
)

// A Week says who is there and how long it takes.
type Week struct {
	City      city.Size     // its last year is open: self-evaluations are to come
	Due       int           // programmes of each department that file in this week
	Officers  int           // who file, of each department's centre
	Reviewers int           // of the finance bureau
	Readers   int           // people's congress, finance, inspectors: who only look
	Auditors  int           // who ask for receipts and verify them
	Views     int           // pages that each reader opens in the week
	Hot       int           // every so many programmes all officers of a unit file the same form
	Length    time.Duration // that the week is pressed into
	Seed      uint64
}

// Usual is the week of a city of three hundred officers; Short is over in seconds.
var (
	Usual = Week{
		City: city.Size{Departments: 60, Programmes: 30, Indicators: 20, Years: 3, Open: true}, Due: 12, Officers: 5, Hot: 6,
		Reviewers: 8, Readers: 20, Auditors: 4, Views: 200, Length: 4 * time.Minute, Seed: 1,
	}
	Short = Week{
		City: city.Size{Departments: 3, Programmes: 4, Indicators: 10, Years: 2, Open: true}, Due: 3, Officers: 2, Hot: 3,
		Reviewers: 1, Readers: 1, Auditors: 1, Views: 16, Length: 2 * time.Second, Seed: 1,
	}
)

// hours are those of the week, from Monday's first to Sunday's last.
const hours = 7 * 24

// year is the one whose self-evaluations are due.
func (w Week) year() domain.FiscalYear { return w.City.From + domain.FiscalYear(w.City.Years) - 1 }

// play is a week under way.
type play struct {
	Week
	servers []*Server
	tally   *tally
	begun   time.Time
	desk    *desk
}

// Run plays the week against servers, whose ledger holds the city, and reports
// how it went. An error is one of the bench: what the servers did wrong is in
// the report.
func Run(ctx context.Context, w Week, servers []*Server) (*Report, error) {
	p := &play{Week: w, servers: servers, tally: newTally()}
	staff, err := p.signIn(ctx)
	if err != nil {
		return nil, err
	}
	before, err := p.head(ctx)
	if err != nil {
		return nil, err
	}
	p.desk = newDesk(staff)
	p.begun = time.Now()
	watched := p.watch(ctx)
	p.work(ctx, staff)
	report := &Report{
		Week: w, Took: time.Since(p.begun), Processes: len(servers), Tables: watched(),
		tally: p.tally, before: before, acknowledged: p.desk.entered,
	}
	after, err := p.head(ctx)
	report.Events = after - before
	return report, err
}

// work has everybody at work until all is filed and reviewed.
func (p *play) work(ctx context.Context, staff []*person) {
	var filers, others sync.WaitGroup
	for _, who := range staff {
		group := &others
		if who.files != nil {
			group = &filers
		}
		group.Go(func() { who.do(ctx, p) })
	}
	filers.Wait()
	p.desk.close()
	others.Wait()
}

// until waits for an hour of the week; who is late goes on at once.
func (p *play) until(ctx context.Context, hour float64) {
	at := p.begun.Add(time.Duration(hour / hours * float64(p.Length)))
	select {
	case <-time.After(time.Until(at)):
	case <-ctx.Done():
	}
}

// late draws an hour close to the deadline: half of all lie in the last eighteen,
// a quarter in the last eight.
func late(chance *rand.Rand) float64 { return hours * math.Pow(chance.Float64(), 1.0/6) }

// address is where a page about a programme's open year lies.
func (p *play) address(section string, code domain.ProgrammeCode, rest string) string {
	return fmt.Sprintf("/%s/%s/%d%s", section, code, int(p.year()), rest)
}
