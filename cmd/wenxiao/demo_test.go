package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
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

// TestADemonstrationKeepsToItsOwn: it adds nothing to a ledger on which somebody
// has acted in earnest, and says on every page what it is, whoever serves it.
func TestADemonstrationKeepsToItsOwn(t *testing.T) {
	earnest := "sqlite:" + filepath.Join(t.TempDir(), "earnest.db")
	if out, code := do(t, "import", table(t), "--db", earnest); code != 0 {
		t.Fatal(out)
	}
	before, _ := do(t, "log", "--db", earnest)
	if out, code := do(t, "demo", "--load-only", "--db", earnest); code == 0 || !strings.Contains(out, "demo.not-its-ledger") {
		t.Errorf("%d %s", code, out)
	}
	if after, _ := do(t, "log", "--db", earnest); after != before {
		t.Errorf("something was added:\n%s", after)
	}
	own := "sqlite:" + filepath.Join(t.TempDir(), "own.db")
	for range 2 { // once more adds nothing
		if out, code := do(t, "demo", "--load-only", "--db", own); code != 0 {
			t.Fatal(out)
		}
	}
	for url, is := range map[string]bool{earnest: false, own: true} {
		site, err := openSite(t.Context(), place{url: url}, time.Now, t.Output())
		if err != nil {
			t.Fatal(err)
		}
		if site.server.Invented != is || site.server.Demo {
			t.Errorf("%s: invented %v, demo %v", url, site.server.Invented, site.server.Demo)
		}
		if err := site.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// TestHelpTellsNoPassword: what stands in the environment is not shown.
func TestHelpTellsNoPassword(t *testing.T) {
	t.Setenv("WENXIAO_DB", "postgres://u:geheim@127.0.0.1:1/x")
	t.Setenv("WENXIAO_VIEWS", "postgres://u:geheim@127.0.0.1:1/y")
	for _, command := range []string{"serve", "verify", "import", "doctor"} {
		if out, _ := do(t, command, "--help"); strings.Contains(out, "geheim") || !strings.Contains(out, "WENXIAO_DB") {
			t.Error(out)
		}
	}
}
