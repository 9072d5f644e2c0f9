package execution

import "wenxiao/domain"

const suspension = "邯文〔2019〕13号 四（四）；南通办法 第十条第二项"

// Suspend holds payments back (暂缓拨款) until resumed.
type Suspend struct {
	Reason  string `json:"reason"`
	Warning string `json:"warning,omitempty"`
}

// Decide refuses a second suspension: it would hide the reason of the first.
func (c Suspend) Decide(s State) ([]Event, error) {
	if err := s.flowing(); err != nil {
		return nil, err
	}
	var no domain.Refusals
	no.If(domain.Blank(c.Reason), domain.Refusal{Code: "execution.no-reason", Reason: "暂缓拨款的原因未填", Field: "/reason", Basis: suspension})
	return domain.Unless(no, Event(Suspended(c)))
}

// Resume lets payments go on. The unit whose payments are held does not.
type Resume struct {
	Reason string `json:"reason"`

	By domain.Actor `json:"-"`
}

// Decide refuses to resume what is not suspended; what is stopped stays stopped.
func (c Resume) Decide(s State) ([]Event, error) {
	if s.Status == Open {
		return nil, domain.Refusal{Code: "execution.not-suspended", Reason: "当前未暂缓拨款"}
	}
	if err := s.flowing(); s.Status != Held {
		return nil, err
	}
	var no domain.Refusals
	no.If(c.By.Unit == string(s.Unit), domain.Refusal{Code: "execution.own-resumption", Reason: "被暂缓拨款的单位不得自行恢复", Basis: suspension})
	no.If(domain.Blank(c.Reason), domain.Refusal{Code: "execution.no-reason", Reason: "恢复拨款的原因未填", Field: "/reason", Basis: suspension})
	return domain.Unless(no, Event(Resumed{Reason: c.Reason}))
}

// Stop ends payments for the year (停止拨款).
type Stop struct {
	Reason string `json:"reason"`
}

// Decide refuses to stop twice.
func (c Stop) Decide(s State) ([]Event, error) {
	if err := s.flowing(); err != nil && s.Status != Held {
		return nil, err
	}
	var no domain.Refusals
	no.If(domain.Blank(c.Reason), domain.Refusal{Code: "execution.no-reason", Reason: "停止拨款的原因未填", Field: "/reason", Basis: suspension})
	return domain.Unless(no, Event(Stopped(c)))
}
