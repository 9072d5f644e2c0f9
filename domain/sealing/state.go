package sealing

import "slices"

// State is which log these facts lead to; empty while they name none.
type State struct {
	Origin string
	Key    string   // Ed25519, the one that signs now
	Keys   []string // all that the facts name, in their order
}

// Evolve adds one fact.
func (s State) Evolve(event Event) State {
	switch e := event.(type) {
	case LogBegun:
		return s.signedBy(e.Origin, e.Keys...)
	case KeyRotated:
		return s.signedBy(e.Origin, e.Old, e.New).signedBy(e.Origin, e.New)
	case LogRenewed:
		return s.signedBy(e.Origin, e.Key)
	}
	return s
}

// signedBy makes the first of keys the present one.
func (s State) signedBy(origin string, keys ...string) State {
	s.Origin, s.Key, s.Keys = origin, "", slices.Clone(s.Keys)
	for i, k := range keys {
		if i == 0 {
			s.Key = k
		}
		if !slices.Contains(s.Keys, k) {
			s.Keys = append(s.Keys, k)
		}
	}
	return s
}
