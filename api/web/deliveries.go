package web

import "wenxiao/projections/relay"

// Deliveries shows what goes to other systems.
type Deliveries struct {
	Frame
	Target   string // whose failures are shown; empty: all
	Targets  []relay.Standing
	Failures []relay.Failure
	Acts     []relay.Act
	Orders   bool // the reader may have something sent again
}

func (Deliveries) template() string { return "deliveries" }

// Standing says how a target stands.
func (Deliveries) Standing(t relay.Standing) Status {
	switch {
	case !t.Running:
		return Stopped.Saying("没有在推送")
	case !t.DownSince.IsZero():
		return Alert.Saying("送不出去")
	case t.Failures > 0:
		return Warning.Saying("有拒收")
	case t.Lag() > 0:
		return Waiting.Saying("推送中")
	}
	return OnTrack.Saying("已送到最新")
}

// State says what became of a failed event.
func (Deliveries) State(f relay.Failure) Status {
	switch f.State {
	case relay.StateDelivered:
		return Done.Saying("已送达")
	case relay.StateAgain:
		return Waiting.Saying("待重送")
	}
	return Alert.Saying("拒收")
}

// Word says what was ordered.
func (Deliveries) Word(a relay.Act) string {
	if a.Act == "from" {
		return "从此位置起重送"
	}
	return "重送这一件"
}
