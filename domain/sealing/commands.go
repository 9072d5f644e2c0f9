package sealing

import (
	"fmt"

	"wenxiao/domain"
)

type (
	// Begin records which log the ledger has, and who signs it.
	Begin LogBegun

	// Rotate records the change from one key to another.
	Rotate KeyRotated

	// Renew records the end of a log and the beginning of another.
	Renew LogRenewed
)

// Decide refuses a second log beside the one that is named. The same log again
// changes nothing, whatever has become of its keys.
func (c Begin) Decide(s State) ([]Event, error) {
	if s.Origin != "" && s.Origin == c.Origin {
		return nil, nil
	}
	var no domain.Refusals
	no.If(c.Origin == "" || len(c.Keys) == 0, domain.Refusal{Code: "sealing.no-log", Reason: "公开日志须有名称和公钥", Field: "/origin"})
	no.If(s.Origin != "", domain.Refusal{Code: "sealing.another-log", Reason: fmt.Sprintf("账本记载它的公开日志是 %s，不是 %s", s.Origin, c.Origin), Field: "/origin"})
	return domain.Unless[Event](no, LogBegun(c))
}

// Decide refuses a change that does not follow from the key that signs now. The
// same change again changes nothing.
func (c Rotate) Decide(s State) ([]Event, error) {
	if c.New != "" && c.New == s.Key {
		return nil, nil
	}
	var no domain.Refusals
	no.If(domain.Blank(c.Statement), domain.Refusal{Code: "sealing.no-statement", Reason: "换钥须附新旧两把密钥共同签署的声明", Field: "/statement"})
	no.If(c.New == "" || c.New == c.Old, domain.Refusal{Code: "sealing.no-new-key", Reason: "换钥须有一把新的密钥", Field: "/new"})
	no.If(s.Key != "" && (s.Key != c.Old || s.Origin != c.Origin), domain.Refusal{
		Code: "sealing.not-the-present-key", Reason: fmt.Sprintf("账本记载现用密钥是 %s，不是 %s", s.Key, c.Old), Field: "/old",
	})
	return domain.Unless[Event](no, KeyRotated(c))
}

// Decide refuses to give up a log without a reason, or one that has signed
// nothing and that the ledger does not name: it can go on as it is. The same renewal again changes nothing.
func (c Renew) Decide(s State) ([]Event, error) {
	if c.Key != "" && c.Key == s.Key {
		return nil, nil
	}
	var no domain.Refusals
	no.If(domain.Blank(c.Reason), domain.Refusal{Code: "sealing.no-reason", Reason: "另立日志须写明原因", Field: "/reason"})
	no.If(domain.Blank(c.Former) && (c.FormerOrigin == "" || c.FormerOrigin != s.Origin), domain.Refusal{Code: "sealing.nothing-signed", Reason: "原日志还没有签过检查点，不必另立", Field: "/former"})
	no.If(c.Key == "" || c.Origin == "" || c.Origin == c.FormerOrigin, domain.Refusal{Code: "sealing.no-new-log", Reason: "另立日志须有新的日志名和密钥", Field: "/origin"})
	return domain.Unless[Event](no, LogRenewed(c))
}
