package eventstore

import (
	"context"
	"sync"
)

// A Guard keeps apart what must not happen at once with one ledger. Who waits
// holds nothing; who holds one name never asks for it again.
type Guard interface {
	// Alone returns once nobody else holds name. release gives it back.
	Alone(ctx context.Context, name string) (release func(), err error)

	// Beside returns once nobody holds name alone: many may be beside one another.
	Beside(ctx context.Context, name string) (release func(), err error)
}

// NewGuard returns a guard within this process, for a ledger that no other has
// open. It waits as long as it takes, whatever becomes of the context.
func NewGuard() Guard { return &guard{locks: map[string]*sync.RWMutex{}} }

type guard struct {
	mu    sync.Mutex
	locks map[string]*sync.RWMutex // the names are few and known
}

func (g *guard) lock(name string) *sync.RWMutex {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.locks[name] == nil {
		g.locks[name] = new(sync.RWMutex)
	}
	return g.locks[name]
}

func (g *guard) Alone(_ context.Context, name string) (func(), error) {
	l := g.lock(name)
	l.Lock()
	return l.Unlock, nil
}

func (g *guard) Beside(_ context.Context, name string) (func(), error) {
	l := g.lock(name)
	l.RLock()
	return l.RUnlock, nil
}
