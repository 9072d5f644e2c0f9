package evaluation

import "wenxiao/domain/scoring"

// FindingsOf returns a result's findings as the ledger keeps them: what a later
// engine might work out otherwise is left out.
func FindingsOf(r scoring.Result) (kept []Finding) {
	for _, f := range r.Findings {
		kept = append(kept, Finding{Code: string(f.Code), Cell: f.Cell, Message: f.Message, Basis: f.Basis})
	}
	return kept
}
