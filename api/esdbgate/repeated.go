package esdbgate

import (
	"context"
)

// repeated looks for events in the stream where expected says they were to be
// written.
func (w *writing) repeated(ctx context.Context, stream string, t *ending, expected expectation, events []proposed) (outcome, bool, error) {
	if len(events) == 0 || t.deleted() {
		return outcome{}, false, nil
	}
	if expected == anything || expected == exists {
		for i, m := range t.marks {
			if m.id == events[0].id {
				found, ok := same(t.marks[i:], events)
				return outcome{t.last - int64(len(t.marks)-1-i) + int64(len(events)) - 1, found.position}, ok, nil
			}
		}
		return outcome{}, false, nil
	}
	first := int64(expected) + 1
	if first > t.last || first < 0 {
		return outcome{}, false, nil
	}
	marks, err := w.marks(ctx, stream, t, first, len(events))
	if err != nil {
		return outcome{}, false, err
	}
	found, ok := same(marks, events)
	return outcome{first + int64(len(events)) - 1, found.position}, ok, nil
}

// marks returns what stands in a stream from a revision on.
func (w *writing) marks(ctx context.Context, stream string, t *ending, first int64, n int) (marks []mark, err error) {
	if from := int64(len(t.marks)) - (t.last + 1 - first); from >= 0 {
		return t.marks[from:], nil
	}
	for e, err := range w.history.stream(ctx, stream, uint64(first)) {
		if err != nil {
			return nil, err
		}
		if marks = append(marks, mark{e.id, e.position}); len(marks) == n {
			break
		}
	}
	return marks, nil
}

// same returns the last mark of events if marks begin with them.
func same(marks []mark, events []proposed) (mark, bool) {
	if len(marks) < len(events) {
		return mark{}, false
	}
	for i, p := range events {
		if marks[i].id != p.id {
			return mark{}, false
		}
	}
	return marks[len(events)-1], true
}
