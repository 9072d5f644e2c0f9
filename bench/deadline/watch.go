package deadline

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"time"
)

// Tables is how far the tables for reading were behind the ledger, in records,
// sampled ten times a second on every server.
type Tables struct {
	Median, P99, Most int
	Fastest           float64 // records a second that the ledger took in its busiest second
}

type health struct {
	Status   string `json:"status"`
	Position int    `json:"position"`
	Behind   int    `json:"behind"`
}

func (s *Server) health(ctx context.Context) (h health, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.address+"/healthz", nil)
	if err != nil {
		return h, err
	}
	response, err := connections.RoundTrip(request)
	if err != nil {
		return h, err
	}
	defer response.Body.Close()
	return h, json.NewDecoder(response.Body).Decode(&h)
}

// head is where the ledger ends.
func (p *play) head(ctx context.Context) (int, error) {
	h, err := p.servers[0].health(ctx)
	return h.Position, err
}

// watch samples until the returned function is called.
func (p *play) watch(ctx context.Context) func() Tables {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan Tables)
	go func() {
		var behind []int
		var heads []int
		for tick := time.NewTicker(100 * time.Millisecond); ; {
			select {
			case <-tick.C:
			case <-ctx.Done():
				tick.Stop()
				done <- summed(behind, heads)
				return
			}
			for i, s := range p.servers {
				h, err := s.health(ctx)
				if err != nil {
					continue // a server that is gone shows in everybody's requests
				}
				behind = append(behind, h.Behind)
				if i == 0 {
					heads = append(heads, h.Position)
				}
			}
		}
	}()
	return func() Tables { cancel(); return <-done }
}

func summed(behind, heads []int) (t Tables) {
	if len(behind) == 0 {
		return t
	}
	slices.Sort(behind)
	t.Median, t.P99, t.Most = behind[len(behind)/2], behind[len(behind)*99/100], behind[len(behind)-1]
	for i := 10; i < len(heads); i++ {
		t.Fastest = max(t.Fastest, float64(heads[i]-heads[i-10]))
	}
	return t
}
