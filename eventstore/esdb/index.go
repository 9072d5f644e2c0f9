package esdb

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"slices"
	"sort"
	"sync"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"

	"wenxiao/eventstore"
)

// An index is what is known of a ledger: positions, which the server does not
// count, streams, commands and the tree. It is made anew from the ledger's own
// events whenever the ledger is opened, and is the same for all who make it.
type index struct {
	mu       sync.RWMutex
	head     eventstore.Position
	lastAt   time.Time
	streams  map[string]*entries
	commands map[[16]byte]eventstore.Position
	tree     eventstore.Tree
	runs     []run
	recent   recent

	// Owned by the writer, or by whoever reads on.
	reading sync.Mutex
	next    uint64 // revision of the next event
	writer  string
	begun   bool
	pending []found // since begun
	parts   uint64  // before the next record
}

// entries are the positions of a stream's records, the first revision first.
type entries struct {
	number    int64
	positions []eventstore.Position
}

// A run is records that follow one another without other events between.
type run struct {
	first eventstore.Position
	at    uint64 // revision of the first event of the first
}

// found is a record met on the way.
type found struct {
	record eventstore.Record
	at     uint64
	whole  bool // data and all
}

func newIndex() *index {
	return &index{streams: map[string]*entries{}, commands: map[[16]byte]eventstore.Position{}}
}

// take follows the ledger by one event.
func (x *index) take(e *esdb.RecordedEvent) error {
	x.next = e.EventNumber + 1
	switch e.EventType {
	case writerType:
		var w writerData
		if err := json.Unmarshal(e.Data, &w); err != nil {
			return fmt.Errorf("%w: event %d: %w", eventstore.ErrDamaged, e.EventNumber, err)
		}
		if w.Format != format {
			return fmt.Errorf("%w: event %d: format %d, this program's is %d", eventstore.ErrDamaged, e.EventNumber, w.Format, format)
		}
		x.writer, x.begun, x.pending, x.parts = w.Writer, false, nil, 0
	case beginType:
		x.begun, x.pending, x.parts = true, nil, 0
	case partType:
		x.parts++
	case endType:
		x.add(x.pending, nil)
		x.begun, x.pending = false, nil
	default:
		return x.takeRecord(e)
	}
	return nil
}

func (x *index) takeRecord(e *esdb.RecordedEvent) error {
	if x.writer == "" {
		return fmt.Errorf("%w: the stream begins with %s and not with a writer: it is no ledger", eventstore.ErrDamaged, e.EventType)
	}
	r, err := eventstore.Open(0, e.UserMetadata, e.Data)
	if err != nil {
		return fmt.Errorf("%w: event %d: %w", eventstore.ErrDamaged, e.EventNumber, err)
	}
	f := found{r, e.EventNumber - x.parts, x.parts == 0}
	x.parts = 0
	if x.begun {
		f.record.Data = nil // only its place is needed
		f.whole = false
		x.pending = append(x.pending, f)
		return nil
	}
	x.add([]found{f}, nil)
	return nil
}

// add makes records part of the ledger. Where the tree after them is known it is
// not computed.
func (x *index) add(records []found, tree *eventstore.Tree) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, f := range records {
		r := f.record
		x.head++
		r.Position = x.head
		if n := len(x.runs); n == 0 || x.runs[n-1].at+uint64(r.Position-x.runs[n-1].first) != f.at {
			x.runs = append(x.runs, run{r.Position, f.at})
		}
		s := x.streams[r.Stream]
		if s == nil {
			s = &entries{number: int64(len(x.streams) + 1)}
			x.streams[r.Stream] = s
		}
		s.positions = append(s.positions, r.Position)
		if key := digest(r.Command); r.Command != "" {
			if _, used := x.commands[key]; !used {
				x.commands[key] = r.Position
			}
		}
		x.lastAt = r.RecordedAt
		if tree == nil && x.tree.Size == r.Position-1 { // one left behind by a writer that does not seal stays there
			x.tree = x.tree.Add(r.Envelope)
		}
		if f.whole {
			x.recent.put(r)
		}
	}
	if tree != nil {
		x.tree = *tree
	}
}

func digest(command string) [16]byte {
	sum := sha256.Sum256([]byte(command))
	return [16]byte(sum[:])
}

// at returns the revision of the first event of the record at a position.
func (x *index) at(p eventstore.Position) uint64 {
	i := sort.Search(len(x.runs), func(i int) bool { return x.runs[i].first > p }) - 1
	return x.runs[i].at + uint64(p-x.runs[i].first)
}

// places returns where the records after a position begin, at most so many.
func (x *index) places(after eventstore.Position, limit int) (positions []eventstore.Position, at []uint64, more bool) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	for p := after + 1; p <= x.head && len(positions) < limit; p++ {
		positions, at = append(positions, p), append(at, x.at(p))
	}
	return positions, at, len(positions) == limit && positions[limit-1] < x.head
}

// placesOf is places for a stream, after a revision of it.
func (x *index) placesOf(stream string, after eventstore.Revision, limit int) (positions []eventstore.Position, at []uint64, more bool) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	s := x.streams[stream]
	if s == nil || after >= eventstore.Revision(len(s.positions)) {
		return nil, nil, false
	}
	left := s.positions[after:]
	positions = slices.Clone(left[:min(limit, len(left))])
	for _, p := range positions {
		at = append(at, x.at(p))
	}
	return positions, at, len(left) > limit
}

// recent holds the records appended last, whole.
type recent struct {
	records map[eventstore.Position]eventstore.Row
	first   eventstore.Position
	bytes   int
}

const recentBytes = 16 << 20

func (c *recent) put(r eventstore.Record) {
	if len(c.records) == 0 {
		c.records, c.first = map[eventstore.Position]eventstore.Row{}, r.Position
	}
	c.records[r.Position] = eventstore.Row{Position: r.Position, Envelope: r.Envelope, Data: r.Data}
	c.bytes += len(r.Envelope) + len(r.Data)
	for c.bytes > recentBytes {
		if old, ok := c.records[c.first]; ok {
			c.bytes -= len(old.Envelope) + len(old.Data)
			delete(c.records, c.first)
		}
		c.first++
	}
}

// get returns a copy of what is remembered.
func (x *index) get(p eventstore.Position) (eventstore.Row, bool) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	row, ok := x.recent.records[p]
	row.Envelope, row.Data = slices.Clone(row.Envelope), append([]byte{}, row.Data...)
	return row, ok
}
