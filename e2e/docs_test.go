package e2e_test

import (
	"strings"
	"testing"

	"wenxiao/e2e/browser"
)

// TestDocs opens the documentation of the API, which must not need the internet.
func TestDocs(t *testing.T) {
	p := open(t, browser.Desk)
	p.Complaints()
	visit(t, p, "/docs")
	do(t, p, waitFor("/api/v1/"))
	for _, said := range p.Complaints() {
		t.Errorf("the browser complains: %s", said)
	}
	var version string
	ask(t, p, `fetch('/openapi.json').then(r => r.json()).then(d => d.openapi)`, &version)
	if !strings.HasPrefix(version, "3.1") {
		t.Errorf("described in OpenAPI %q", version)
	}
}
