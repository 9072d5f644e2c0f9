package scoring

import (
	"fmt"
	"math/big"
	"strings"
)

// A report gathers findings.
type report []Finding

// findings lists what is wrong: the money, the rows in order, then the sums.
func (e examination) findings() []Finding {
	r := report{}
	e.checkRate(&r)
	e.checkExecutionScore(&r)
	e.checkBudgetParts(&r)
	twice := e.checkWeightTwice(&r)
	for _, j := range e.judged {
		e.checkRow(&r, j, twice)
	}
	e.checkParts(&r)
	e.checkGroups(&r)
	e.checkWeights(&r)
	e.checkTotal(&r)
	return r
}

// add notes a finding; the message has its title and both figures.
func (r *report) add(code Code, cell, printed, computed, working, basis string) {
	*r = append(*r, Finding{Code: code, Cell: cell, Message: message(code, printed, computed, working), Printed: printed, Computed: computed, Working: working, Basis: basis})
}

func message(code Code, printed, computed, working string) string {
	parts := []string{"印刷 " + printed}
	if computed != "" {
		parts = append(parts, "重算 "+computed)
	}
	if working != "" {
		parts = append(parts, working)
	}
	return code.Title() + "：" + strings.Join(parts, "；")
}

func cell(i int, column string) string { return fmt.Sprintf("indicators/%d/%s", i, column) }

func listed(words []string) string { return strings.Join(words, "；") }

func quoted(s string) string { return "“" + s + "”" }

func positive(r *big.Rat) bool { return r != nil && r.Sign() > 0 }
