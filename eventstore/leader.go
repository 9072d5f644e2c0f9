package eventstore

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// A Shared is a Store of a ledger that several processes have open for writing.
// One of them leads and alone commits; the others hand their appends to it. When
// it goes, another leads within seconds.
type Shared interface {
	Store

	// Lead calls do each time this process comes to lead, with a context that ends
	// when it no longer does, and waits for do to return before it calls it again.
	// It returns the context's error when ctx ends, do's own error when do fails
	// while this process leads, and [ErrClosed] after Close. A do that returns nil
	// is done for this term, and called again in the next.
	Lead(ctx context.Context, do func(context.Context) error) error

	// Leader says who leads now; the zero Leader between two terms.
	Leader(ctx context.Context) (Leader, error)
}

// A Leader is the process that leads a [Shared] ledger.
type Leader struct {
	Name    string    // as it calls itself
	Address string    // where the others hand in their appends
	Epoch   int64     // grows with every term
	Since   time.Time // when its term began
	Here    bool      // it is this process
	Away    string    // why this process cannot hand in its own there; empty while it can, or may yet
}

// ErrNoLeader reports that no process led the ledger in the time there was; nothing was added.
var ErrNoLeader = errors.New("no process leads the ledger")

// Unreachable reports that a process leads the ledger to which this one cannot
// hand its appends; nothing was added.
type Unreachable struct {
	Leader
	Why string // for people
}

func (e *Unreachable) Error() string {
	return fmt.Sprintf("主持记账的 %s 在 %s 接收转来的记录，本进程到不了那里：%s；请为它设 --handover，写本机到得了的地址，经过地址转换的另设 --handover-public (the leader cannot be reached: give it an address by --handover, --handover-public)",
		e.Name, e.Address, e.Why)
}

// Lead calls do while this process leads store: always, where no other process
// can. It returns as [Shared.Lead] does; where no other process can lead, with
// do.
func Lead(ctx context.Context, store Store, do func(context.Context) error) error {
	if shared, ok := store.(Shared); ok {
		return shared.Lead(ctx, do)
	}
	return do(ctx)
}
