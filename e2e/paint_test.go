package e2e_test

import (
	"testing"
	"time"

	"wenxiao/e2e/browser"
)

// TestFirstPaint measures how long each kind of page takes to show something on
// a processor six times slower than this one, as the median of three visits. It
// fails only where nothing is ever shown: what a busy machine measures is no
// verdict. See the numbers with  make paint.
func TestFirstPaint(t *testing.T) {
	p := open(t, browser.Window{Width: 1280, Height: 800, Slowdown: 6})
	for _, address := range pages(t).one() {
		ms := medianPaint(t, p, address)
		if ms <= 0 {
			t.Errorf("%s never painted", address)
		}
		t.Logf("%5.0f ms  %s", ms, address)
	}
}

func medianPaint(t *testing.T, p *browser.Page, address string) float64 {
	t.Helper()
	var paints [3]float64
	for i := range paints {
		visit(t, p, address)
		for end := time.Now().Add(time.Minute); paints[i] <= 0 && time.Now().Before(end); {
			seen, err := p.Look()
			if err != nil {
				t.Fatal(err)
			}
			paints[i] = seen.FirstPaint
		}
	}
	return max(min(paints[0], paints[1]), min(max(paints[0], paints[1]), paints[2]))
}
