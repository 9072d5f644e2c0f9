package deadline

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"time"
)

// A tally counts and times what was asked and answered.
type tally struct {
	mu        sync.Mutex
	times     map[string][]time.Duration // of answers that are no errors
	requests  int
	conflicts int // 412: somebody else was first; sent again
	unsigned  int // receipts asked for before there was one
	errors    int
	samples   []string // of errors, the first few
}

func newTally() *tally { return &tally{times: map[string][]time.Duration{}} }

// note takes an answer. Everything but a page, a redirection and a conflict is
// an error, whoever is to blame.
func (t *tally) note(kind, what string, took time.Duration, status int, page []byte, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.requests++
	switch {
	case err != nil:
		t.failed(kind, what, err.Error(), nil)
	case unsigned(kind, status, page):
		t.unsigned++
	case status == http.StatusPreconditionFailed:
		t.conflicts++
		t.times[kind] = append(t.times[kind], took)
	case status == http.StatusOK || status == http.StatusSeeOther:
		t.times[kind] = append(t.times[kind], took)
	default:
		t.failed(kind, what, fmt.Sprint(status), page)
	}
}

func (t *tally) fail(kind, what, why string, page []byte) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.failed(kind, what, why, page)
}

var tags = regexp.MustCompile(`(?s)<(script|style|svg|header|nav).*?</(script|style|svg|header|nav)>|<[^>]*>|\s+`)

func (t *tally) failed(kind, what, why string, page []byte) {
	t.errors++
	if len(t.samples) < 5 {
		shown := strings.Join(strings.Fields(tags.ReplaceAllString(string(page), " ")), " ")
		t.samples = append(t.samples, fmt.Sprintf("%s: %s: %s %.400s", kind, what, why, shown))
	}
}

func (t *tally) took(kind string, took time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.times[kind] = append(t.times[kind], took)
}
