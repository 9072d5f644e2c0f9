package deadline

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"wenxiao/bench/city"
	"wenxiao/eventstore/seal"
)

// reader looks at pages all week, more often towards the end.
func (o *person) reader() func(context.Context, *play) {
	return func(ctx context.Context, p *play) {
		moments := make([]float64, p.Views)
		for i := range moments {
			if moments[i] = hours * o.chance.Float64(); i%2 == 0 {
				moments[i] = late(o.chance)
			}
		}
		slices.Sort(moments)
		for i, hour := range moments {
			p.until(ctx, hour)
			select {
			case <-p.desk.closed:
				return
			case <-ctx.Done():
				return
			default:
				o.look(ctx, p, i)
			}
		}
	}
}

// look opens the next of the pages that people read.
func (o *person) look(ctx context.Context, p *play, i int) {
	code := city.ProgrammeCode(o.chance.IntN(p.City.Departments), o.chance.IntN(p.City.Programmes))
	pages := []struct{ kind, address string }{
		{"workbench", "/"},
		{"programme", p.address("programmes", code, "")},
		{"board", "/monitoring"},
		{"replay", p.address("programmes", code, "/replay")},
		{"register", "/programmes"},
		{"chain", p.address("programmes", code, "/chain")},
		{"trail", "/record"},
		{"rectifications", "/rectifications"},
	}
	page := pages[i%len(pages)]
	o.open(ctx, page.kind, page.address)
}

// auditor asks for the receipt of what was just filed until there is one, and
// verifies it as its holder would: against the policy, without the ledger.
func (o *person) auditor() func(context.Context, *play) {
	return func(ctx context.Context, p *play) {
		o.open(ctx, "policy", "/policy")
		policy, err := seal.ParsePolicy(o.page)
		if err != nil {
			p.tally.fail("policy", "/policy", err.Error(), o.page)
			return
		}
		for position := range p.desk.receipts {
			begun := time.Now()
			for o.open(ctx, "receipt", "/record/"+position+"/receipt"); o.status == http.StatusUnprocessableEntity && ctx.Err() == nil; {
				time.Sleep(100 * time.Millisecond) // no checkpoint covers it yet
				o.open(ctx, "receipt", "/record/"+position+"/receipt")
			}
			if o.status != http.StatusOK {
				continue
			}
			if err := prove(o.page, policy); err != nil {
				p.tally.fail("receipt", position, err.Error(), o.page)
			}
			p.tally.took("filed to proven, at most", time.Since(begun))
			o.open(ctx, "receipt sheet", "/receipt/"+position)
		}
	}
}

func prove(text []byte, policy seal.Policy) error {
	receipt, err := seal.ParseReceipt(text)
	if err != nil {
		return err
	}
	_, err = receipt.Verify(policy)
	return err
}

// unsigned tells the answer for a record that no checkpoint covers yet.
func unsigned(kind string, status int, page []byte) bool {
	return kind == "receipt" && status == http.StatusUnprocessableEntity && strings.Contains(string(page), "seal.not-covered")
}
