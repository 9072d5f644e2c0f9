package e2e_test

import (
	"testing"

	"wenxiao/e2e/browser"
)

// TestSignIn reads the page that a visitor comes to first.
func TestSignIn(t *testing.T) {
	for _, w := range ways {
		t.Run(w.name, func(t *testing.T) {
			p, err := chrome.Open(w.window)
			if err != nil {
				t.Fatal(err)
			}
			defer p.Close()
			read(t, p, w, "/sign-in")
		})
	}
}

// TestEveryRole signs in as each role on offer and opens every section that the
// role is shown.
func TestEveryRole(t *testing.T) {
	for _, role := range roles(t) {
		t.Run(role, func(t *testing.T) {
			p, err := openAs(browser.Desk, role)
			if err != nil {
				t.Fatal(err)
			}
			defer p.Close()
			visit(t, p, "/")
			var sections []string
			if err := p.Ask(`[...document.querySelectorAll('.site-nav a')].map(a => a.pathname + a.search)`, &sections); err != nil {
				t.Fatal(err)
			}
			if len(sections) == 0 {
				t.Error("no section is open to the role")
			}
			for _, address := range sections {
				t.Run(address, func(t *testing.T) { read(t, p, way{}, address) })
			}
		})
	}
}

// roles returns the text of each role's button, up to what tells it apart.
func roles(t *testing.T) (names []string) {
	t.Helper()
	p, err := chrome.Open(browser.Desk)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	visit(t, p, "/sign-in")
	if err := p.Ask(`[...document.querySelectorAll('main button[name=as]')].map(b => b.children[1].textContent)`, &names); err != nil {
		t.Fatal(err)
	}
	if len(names) < 4 {
		t.Fatalf("only the roles %q are on offer", names)
	}
	return names
}
