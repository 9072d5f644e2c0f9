package esdbtests

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"wenxiao/api/esdbgate"
)

// TestNodeClients has both clients for Node do the same round of twelve steps,
// plainly and over TLS.
func TestNodeClients(t *testing.T) {
	dir := packages(t)
	certificate := leaf(t, "")
	serve(t, founded(t), 2114, nil, esdbgate.Options{})
	serve(t, founded(t), 2115, certificate, esdbgate.Options{})
	plain := "localhost:2114?tls=false"
	secure := "admin:changeit@localhost:2115?tls=true&tlsCAFile=" + authorityFile(t, certificate)
	for _, c := range []struct{ scheme, module, client string }{
		{"esdb", "@eventstore/db-client", "EventStoreDBClient"},
		{"kurrentdb", "@kurrent/kurrentdb-client", "KurrentDBClient"},
	} {
		for name, address := range map[string]string{"plain": plain, "secure": secure} {
			t.Run(c.client+" "+name, func(t *testing.T) {
				out, err := round(t, dir, c.module, c.client, c.scheme+"://"+address)
				if err != nil { // as the suites are: see [suite.run]
					t.Logf("all is tried again because of %v\n%s", err, out)
					out, err = round(t, dir, c.module, c.client, c.scheme+"://"+address)
				}
				t.Logf("%s", out)
				if n := strings.Count("\n"+out, "\nok "); err != nil || n != 12 {
					t.Errorf("%d of 12 steps: %v", n, err)
				}
			})
		}
	}
}

// round does the twelve steps on streams of its own.
func round(t *testing.T, dir string, args ...string) (string, error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "node", append([]string{"round.js"}, args...)...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// packages installs the clients as the lock file has them.
func packages(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{"package.json", "package-lock.json", "round.js"} {
		content, err := os.ReadFile(filepath.Join("node", name))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.CommandContext(t.Context(), "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=5")
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("npm ci: %v\n%s", err, out)
	}
	return dir
}
