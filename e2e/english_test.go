package e2e_test

import (
	"strings"
	"testing"

	"wenxiao/e2e/browser"
)

// TestInEnglish reads one page of each kind in English: it must still fit.
func TestInEnglish(t *testing.T) {
	p := open(t, browser.Desk)
	for _, address := range pages(t).one() {
		t.Run(address, func(t *testing.T) {
			mark := "?"
			if strings.Contains(address, "?") {
				mark = "&"
			}
			visit(t, p, address+mark+"lang=en")
			seen, err := p.Look()
			if err != nil {
				t.Fatal(err)
			}
			if seen.Language != "en" {
				t.Errorf("language %q", seen.Language)
			}
			if seen.Overflow > 0 {
				t.Errorf("%d px wider than the window: %q", seen.Overflow, seen.TooWide)
			}
		})
	}
}
