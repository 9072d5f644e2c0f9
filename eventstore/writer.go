package eventstore

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"time"
)

const (
	maxAppends = 512      // in one batch
	maxBytes   = 16 << 20 // of data in one batch, unless a single append has more

	headsKept    = 1 << 15 // streams whose heads are remembered
	commandsKept = 1 << 14
)

// A Writer is the one writer of a ledger. It collects the appends that wait
// while a transaction is under way and writes them together in the next, so
// that many writers share one fsync and a lone writer never waits for company.
type Writer struct {
	backend Backend
	options Options
	beacon  *Beacon

	mu     sync.RWMutex // held for reading while sending on queue
	closed bool
	queue  chan *request
	done   chan struct{}

	// Owned by the writing goroutine. All of it runs ahead of the ledger while a
	// batch is being decided, and is forgotten when the batch fails.
	known    bool
	last     Last
	heads    *cache[string, Head]
	commands *cache[string, Position]
	deposed  error
}

type request struct {
	ctx    context.Context
	stream string
	seen   Revision
	drafts []Draft
	of     []digest // of the drafts' data
	bytes  int
	adopt  *adoption   // instead of an append; nil for none
	answer chan answer // holds one, so that the writer never waits for a caller
}

type answer struct {
	Appended
	err error
}

// NewWriter starts the writer of the ledger that backend keeps. Every new head
// is announced on beacon once it is durable.
func NewWriter(ctx context.Context, backend Backend, options Options, beacon *Beacon) (*Writer, error) {
	w := &Writer{
		backend: backend, options: options, beacon: beacon,
		queue: make(chan *request, 2*maxAppends), done: make(chan struct{}),
		heads: newCache[string, Head](headsKept), commands: newCache[string, Position](commandsKept),
	}
	if err := w.recall(ctx); err != nil {
		return nil, err
	}
	go w.run()
	return w, nil
}

// Append is [Store.Append].
func (w *Writer) Append(ctx context.Context, stream string, seen Revision, drafts ...Draft) (Appended, error) {
	if err := CheckAppend(stream, drafts); err != nil {
		return Appended{}, err
	}
	r := &request{ctx: ctx, stream: stream, seen: seen, drafts: slices.Clone(drafts), answer: make(chan answer, 1)}
	for i, d := range drafts { // the caller may return early and use its buffers again
		r.drafts[i].Data, r.drafts[i].Basis = append([]byte{}, d.Data...), slices.Clone(d.Basis)
		r.of = append(r.of, digestOf(d.Data)) // here, so that callers share the work out among the processors
		r.bytes += len(d.Data)
	}
	if err := w.enqueue(r); err != nil {
		return Appended{}, err
	}
	select {
	case a := <-r.answer:
		return a.Appended, a.err
	case <-ctx.Done():
		return Appended{}, ctx.Err()
	}
}

// Close finishes the appends under way and ends the writer.
func (w *Writer) Close() {
	w.mu.Lock()
	if !w.closed {
		w.closed = true
		close(w.queue)
	}
	w.mu.Unlock()
	<-w.done
}

func (w *Writer) enqueue(r *request) error {
	w.mu.RLock()
	defer w.mu.RUnlock()
	if w.closed {
		return ErrClosed
	}
	if err := r.ctx.Err(); err != nil {
		return err
	}
	select {
	case w.queue <- r:
		return nil
	case <-r.ctx.Done():
		return r.ctx.Err()
	}
}

func (w *Writer) run() {
	defer close(w.done)
	for first := range w.queue {
		requests, next := w.gather(first)
		w.write(requests)
		if next != nil {
			w.write([]*request{next})
		}
	}
}

// gather takes what waits behind first. The callers just answered are let run
// before, so that their next appends share this batch; nothing ever sleeps. An
// adoption is a batch of its own: one met on the way is returned as next.
func (w *Writer) gather(first *request) (requests []*request, next *request) {
	requests, size := []*request{first}, first.bytes
	if first.adopt != nil {
		return requests, nil
	}
	runtime.Gosched()
	for len(requests) < maxAppends && size < maxBytes {
		select {
		case r, ok := <-w.queue:
			if !ok {
				return requests, nil
			}
			if r.adopt != nil {
				return requests, r
			}
			requests, size = append(requests, r), size+r.bytes
		default:
			return requests, nil
		}
	}
	return requests, nil
}

// write carries out requests and answers each. When a batch certainly left
// nothing, its members are tried one by one, so that one of them cannot spoil
// the others. When its outcome is unknown they are not: they might be in.
func (w *Writer) write(requests []*request) {
	answers, err := w.try(requests)
	if errors.Is(err, ErrUnwritten) && len(requests) > 1 {
		for i := range requests {
			w.write(requests[i : i+1])
		}
		return
	}
	for i, r := range requests {
		if err != nil {
			r.answer <- answer{err: err}
		} else {
			r.answer <- answers[i]
		}
	}
}

// try decides requests in order and writes what they add in one transaction,
// trusting that commands it does not remember are new: they nearly always are,
// and the ledger's own index tells when one is not. Then they are looked up.
func (w *Writer) try(requests []*request) ([]answer, error) {
	answers, err := w.attempt(requests, false)
	if errors.Is(err, ErrTaken) {
		answers, err = w.attempt(requests, true)
	}
	return answers, err
}

// attempt is try, either trusting that unknown commands are new or looking them
// up first. When it fails, no answer holds: one request's conflict may be
// another's record that was not written.
func (w *Writer) attempt(requests []*request, lookUp bool) (answers []answer, err error) {
	ctx := context.Background() // a caller that leaves must not spoil its neighbours
	if err := w.recall(ctx); err != nil {
		return nil, err
	}
	batch := Batch{After: w.last.Position}
	if a := requests[0].adopt; a != nil {
		if err := w.adopt(ctx, a, &batch); err != nil {
			return nil, w.failed(err)
		}
		answers, requests = []answer{{}}, nil
	} else if err := w.learn(ctx, requests, lookUp); err != nil {
		return nil, w.failed(err)
	}
	for _, r := range requests {
		answers = append(answers, w.decide(ctx, r, &batch))
	}
	if len(batch.Entries) == 0 {
		return answers, nil
	}
	w.grow(&batch)
	begun := time.Now()
	if err := w.backend.Commit(ctx, batch); err != nil {
		if !errors.Is(err, ErrUnwritten) && !errors.Is(err, ErrFenced) {
			err = fmt.Errorf("%w: %w", ErrOutcomeUnknown, err)
		}
		return nil, w.failed(err)
	}
	w.beacon.Announce(w.last.Position)
	if w.options.Batches != nil {
		w.options.Batches(len(answers), len(batch.Entries), time.Since(begun))
	}
	return answers, nil
}

// failed drops all that was believed about the ledger, and gives up for good
// when another writer has it.
func (w *Writer) failed(err error) error {
	w.known = false
	w.heads.clear()
	w.commands.clear()
	if errors.Is(err, ErrFenced) {
		w.deposed = err
	}
	return fmt.Errorf("append: %w", err)
}

// recall learns where the ledger ends, if that is not known.
func (w *Writer) recall(ctx context.Context) (err error) {
	if w.known || w.deposed != nil {
		return w.deposed
	}
	if w.last, err = w.backend.Last(ctx); err != nil {
		return w.failed(err)
	}
	if err := w.mend(ctx); err != nil {
		return w.failed(err)
	}
	w.known = true
	w.beacon.Announce(w.last.Position)
	return nil
}

// mend grows the tree of a ledger that was written without one up to its end.
func (w *Writer) mend(ctx context.Context) error {
	tree := &w.last.Tree
	if tree.Size > w.last.Position {
		return fmt.Errorf("%w: its tree has %d leaves, it has %d records", ErrDamaged, tree.Size, w.last.Position)
	}
	if w.options.Unsealed || tree.Size == w.last.Position {
		return nil
	}
	for r, err := range w.backend.ReadAll(ctx, tree.Size) {
		if err != nil {
			return fmt.Errorf("grow the tree: %w", err)
		}
		*tree = tree.Add(r.Envelope)
		if tree.Size == w.last.Position {
			break
		}
	}
	return nil
}

// grow moves the tree by what batch adds.
func (w *Writer) grow(batch *Batch) {
	if !w.options.Unsealed {
		envelopes := make([][]byte, len(batch.Entries))
		for i, e := range batch.Entries {
			envelopes[i] = e.Envelope
		}
		w.last.Tree = w.last.Tree.Add(envelopes...)
	}
	batch.Tree = w.last.Tree
}

// learn looks up the streams of requests that are not remembered, and their
// commands if asked to.
func (w *Writer) learn(ctx context.Context, requests []*request, withCommands bool) error {
	var streams, commands []string
	for _, r := range requests {
		if _, ok := w.heads.get(r.stream); !ok {
			streams = append(streams, r.stream)
		}
		if _, ok := w.commands.get(r.command()); !ok && withCommands && r.command() != "" {
			commands = append(commands, r.command())
		}
	}
	if len(streams)+len(commands) == 0 {
		return nil
	}
	return w.find(ctx, streams, commands)
}

func (w *Writer) find(ctx context.Context, streams, commands []string) error {
	found, err := w.backend.Find(ctx, streams, commands)
	if err != nil {
		return fmt.Errorf("look up streams and commands: %w", err)
	}
	for _, s := range streams {
		w.heads.put(s, found.Heads[s]) // zero for a stream without records
	}
	for c, first := range found.Commands {
		w.commands.put(c, first)
	}
	return nil
}

// decide answers r and adds its records to batch, or answers why not.
func (w *Writer) decide(ctx context.Context, r *request, batch *Batch) answer {
	if err := r.ctx.Err(); err != nil {
		return answer{err: err}
	}
	if first, ok := w.commands.get(r.command()); ok {
		return w.repeat(ctx, r, first, *batch)
	}
	head, _ := w.heads.get(r.stream)
	records, refusal := w.seal(r, head)
	if refusal == nil {
		return answer{Appended: w.add(r, head, records, batch)}
	}
	// A repeat is answered as the first time, whatever speaks against it now.
	// Commands of this batch are all remembered, so one not found was never used.
	// Looking also tells a deposed writer that what it remembers is stale.
	if err := w.find(ctx, nil, []string{r.command()}); err != nil {
		return answer{err: err}
	}
	if first, ok := w.commands.get(r.command()); ok {
		return w.repeat(ctx, r, first, *batch)
	}
	return answer{err: refusal}
}

// seal makes the records of r, if its stream is where r has seen it.
func (w *Writer) seal(r *request, head Head) ([]Record, error) {
	if head.Revision != r.seen {
		return nil, &Conflict{Stream: r.stream, Seen: r.seen, At: head.Revision}
	}
	at, records := LaterOf(w.last.RecordedAt, w.options.Clock()), make([]Record, len(r.drafts))
	for i, d := range r.drafts {
		record, err := seal(r.stream, head.Revision+Revision(i)+1, at, d, r.of[i])
		if err != nil {
			return nil, err
		}
		records[i] = record
	}
	return records, nil
}

// add gives records their positions and places them in batch.
func (w *Writer) add(r *request, head Head, records []Record, batch *Batch) (a Appended) {
	if head.Number == 0 {
		w.last.Stream++
		head.Number = w.last.Stream
		batch.Streams = append(batch.Streams, Named{head.Number, r.stream})
	}
	if c := r.command(); c != "" {
		w.commands.put(c, w.last.Position+1)
	}
	for i, record := range records {
		w.last.Position++
		record.Position = w.last.Position
		batch.Entries = append(batch.Entries, Entry{Record: record, StreamNumber: head.Number, First: i == 0})
		head.Revision = record.Revision
		a.IDs = append(a.IDs, record.ID)
	}
	w.last.RecordedAt = records[0].RecordedAt
	w.heads.put(r.stream, head)
	a.Revision, a.Position = head.Revision, w.last.Position
	return a
}

// repeat answers r as the append whose first record is at first was answered.
// That append may be in the batch being decided, not yet in the ledger.
func (w *Writer) repeat(ctx context.Context, r *request, first Position, batch Batch) answer {
	records := w.backend.ReadAll(ctx, first-1)
	if first > batch.After {
		records = batch.from(first)
	}
	a := Appended{Repeated: true}
	for record, err := range records {
		switch {
		case err != nil:
			return answer{err: fmt.Errorf("read the first answer to command %s: %w", r.command(), err)}
		case record.Command != r.command():
			return answer{Appended: a}
		case record.Stream != r.stream:
			return answer{err: fmt.Errorf("%w: %s on %s", ErrCommandReused, r.command(), record.Stream)}
		}
		a.Revision, a.Position, a.IDs = record.Revision, record.Position, append(a.IDs, record.ID)
	}
	return answer{Appended: a}
}

func (r *request) command() string { return r.drafts[0].Command }
