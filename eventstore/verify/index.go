package verify

import (
	"context"
	"fmt"
	"math"
	"sync"

	"wenxiao/eventstore"
)

// indexes holds the names of the streams, the schema and every index against
// what the rows gave. An index whose keys ascend strictly has no key twice; so
// do its rows, if they are the same rows: that is how ids and commands are known
// to be unique.
func (w *walk) indexes(ctx context.Context) error {
	odd, err := w.indexed.CheckSchema(ctx)
	if err != nil {
		return err
	}
	for _, name := range odd {
		w.Add(Finding{Code: "schema.differs", Place: name, Text: "账本数据库的表、索引或触发器与本程序所建的不符"})
	}
	names, found, err := w.names(ctx)
	if err != nil {
		return err
	}
	w.Add(found...)
	parts := []struct {
		index eventstore.Index
		sum   uint64
		found []Finding
		err   error
	}{
		{index: eventstore.ByStream, sum: w.Sums.Stream}, {index: eventstore.ByID, sum: w.Sums.ID},
		{index: eventstore.ByCommand, sum: w.Sums.Command}, {index: eventstore.ByName, sum: names},
	}
	free := make(chan struct{}, w.Readers)
	var all sync.WaitGroup
	for i := range parts {
		all.Go(func() {
			free <- struct{}{}
			defer func() { <-free }()
			p := &parts[i]
			p.found, p.err = w.index(ctx, p.index, p.sum)
		})
	}
	all.Wait()
	for _, p := range parts {
		if p.err != nil {
			return p.err
		}
		w.Add(p.found...)
	}
	return nil
}

// names reads the table of streams: numbers without gap, names as the envelopes
// have them, and none besides.
func (w *walk) names(ctx context.Context) (sum uint64, found []Finding, err error) {
	next := int64(1)
	streams := w.State.Streams
	for n, err := range w.indexed.ReadNamed(ctx) {
		if fault, is := met(err); is {
			found = append(found, Finding{Code: "file.damaged", Place: fault.Place, Text: fault.Why})
			continue
		}
		if err != nil {
			return 0, found, err
		}
		if n.Number <= int64(len(streams)) {
			sum += w.Key.of([]byte(n.Name), n.Number)
		}
		for ; next < n.Number && next <= int64(len(streams)); next++ {
			found = append(found, Finding{Code: "stream.missing", Place: "ledger_streams.number", Text: fmt.Sprintf("没有第 %d 条流的名称", next)})
		}
		switch {
		case n.Number < next:
			found = append(found, Finding{Code: "stream.stray", Place: "ledger_streams.number", Text: fmt.Sprintf("流号 %d 不在编号之内", n.Number)})
			continue
		case n.Number > int64(len(streams)):
			stray, err := w.begunLater(ctx, n)
			if err != nil {
				return 0, found, err
			}
			if stray {
				found = append(found, Finding{Code: "stream.stray", Place: "ledger_streams.number", Text: fmt.Sprintf("第 %d 条流 %q 没有记录", n.Number, n.Name)})
			}
		case streams[n.Number-1].Name != w.Key.of([]byte(n.Name), 0):
			found = append(found, Finding{Code: "stream.name", Place: "ledger_streams.name", Text: fmt.Sprintf("第 %d 条流名为 %q，其记录的信封里是另一个名称", n.Number, n.Name)})
		}
		next = max(next, n.Number+1)
	}
	for ; next <= int64(len(streams)); next++ {
		found = append(found, Finding{Code: "stream.missing", Place: "ledger_streams.number", Text: fmt.Sprintf("没有第 %d 条流的名称", next)})
	}
	return sum, found, nil
}

// begunLater reports whether a stream that no record was of when reading began
// has none now, either.
func (w *walk) begunLater(ctx context.Context, n eventstore.Named) (stray bool, err error) {
	for r, err := range w.store.ReadStream(ctx, n.Name, 0) {
		return err == nil && (r.Stream != n.Name || r.Position <= w.kept.Size), err
	}
	return true, nil
}

// index compares an index with the sum of the rows, and looks for the places
// only where they differ.
func (w *walk) index(ctx context.Context, index eventstore.Index, want uint64) (found []Finding, err error) {
	var sum uint64
	upTo, beyond := w.upTo(index), int64(0)
	for e, err := range w.indexed.ReadIndex(ctx, index) {
		if fault, is := met(err); is {
			if len(found) < most {
				found = append(found, Finding{Code: "index.damaged", Place: fault.Place, Text: fault.Why})
			}
			continue
		}
		if err != nil {
			return found, err
		}
		if e.Row <= upTo {
			sum += w.Key.of(e.Key, e.Row)
		}
		beyond = max(beyond, e.Row)
	}
	head, err := w.store.Head(ctx) // records may have come meanwhile
	if err == nil && index != eventstore.ByName && beyond > int64(max(head, w.kept.Size)) {
		found = append(found, Finding{Code: "index.differs", Place: "索引 " + string(index), Text: fmt.Sprintf("索引指到位置 %d，账本没有", beyond)})
	}
	if sum == want || err != nil {
		return found, err
	}
	found = append(found, Finding{Code: "index.differs", Place: "索引 " + string(index), Text: "索引与表不是同一批行；用 REINDEX 可由表重建"})
	places, err := w.indexPlaces(ctx, index)
	return append(found, places...), err
}

// upTo is the last row that was there when reading began: further ones may have
// come between reading a table and reading its index.
func (w *walk) upTo(index eventstore.Index) int64 {
	if index == eventstore.ByName {
		return int64(len(w.State.Streams))
	}
	return int64(w.kept.Size)
}

// indexPlaces names the rows that an index lacks, has twice or has under another
// key.
func (w *walk) indexPlaces(ctx context.Context, index eventstore.Index) (found []Finding, err error) {
	rows := map[int64]uint64{} // only those that are left
	note := func(row int64, key []byte, sign uint64) {
		if row > w.upTo(index) {
			return
		}
		if rows[row] += sign * w.Key.of(key, row); rows[row] == 0 {
			delete(rows, row)
		}
	}
	var buffer [16]byte
	if index == eventstore.ByName {
		for n, err := range w.indexed.ReadNamed(ctx) {
			if err == nil {
				note(n.Number, []byte(n.Name), 1)
			}
		}
	} else {
		for k, err := range w.indexed.ReadKept(ctx, math.MinInt64, int64(w.kept.Size)) {
			switch {
			case err != nil:
			case index == eventstore.ByStream:
				note(k.Position, eventstore.AppendKey(buffer[:0], k.Stream, k.Revision), 1)
			case index == eventstore.ByID:
				note(k.Position, k.ID[:], 1)
			case k.Command != nil:
				note(k.Position, k.Command, 1)
			}
		}
	}
	for e, err := range w.indexed.ReadIndex(ctx, index) {
		if err == nil {
			note(e.Row, e.Key, math.MaxUint64)
		}
	}
	for row := range rows {
		if len(found) == 20 {
			break
		}
		f := Finding{Code: "index.differs", Place: "索引 " + string(index), Position: eventstore.Position(max(row, 0)), Text: "此行在索引里缺失、多出或键不同"}
		if index == eventstore.ByName {
			f.Position, f.Text = 0, fmt.Sprintf("流号 %d 在索引里缺失、多出或名称不同", row)
		}
		found = append(found, f)
	}
	return found, ctx.Err()
}
