package deadline

import (
	"context"
	"fmt"
	"net/url"
	"sync"

	"wenxiao/domain"
)

// A desk is where filed forms wait for the reviewers, and their positions for
// the auditors.
type desk struct {
	mu       sync.Mutex
	waiting  map[domain.ProgrammeCode]int    // filings still to come of a form
	entered  map[string]domain.ProgrammeCode // positions that officers were told
	review   chan domain.ProgrammeCode
	receipts chan string
	closed   chan struct{}
}

func newDesk(staff []*person) *desk {
	d := &desk{waiting: map[domain.ProgrammeCode]int{}, entered: map[string]domain.ProgrammeCode{}, closed: make(chan struct{})}
	filings := 0
	for _, one := range staff {
		for _, t := range one.files {
			d.waiting[t.code]++
			filings++
		}
	}
	d.review, d.receipts = make(chan domain.ProgrammeCode, filings), make(chan string, filings)
	return d
}

// filed hands the position to the auditors, and puts the form before the
// reviewers once all who mean to file it have.
func (d *desk) filed(code domain.ProgrammeCode, position string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if position != "" {
		d.entered[position] = code
		d.receipts <- position
	}
	if d.waiting[code]--; d.waiting[code] == 0 {
		d.review <- code
	}
}

// close says that nothing more comes in.
func (d *desk) close() {
	close(d.review)
	close(d.receipts)
	close(d.closed)
}

// reviewer checks what has come in, and finalises it.
func (o *person) reviewer() func(context.Context, *play) {
	return func(ctx context.Context, p *play) {
		as := sending{"act form", "act", "act"}
		for code := range p.desk.review {
			if ctx.Err() != nil {
				return
			}
			o.open(ctx, "workbench", "/")
			o.open(ctx, "register", fmt.Sprintf("/programmes?%s", url.Values{"year": {fmt.Sprint(int(p.year()))}, "status": {"waiting"}}.Encode()))
			o.open(ctx, "programme", p.address("programmes", code, ""))
			if o.complete(ctx, p.address("evaluations", code, "/check"), as, func(f form) { f.fields.Set("opinion", "经复核，与佐证相符") }) == "" {
				continue
			}
			o.complete(ctx, p.address("evaluations", code, "/finalise"), as, func(f form) { f.fields.Set("reason", "与重算一致") })
		}
	}
}
