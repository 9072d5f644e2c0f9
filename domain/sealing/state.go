package sealing

// State is which log and key these facts lead to; both empty while the first key
// of the first log has never changed.
type State struct {
	Origin string
	Key    string
}

// Evolve adds one fact.
func (s State) Evolve(event Event) State {
	switch e := event.(type) {
	case KeyRotated:
		return State{e.Origin, e.New}
	case LogRenewed:
		return State{e.Origin, e.Key}
	}
	return s
}
