package main

import (
	"sync/atomic"

	"wenxiao/eventstore/seal"
)

// A proof is the log as one of several processes shows it: what is published, by
// whomever; and how sealing goes, from the sealer itself while this process signs.
type proof struct {
	*seal.Observer
	signing atomic.Pointer[sealer] // nil while another process signs
	fault   atomic.Pointer[string] // why this one, which should, cannot; nil where it can
}

// Status is [seal.Sealer.Status].
func (p *proof) Status() seal.Status {
	if s := p.signing.Load(); s != nil {
		return s.Status()
	}
	return p.faulty(p.Observer.Status())
}

// Sealed is [seal.Sealer.Sealed].
func (p *proof) Sealed() seal.Status {
	if s := p.signing.Load(); s != nil {
		return s.Sealed()
	}
	return p.faulty(p.Observer.Sealed())
}

func (p *proof) faulty(s seal.Status) seal.Status {
	if why := p.fault.Load(); why != nil {
		s.Fault = *why
	}
	return s
}
