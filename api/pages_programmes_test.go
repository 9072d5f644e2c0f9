package api

import (
	"slices"
	"testing"

	"wenxiao/domain"
	"wenxiao/projections"
)

func TestAnUnknownBudgetIsNoZeroInTheFiles(t *testing.T) {
	money := func(p projections.Programme) []any { return registerRow(p)[8:11] }
	if got := money(projections.Programme{Code: "p1"}); !slices.Equal(got, []any{nil, nil, nil}) {
		t.Errorf("no budget: %v", got)
	}
	p := projections.Programme{Code: "p1", Budget: 1_000_000, FullYear: 1_000_000}
	zero, one := domain.Money(0).In(domain.WanYuan), domain.Money(1_000_000).In(domain.WanYuan)
	if got := money(p); !slices.Equal(got, []any{one, one, zero}) {
		t.Errorf("nothing paid: %v", got)
	}
}
