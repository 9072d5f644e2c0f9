package esdbgate

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"wenxiao/domain"
)

// park puts a message aside. It is done with once that is written.
func (g *group) park(m *message, reason string) {
	at := m.original()
	meta, _ := json.Marshal(map[string]string{"reason": reason, "added": g.groups.gate.options.Now().UTC().Format(time.RFC3339Nano)})
	link := jsonEvent(linkType, meta, fmt.Appendf(nil, "%d@%s", at.revision, at.stream))
	stream := g.settings.stream("parked")
	g.groups.running.Go(func() {
		_, err := g.groups.write(g.groups.ctx, domain.Actor{}, stream, link)
		g.mu.Lock()
		defer g.mu.Unlock()
		if err != nil { // not lost: it is tried again
			g.groups.gate.log.Error("park", "stream", stream, "err", err)
			g.retries = append(g.retries, m)
		} else {
			g.parked++
			g.finish(m)
		}
		g.share()
	})
}

// replay hands out parked events again, those parked first, at most so many.
func (g *group) replay(ctx context.Context, most int64) error {
	g.replaying.Lock() // two at once would hand the same ones out twice
	defer g.replaying.Unlock()
	h := g.groups.gate.history
	g.mu.Lock()
	from, stream, links := g.replayed, g.settings.stream("parked"), g.settings.Links
	g.mu.Unlock()
	var found []*message
	next := from
	for e, err := range h.stream(ctx, stream, from) {
		if err != nil {
			return err
		}
		if most >= 0 && int64(len(found)) >= most {
			break
		}
		next = e.revision + 1
		r, err := h.resolve(ctx, e)
		if err != nil {
			return err
		}
		if r.event == nil { // what was deleted meanwhile is not replayed
			continue
		}
		again := resolved{event: r.event}
		if links {
			if again, err = h.resolve(ctx, *r.event); err != nil {
				return err
			}
		}
		found = append(found, &message{resolved: again, at: next, replay: true})
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.replayed, g.parked = next, max(0, g.parked-int64(next-from))
	g.retries, g.replays = append(g.retries, found...), append(g.replays, found...)
	g.share()
	return nil
}
