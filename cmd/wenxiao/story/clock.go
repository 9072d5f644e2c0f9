package story

import (
	"sync"
	"time"
)

// Clock is the store's clock in a demonstration: it stands at the story's day
// while the story is told, and is the machine's own afterwards. The zero Clock
// is the machine's own.
type Clock struct {
	mu sync.Mutex
	at time.Time
}

// Now returns the story's time, or the machine's once the story is over.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.at.IsZero() {
		return time.Now()
	}
	return c.at
}

func (c *Clock) set(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = t
}
