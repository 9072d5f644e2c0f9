package domain_test

import (
	"strings"

	"pgregory.net/rapid"

	. "wenxiao/domain"
	"wenxiao/domain/attachment"
)

func randomAttachment(t *rapid.T, _ attachment.State) attachment.Command {
	digest := strings.Repeat("9f", 32)
	deposit := attachment.Deposit{
		Name: mostly(t, "name", "佐证.pdf", "", "另一名称.pdf", "../x"), Title: mostly(t, "title", "", "问卷"), Unit: mostly[UnitCode](t, "unit", "205001", "205002", "二"),
		Programme: mostly[ProgrammeCode](t, "programme", "stadium", ""), Year: mostly[FiscalYear](t, "year", 0, 2022, 9),
		Digest: mostly(t, "digest", digest, "x"), SM3: digest, Size: mostly[int64](t, "size", 4, 0), MediaType: mostly(t, "type", "application/pdf", ""), By: site(t),
	}
	withdraw := attachment.Withdraw{
		Ground: oneOf(t, "ground", attachment.Mistake, attachment.ByLaw, ""), Reason: anyText(t, "reason"), Article: anyText(t, "article"),
		Document: anyText(t, "document"), Cited: anyFact(t), By: desk(t),
	}
	return oneOf[attachment.Command](t, "command", deposit, deposit, deposit, withdraw)
}

// brokenAttachment: what the law took away never comes back, and no file is
// handed in twice in the same way while it is there.
func brokenAttachment(s attachment.State, history []attachment.Event) string {
	byLaw := false
	there := map[attachment.Deposited]bool{}
	for _, e := range history {
		switch e := e.(type) {
		case attachment.Deposited:
			if byLaw || there[e] {
				return broken("%+v was handed in though it was there, or forbidden", e)
			}
			there[e] = true
		case attachment.Withdrawn:
			byLaw = byLaw || e.Ground == attachment.ByLaw
			clear(there)
		}
	}
	if s.Kept() == (s.Withdrawn != nil) && len(s.Deposits) > 0 {
		return "withdrawn and kept"
	}
	return ""
}
