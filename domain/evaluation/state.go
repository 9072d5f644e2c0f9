package evaluation

// State is a record as it stands after its events so far.
type State struct{}

// Evolve returns the state after one more fact.
func (s State) Evolve(e Event) State { return s }
