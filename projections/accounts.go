package projections

import (
	"context"
	"fmt"
	"strings"

	"wenxiao/domain"
	"wenxiao/domain/execution"
)

// The account of a programme's year is not a table of its own: its lines are
// the entries of the trail about money, and its figures follow from them.

// Account returns the money of a programme's year with its lines, oldest first,
// or [ErrNotFound] where no money was ever entered.
func (v Views) Account(ctx context.Context, code domain.ProgrammeCode, year domain.FiscalYear) (Ledger, error) {
	entries, err := v.History(ctx, code, year, 0)
	if err != nil {
		return Ledger{}, err
	}
	l := newLedger(entries)
	if l.Lines == 0 {
		return Ledger{}, fmt.Errorf("account of %s in %d: %w", code, year, ErrNotFound)
	}
	p, err := v.Programme(ctx, code, year)
	l.Programme, l.ProgrammeName, l.Year, l.Unit, l.Source = code, p.Name, year, p.Unit, p.Source
	return l, err
}

// newLedger adds up the entries about money.
func newLedger(entries []Entry) Ledger {
	l := Ledger{Entries: []AccountLine{}}
	corrected := map[string]string{}
	for _, e := range entries {
		if kind, ok := strings.CutPrefix(e.Type, "execution."); ok {
			kind, _, _ = strings.Cut(kind, ".")
			l.enter(kind, e)
			corrected[e.Corrects] = e.Event
		}
	}
	for i := range l.Entries {
		l.Entries[i].Corrected = corrected[l.Entries[i].Event]
	}
	return l
}

func (l *Ledger) enter(kind string, e Entry) {
	var amount domain.Money
	if e.Amount != nil {
		amount = *e.Amount
	}
	switch "execution." + kind + ".v1" {
	case execution.BudgetSet{}.EventType():
		l.Budget, l.FullYear = amount, amount
		l.pass(PaymentsOpen, e)
	case execution.BudgetAdjusted{}.EventType():
		l.FullYear += amount
	case execution.Allotted{}.EventType():
		l.Allotted += amount
	case execution.Paid{}.EventType(), execution.PaymentCorrected{}.EventType():
		l.Paid += amount
	case execution.Suspended{}.EventType():
		l.pass(PaymentsSuspended, e)
	case execution.Resumed{}.EventType():
		l.pass(PaymentsOpen, e)
	case execution.Stopped{}.EventType():
		l.pass(PaymentsStopped, e)
	case execution.Recalled{}.EventType():
		l.Recalled -= amount
	case execution.Recovered{}.EventType():
		l.Recovered -= amount
	}
	l.Rate, l.Position = rate(l.Paid, l.FullYear), e.Position
	l.Lines++
	l.Entries = append(l.Entries, AccountLine{
		Position: e.Position, Event: e.Event, At: e.EffectiveAt, Kind: kind, Document: e.Document, Amount: amount,
		PaidTotal: l.Paid, Rate: l.Rate, Text: e.Text, By: e.Actor, Corrects: e.Corrects, Late: e.Late,
	})
}

func (l *Ledger) pass(status string, e Entry) {
	l.Status, l.StatusReason, l.StatusSince = status, e.Reason, e.EffectiveAt
}
