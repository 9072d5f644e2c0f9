package verify

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"wenxiao/eventstore"
)

// read has spans read by several goroutines and joins them in their order.
func (w *walk) read(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	type turn struct {
		after, upTo eventstore.Position
		done        chan *span
	}
	turns := make(chan turn)              // to the readers
	order := make(chan turn, 2*w.Readers) // to be joined; bounds what is in memory
	var all sync.WaitGroup
	defer all.Wait()
	defer cancel()
	for range w.Readers {
		all.Go(func() {
			r := reader{walk: w}
			for t := range turns {
				t.done <- r.read(ctx, t.after, t.upTo)
			}
		})
	}
	all.Go(func() {
		defer close(order)
		defer close(turns)
		for after := w.Done; after < w.kept.Size; {
			t := turn{after, min(after-after%Span+Span, w.kept.Size), make(chan *span, 1)}
			select {
			case order <- t:
			case <-ctx.Done():
				return
			}
			select {
			case turns <- t:
			case <-ctx.Done():
				t.done <- &span{err: ctx.Err()}
				return
			}
			after = t.upTo
		}
	})
	for t := range order {
		s := <-t.done
		// Once told to stop, nothing more is joined, though it be read already.
		if err := cmp.Or(s.err, ctx.Err()); err != nil {
			return err
		}
		if err := w.join(s); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// join checks a span against the records before it.
func (w *walk) join(s *span) error {
	w.Add(s.findings...)
	w.grow(s)
	for i := range s.records {
		w.follow(&s.records[i])
	}
	w.Sums.add(s.sums)
	w.Done, w.Size = s.upTo, s.upTo
	if n := len(s.hashes); n > 0 {
		w.Leaf = s.hashes[n-1]
	}
	w.Report.Streams = len(w.State.Streams)
	if w.Progress != nil {
		w.Progress(w.Done, w.kept.Size)
	}
	if w.Every > 0 && time.Since(w.saved) >= w.Every {
		return w.save()
	}
	return nil
}

// grow adds the span's leaves to the tree and compares it with the heads it
// passes.
func (w *walk) grow(s *span) {
	for i := 0; i < len(s.records) && w.Broken == 0; {
		if s.records[i].position != w.Tree.Size+1 {
			break
		}
		n := i + 1
		for n < len(s.records) && s.records[n].position == s.records[n-1].position+1 && !w.stopsAt(s.records[n-1].position) {
			n++
		}
		w.Tree = w.Tree.AddHashes(s.hashes[i:n]...)
		w.compareHeads()
		i = n
	}
	if w.Broken == 0 && w.Tree.Size < s.upTo {
		w.Broken = w.Tree.Size + 1
	}
	for _, h := range w.Options.Heads {
		if w.Broken > 0 && w.Broken <= h.Size && s.after < h.Size && h.Size <= s.upTo {
			w.Add(Finding{Code: "head.unchecked", Place: h.Name, Text: fmt.Sprintf("记到 %d，而账本在 %d 就缺了记录", h.Size, w.Broken)})
		}
	}
}

func (w *walk) stopsAt(size eventstore.Position) bool {
	return slices.ContainsFunc(w.Options.Heads, func(h Head) bool { return h.Size == size })
}

func (w *walk) compareHeads() {
	for _, h := range w.Options.Heads {
		if h.Size != w.Tree.Size {
			continue
		}
		w.State.Heads = append(w.State.Heads, h)
		if h.Root != w.Tree.Root() {
			w.Add(Finding{Code: "head.inconsistent", Place: h.Name, Position: 1, Last: h.Size, Text: fmt.Sprintf("账本的历史与检查点不一致：检查点到 %d 时的根是 %s，账本到 %d 时的根是 %s：历史被改写过", h.Size, h.Root, h.Size, w.Tree.Root())})
		}
	}
}

// follow checks a record against those before it.
func (w *walk) follow(s *seen) {
	if s.unread {
		w.Command = 0
		return
	}
	at := func(code, place, format string, args ...any) {
		w.Add(Finding{Code: code, Position: s.position, Stream: s.stream, Revision: s.revision, Place: place, Text: fmt.Sprintf(format, args...)})
	}
	if s.at.Before(w.At) {
		at("time.backwards", "", "记录时间 %s 早于前一件的 %s", s.at.Format(time.RFC3339Nano), w.At.Format(time.RFC3339Nano))
	}
	stream := w.stream(s, at)
	if s.revision != stream.Revision+1 {
		at("revision.gap", "", "前一件的版次是 %d", stream.Revision)
	}
	stream.Revision = s.revision
	if first := s.command != 0 && s.command != w.Command; w.indexed != nil && first != s.taken {
		at("column.differs", "ledger_events.command", "%s", map[bool]string{true: "这是其命令的第一件，列里却没有记", false: "这不是其命令的第一件，列里却记了"}[first])
	}
	if w.indexed == nil && s.id != 0 {
		if w.ids[s.id] {
			at("id.repeated", "", "编号用过了")
		}
		w.ids[s.id] = true
	}
	w.At, w.Command = s.at, s.command
}

// stream returns the stream of a record by its envelope, and says where the row
// names another.
func (w *walk) stream(s *seen, at func(code, place, format string, args ...any)) *Stream {
	streams := &w.State.Streams
	if w.indexed == nil {
		i, known := w.byName[s.name]
		if !known {
			i = len(*streams)
			w.byName[s.name], *streams = i, append(*streams, Stream{Name: s.name})
		}
		return &(*streams)[i]
	}
	next := int64(len(*streams)) + 1
	if 1 <= s.number && s.number < next && (*streams)[s.number-1].Name == s.name {
		return &(*streams)[s.number-1]
	}
	if s.number == next && s.revision == 1 {
		*streams = append(*streams, Stream{Name: s.name})
		return &(*streams)[s.number-1]
	}
	i := slices.IndexFunc(*streams, func(o Stream) bool { return o.Name == s.name })
	if i < 0 {
		i = len(*streams)
		*streams = append(*streams, Stream{Name: s.name})
	}
	at("column.differs", "ledger_events.stream", "列里的流号是 %d，按信封应是 %d", s.number, i+1)
	return &(*streams)[i]
}
