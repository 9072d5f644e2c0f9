package deadline

import (
	"context"
	"strconv"

	"wenxiao/domain/evaluation"
	"wenxiao/eventstore"
)

// Kept holds what officers were told against the ledger, once the servers have
// stopped: every position acknowledged is a self-evaluation, by the programme it
// was for, and there is no other. It returns how many are right, and how many
// lie in the ledger.
func (r *Report) Kept(ctx context.Context, store eventstore.Store) (right, filed int, err error) {
	for record, err := range store.ReadAll(ctx, eventstore.Position(r.before)) {
		if err != nil {
			return right, filed, err
		}
		if record.Type != "evaluation.self-filed.v1" {
			continue
		}
		filed++
		code, ok := r.acknowledged[strconv.FormatUint(uint64(record.Position), 10)]
		if ok && record.Stream == evaluation.Stream(evaluation.SelfID(code, r.Week.year())) {
			right++
		}
	}
	return right, filed, nil
}

// Acknowledged is how many filings were answered as entered.
func (r *Report) Acknowledged() int { return len(r.acknowledged) }
