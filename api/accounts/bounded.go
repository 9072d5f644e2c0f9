package accounts

import (
	"container/list"
	"sync"
)

// bounded is a map of at most max entries that forgets the one unused longest.
type bounded[V any] struct {
	mu      sync.Mutex
	max     int
	order   *list.List // of entry[V], latest used first
	entries map[string]*list.Element
}

type entry[V any] struct {
	key   string
	value V
}

func newBounded[V any](limit int) *bounded[V] {
	return &bounded[V]{max: limit, order: list.New(), entries: map[string]*list.Element{}}
}

// get returns the value under key, putting there what create makes if there is
// none. A nil create makes nothing.
func (b *bounded[V]) get(key string, create func() V) (value V, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if at, ok := b.entries[key]; ok {
		b.order.MoveToFront(at)
		return at.Value.(entry[V]).value, true
	}
	if create == nil {
		return value, false
	}
	value = create()
	b.entries[key] = b.order.PushFront(entry[V]{key, value})
	if b.order.Len() > b.max {
		oldest := b.order.Remove(b.order.Back()).(entry[V])
		delete(b.entries, oldest.key)
	}
	return value, true
}

// forget removes what is under key.
func (b *bounded[V]) forget(key string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if at, ok := b.entries[key]; ok {
		b.order.Remove(at)
		delete(b.entries, key)
	}
}
