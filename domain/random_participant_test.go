package domain_test

import (
	"strings"

	"pgregory.net/rapid"

	. "wenxiao/domain"
	"wenxiao/domain/participant"
)

// Plain texts of the random participants. None may be found in what is stored.
var plain = participant.Identity{
	Name: "机密姓名", IDNumber: "990101198001010022", Phone: "13800000000", Organisation: "机密单位", Title: "机密职称", Expertise: "机密领域", BankAccount: "6200000000000000",
}

func randomParticipant(t *rapid.T, s participant.State) participant.Command {
	sealed := Protected{Key: "9f86d081", Nonce: []byte("nonce"), Text: []byte("sealed")}
	kept := participant.Kept{Name: sealed, Phone: sealed}
	enter := participant.Enter{
		Kind: mostly(t, "kind", participant.Expert, participant.Commenter, participant.Beneficiary, ""), Identity: plain,
		Keeper: mostly[UnitCode](t, "keeper", "101", ""), Kept: kept,
	}
	if s.Status == participant.NotEntered {
		return enter
	}
	unit := oneOf[UnitCode](t, "unit", "801", "802")
	changed := plain
	changed.Phone = mostly(t, "phone", "13900000000", "1", plain.Phone)
	return oneOf[participant.Command](t, "command",
		enter,
		participant.Update{Identity: changed, Reason: anyText(t, "reason"), Known: plain, Kept: kept},
		participant.RecordStatement{
			Programme: "stadium", Year: 2022, Stage: mostly(t, "stage", participant.ExpertOpinion, participant.Interview), Text: mostly(t, "text", "机密意见", ""),
			Satisfaction: mostly(t, "satisfaction", nil, decimalOf("90"), decimalOf("-1")), Day: anyDay(t, "day"), Today: "2022-10-31", Registered: anyFact(t), Kept: sealed,
		},
		participant.Hold{Unit: unit, Document: anyText(t, "document"), Reason: mostly(t, "why", "审计需要", plain.Name), Known: plain},
		participant.Release{Unit: unit, Reason: anyText(t, "reason"), Known: plain},
		participant.Erase{
			Ground: mostly(t, "ground", participant.PurposeMet, 0, 9), Reason: mostly(t, "why", "项目已结束", plain.Phone), AskedBy: mostly(t, "asked", participant.Person, ""),
			Decider: anyPerson(t, "decider"), By: Actor{Person: "p1"}, InPost: anyFact(t), Official: mostly(t, "official", false, true), Known: plain,
		},
	)
}

// brokenParticipant: what identifies somebody stands in no event; whoever is
// erased was not held, and nothing is written of them after.
func brokenParticipant(s participant.State, history []participant.Event) string {
	holds := map[UnitCode]bool{}
	for i, e := range history {
		for _, value := range []string{"机密", plain.IDNumber, plain.Phone, "13900000000", plain.BankAccount} {
			if strings.Contains(written(e), value) {
				return broken("%s holds %s", e.EventType(), value)
			}
		}
		switch e := e.(type) {
		case participant.Held:
			holds[e.Unit] = true
		case participant.Released:
			delete(holds, e.Unit)
		case participant.Erased:
			if len(holds) > 0 || i != len(history)-1 {
				return broken("erased while held by %d, %d events before the last", len(holds), len(history)-1-i)
			}
		}
	}
	if (s.Status == participant.Gone) != (len(history) > 0 && history[len(history)-1].EventType() == "participant.erased.v1") || s.Status == participant.Gone && s.Fields > 0 {
		return broken("%s with %d fields after %d events", s.Status, s.Fields, len(history))
	}
	return ""
}
