// Package city makes a city's years of performance records by seed, through the
// same commands officials use: every rule is asked, nothing is inserted behind
// the ledger's back.
package city

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"wenxiao/domain"
	"wenxiao/domain/unit"
	"wenxiao/eventstore"
)

// Size says how large a city is.
type Size struct {
	Departments int
	Programmes  int // of each department
	Indicators  int // of each goal
	From        domain.FiscalYear
	Years       int
	Events      int  // stop after about so many; 0: none but the years'
	Open        bool // nobody has evaluated the last year yet
}

// Usual is the size the issue of the first release asks for.
var Usual = Size{Departments: 60, Programmes: 30, Indicators: 20, From: 2006}

// city is a city under construction.
type city struct {
	Size
	store  eventstore.Store
	seed   uint64
	events atomic.Int64
}

// Build records a city into store with so many officials at work at once, and
// returns the number of events. The same seed gives the same records, up to the
// order in which officials come to the counter.
func Build(ctx context.Context, store eventstore.Store, size Size, seed uint64, officials int, progress func(events int)) (int, error) {
	c := &city{Size: size, store: store, seed: seed}
	if err := c.found(ctx); err != nil {
		return 0, err
	}
	for y := range size.Years {
		year := size.From + domain.FiscalYear(y)
		if err := c.each(ctx, officials, func(ctx context.Context, department, number int) error {
			return c.live(ctx, department, number, year)
		}); err != nil {
			return int(c.events.Load()), fmt.Errorf("city in %d: %w", year, err)
		}
		progress(int(c.events.Load()))
		if c.full() {
			break
		}
	}
	return int(c.events.Load()), nil
}

func (c *city) full() bool { return c.Events > 0 && c.events.Load() >= int64(c.Events) }

// each does one piece of work for every programme of the city.
func (c *city) each(ctx context.Context, officials int, work func(ctx context.Context, department, number int) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	type job struct{ department, number int }
	jobs := make(chan job)
	var wg sync.WaitGroup
	for range officials {
		wg.Go(func() {
			for j := range jobs {
				if ctx.Err() != nil {
					continue
				}
				if err := work(ctx, j.department, j.number); err != nil {
					cancel(err)
				}
			}
		})
	}
	for d := range c.Departments {
		for n := range c.Programmes {
			if !c.full() {
				jobs <- job{d, n}
			}
		}
	}
	close(jobs)
	wg.Wait()
	return context.Cause(ctx)
}

// rand is the chance of one programme in one year: the same whoever asks first.
func (c *city) rand(department, number int, year domain.FiscalYear) *rand.Rand {
	return rand.New(rand.NewPCG(c.seed, uint64(department)<<32|uint64(number)<<16|uint64(year)))
}

func (c *city) found(ctx context.Context) error {
	start := c.From.First()
	if err := c.register(ctx, "101", "某市财政局", unit.Finance, start); err != nil {
		return err
	}
	for d := range c.Departments {
		if err := c.register(ctx, DepartmentCode(d), fmt.Sprintf("某市第%d主管部门", d+1), unit.Department, start); err != nil {
			return err
		}
		if err := c.register(ctx, UnitCode(d), fmt.Sprintf("某市第%d主管部门所属中心", d+1), unit.Budgetary, start); err != nil {
			return err
		}
	}
	return nil
}

func (c *city) register(ctx context.Context, code domain.UnitCode, name string, kind unit.Kind, since domain.Day) error {
	return execute(ctx, c, unit.Stored, unit.Stream(code), clerk(0), since,
		unit.Register{Code: code, Name: name, Kind: kind, Region: "某市", Jurisdiction: "xinzhou", Since: since})
}

// The codes of the d-th department, of its centre, and of one of its programmes.
func DepartmentCode(d int) domain.UnitCode { return domain.UnitCode(fmt.Sprintf("%03d", 201+d)) }
func UnitCode(d int) domain.UnitCode       { return domain.UnitCode(fmt.Sprintf("%03d001", 201+d)) }
func ProgrammeCode(d, number int) domain.ProgrammeCode {
	return domain.ProgrammeCode(fmt.Sprintf("%s-%03d", UnitCode(d), number))
}

// The people at the counters. A unit's clerk files, the bureau's reviewer reviews.
func clerk(d int) domain.Actor {
	return domain.Actor{Person: fmt.Sprintf("u%03d", d), Name: "经办人某", Post: "财务科科长", Unit: string(UnitCode(d)), Capacity: "本人履职"}
}

var reviewer = domain.Actor{Person: "f001", Name: "审核人某", Post: "绩效管理科科长", Unit: "101", Capacity: "本人履职"}

var commands atomic.Int64

func execute[S domain.State[S, E], E domain.Event](
	ctx context.Context, c *city, stored domain.Decoders[E], stream string, who domain.Actor, day domain.Day, cmd domain.Command[S, E],
) error {
	done, err := eventstore.Execute(ctx, c.store, stored, stream, eventstore.AnyRevision, cmd, eventstore.Meta{
		EffectiveAt: day.Time().Add(10 * time.Hour), Actor: who, Rulebook: "xinzhou@1",
		Command: fmt.Sprintf("city-%d-%d", c.seed, commands.Add(1)), Correlation: "city",
	})
	c.events.Add(int64(len(done.IDs)))
	if err != nil {
		return fmt.Errorf("%s: %w", stream, err)
	}
	return nil
}
