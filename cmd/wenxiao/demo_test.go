package main

import (
	"os"
	"strings"
	"testing"
)

// Nothing of a demonstration is left in the folder one happens to be in.
func TestWhereADemonstrationIsKept(t *testing.T) {
	for _, c := range []struct {
		url, home string
		inTemp    bool // what is beside the ledger
		stays     bool
	}{
		{"", "", true, false},
		{"sqlite:x/l.db", "", false, true},
		{"postgres://localhost/x", "", true, true},
		{"postgres://localhost/x", "/srv/home", false, true},
	} {
		t.Setenv("TMPDIR", t.TempDir())
		p, remove, err := demoPlace(c.url, c.home)
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.HasPrefix(p.home, os.TempDir()); got != c.inTemp || c.home != "" && p.home != c.home {
			t.Errorf("%+v: at home in %q", c, p.home)
		}
		remove()
		if _, err := os.Stat(p.home); c.inTemp && (err == nil) != c.stays {
			t.Errorf("%+v: afterwards %v", c, err)
		}
	}
}
