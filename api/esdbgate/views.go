package esdbgate

import (
	"context"
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"time"
)

// A view is what may be read of a stream.
type view struct {
	last      int64 // revision of the last event, -1 before the first
	first     uint64
	notBefore time.Time
	deleted   bool // softly: it is as if it had never been
}

func (v view) missing() bool { return v.last < 0 || v.deleted }

func (v view) shows(e event) bool { return e.revision >= v.first && !e.created.Before(v.notBefore) }

// view returns what may be read of a stream now, or [deletedError] for good.
func (h *history) view(ctx context.Context, name string) (view, error) {
	t, release, err := h.end(ctx, name)
	if err != nil {
		return view{}, err
	}
	v, kind := view{last: t.last}, t.kind
	release()
	if !h.kept || v.last < 0 {
		return v, nil
	}
	if kind == tombstone {
		return v, deletedError(name)
	}
	m, err := h.metadata(ctx, name)
	if err != nil {
		return v, err
	}
	return m.view(v, h.now()), nil
}

// Metadata is what the last event of a stream's metadata stream says, as far as
// it changes what is read. Access lists are kept and not enforced.
type streamMetadata struct {
	MaxAge         *int64 `json:"$maxAge"` // seconds
	MaxCount       *int64 `json:"$maxCount"`
	TruncateBefore *int64 `json:"$tb"`
}

func (h *history) metadata(ctx context.Context, name string) (m streamMetadata, err error) {
	if strings.HasPrefix(name, metadataOf) { // of metadata only the last counts
		one := int64(1)
		return streamMetadata{MaxCount: &one}, nil
	}
	t, release, err := h.end(ctx, metadataOf+name)
	if err != nil {
		return m, err
	}
	defer release()
	if json.Unmarshal(t.data, &m) != nil { // what a client wrote there is its own affair
		return streamMetadata{}, nil
	}
	return m, nil
}

func (m streamMetadata) view(v view, now time.Time) view {
	if m.TruncateBefore != nil && *m.TruncateBefore > 0 {
		v.first = uint64(*m.TruncateBefore)
		v.deleted = *m.TruncateBefore > v.last
	}
	if m.MaxCount != nil && *m.MaxCount > 0 && v.last+1 > *m.MaxCount {
		v.first = max(v.first, uint64(v.last+1-*m.MaxCount))
	}
	if m.MaxAge != nil && *m.MaxAge > 0 && *m.MaxAge < math.MaxInt64/int64(time.Second) {
		v.notBefore = now.Add(-time.Duration(*m.MaxAge) * time.Second)
	}
	return v
}

// resolve follows a link to its event. What was truncated, deleted or never
// there is not found.
func (h *history) resolve(ctx context.Context, e event) (resolved, error) {
	if e.kind != linkType {
		return resolved{event: &e}, nil
	}
	number, name, ok := strings.Cut(string(e.data), "@")
	revision, err := strconv.ParseUint(number, 10, 63)
	if !ok || err != nil {
		return resolved{link: &e}, nil
	}
	v, err := h.view(ctx, name)
	if err != nil {
		if isDeleted(err) {
			return resolved{link: &e}, nil
		}
		return resolved{}, err
	}
	for target, err := range h.stream(ctx, name, revision) {
		if err != nil {
			return resolved{}, err
		}
		if target.revision == revision && v.shows(target) && !v.deleted {
			return resolved{event: &target, link: &e}, nil
		}
		break
	}
	return resolved{link: &e}, nil
}
