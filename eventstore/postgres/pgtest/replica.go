//go:build unix

package pgtest

import (
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
)

// A Pair is a server of its own with a streaming replica of it.
type Pair struct {
	Primary, Replica string // addresses
}

// NewPair starts a server and a replica that streams from it; both end with the
// test.
func NewPair(t testing.TB) Pair {
	t.Helper()
	bin, err := binaries()
	if err != nil {
		t.Fatal(err)
	}
	first, second := folder(t), folder(t)
	attributes, err := initialise(bin, first)
	if err != nil {
		t.Fatal(err)
	}
	p := Pair{Primary: serve(t, attributes, bin, first)}
	if attributes.Credential != nil {
		if err := os.Chown(second, int(attributes.Credential.Uid), int(attributes.Credential.Gid)); err != nil {
			t.Fatal(err)
		}
	}
	backup := exec.CommandContext(t.Context(), filepath.Join(bin, "pg_basebackup"), "-h", first, "-U", "postgres", "-D", filepath.Join(second, "data"), "-R", "-X", "stream", "-c", "fast", "--no-sync")
	backup.SysProcAttr, backup.Dir = attributes, second
	if out, err := backup.CombinedOutput(); err != nil {
		t.Fatalf("pg_basebackup: %v\n%s", err, out)
	}
	p.Replica = serve(t, attributes, bin, second)
	return p
}

// folder is where a server lies: a socket's path must be short.
func folder(t testing.TB) string {
	dir, err := os.MkdirTemp("", "wenxiao-pg-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// serve runs a server on the data in dir until the test ends.
func serve(t testing.TB, attributes *syscall.SysProcAttr, bin, dir string) string {
	t.Helper()
	watch := exec.Command("/bin/sh", "-c", guard, "sh", bin, dir)
	watch.SysProcAttr, watch.Dir = attributes, dir
	stdin, err := watch.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := watch.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = stdin.Close(); _ = watch.Wait() })
	at := url.URL{Scheme: "postgres", Path: "/postgres", RawQuery: url.Values{"host": {dir}, "user": {"postgres"}}.Encode()}
	if err := ready(at.String(), dir); err != nil {
		t.Fatal(err)
	}
	return at.String()
}

// Stall has the replica keep what it receives to itself, until the function it
// returns is called.
func (p Pair) Stall(t testing.TB) (resume func()) {
	t.Helper()
	run(t, p.Replica, "select pg_wal_replay_pause()")
	return func() { run(t, p.Replica, "select pg_wal_replay_resume()") }
}
