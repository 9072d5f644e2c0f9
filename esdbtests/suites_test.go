// Package esdbtests runs the official clients of EventStoreDB and KurrentDB, and
// their own tests, unmodified, against the gate.
package esdbtests

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"wenxiao/api/esdbgate"
)

// A suite is the tests of a module as its authors publish them.
type suite struct {
	module string
	sum    string // of the module, as go.sum would have it
	pkg    string // within the module
	env    []string
	skip   map[string]string // test to the reason why it cannot run here
	least  int               // tests that must pass, so that none is lost unseen
}

var eventStore = suite{
	module: "github.com/EventStore/EventStore-Client-Go/v4@v4.2.0",
	sum:    "h1:RXKiJ6pGQsWrhZ1BfKwPc1vKh8EOwNSQOXh11whk0Pw=",
	pkg:    "./esdb",
	env:    []string{"CLUSTER=true", "EVENTSTORE_INSECURE=false"},
	skip: map[string]string{
		"TestProjections":  "projections are JavaScript run by the server, which the gate is not",
		"TestPlugins":      "user certificates are a plug-in of the server under another licence",
		"TestExpectations": "reads a data set that comes with the vendor's container image",
	},
	least: 77,
}

var kurrent = suite{
	module: "github.com/kurrent-io/KurrentDB-Client-Go@v1.1.2",
	sum:    "h1:Pua/rb8eMbmb4lS3uhf42b6StAVJouA9GD6U611EiM8=",
	pkg:    "./test",
	skip: map[string]string{
		"TestProjectionSuite": "projections are JavaScript run by the server, which the gate is not",
		"TestClusterSuite/TestReadStreamAfterClusterRebalanced": "shuts a node down over HTTP and waits for an election; the gate's nodes do not elect",
		"TestStreams":                 "runs the other suites a second time",
		"TestPersistentSubscriptions": "runs the other suites a second time",
		"TestMisc":                    "runs the other suites a second time",
	},
	least: 105,
}

func TestEventStoreClientSuite(t *testing.T) {
	eventStore.run(t, func(t *testing.T, _ string) {
		cluster(t, founded(t), leaf(t, ""))
		seed(t, "esdb://admin:changeit@localhost:2111?tlsverifycert=false", 0)
	})
}

func TestKurrentClientSuite(t *testing.T) {
	kurrent.run(t, func(t *testing.T, dir string) {
		certificate := leaf(t, filepath.Join(dir, "certs", "ca"))
		cluster(t, founded(t), certificate)
		serve(t, founded(t), 2114, nil, esdbgate.Options{})
		serve(t, founded(t), 2115, certificate, esdbgate.Options{})
		seed(t, "esdb://admin:changeit@localhost:2111?tlsverifycert=false", 0)
		seed(t, "esdb://localhost:2114?tls=false", 10)
		seed(t, "esdb://admin:changeit@localhost:2115?tlsverifycert=false", 0)
	})
}

// fetch has a copy of the module from the module cache.
func (s suite) fetch(t *testing.T) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "mod", "download", "-json", s.module)
	cmd.Dir = t.TempDir()
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s", s.module, err, out)
	}
	var module struct{ Dir, Sum string }
	if err := json.Unmarshal(out, &module); err != nil {
		t.Fatal(err)
	}
	if module.Sum != s.sum {
		t.Fatalf("%s has the sum %s, not %s", s.module, module.Sum, s.sum)
	}
	dir := filepath.Join(t.TempDir(), "module")
	if err := os.CopyFS(dir, os.DirFS(module.Dir)); err != nil {
		t.Fatal(err)
	}
	return dir
}

// run runs the suite against what prepare serves, and once more, all of it and
// against servers without a past, when a test fails: some of them wait only so
// long, and a machine may have much else to do.
func (s suite) run(t *testing.T, prepare func(t *testing.T, dir string)) {
	t.Helper()
	dir := s.fetch(t)
	var passed []string
	var failed map[string]string
	attempt := func(t *testing.T) {
		prepare(t, dir)
		passed, failed = s.once(t, dir)
	}
	t.Run("suite", attempt)
	if len(failed) > 0 {
		for name, output := range failed {
			t.Logf("all is tried again because of %s\n%s", name, output)
		}
		t.Run("suite again", attempt)
	}
	for name, reason := range s.skip {
		t.Logf("not run: %s: %s", name, reason)
	}
	for name, output := range failed {
		t.Errorf("%s\n%s", name, output)
	}
	if len(passed) < s.least {
		t.Errorf("%d tests passed, at least %d must", len(passed), s.least)
	}
}

// once runs the suite in its own process and module.
func (s suite) once(t *testing.T, dir string) (passed []string, failed map[string]string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "test", "-mod=mod", "-json", "-count=1", "-timeout=10m", "-skip="+s.skipped(), s.pkg)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), s.env...)
	said := new(bytes.Buffer)
	cmd.Stderr = said
	out, err := cmd.Output()
	passed, failed, skipped := results(t, out)
	t.Logf("%s: %d passed, %d failed, %d skipped by themselves %v", s.module, len(passed), len(failed), len(skipped), skipped)
	if err != nil && len(failed) == 0 {
		failed[s.pkg] = fmt.Sprintf("%v\n%s\n%s", err, tail(out), said.Bytes())
	}
	return passed, failed
}

func (s suite) skipped() string {
	var names []string
	for name := range s.skip {
		parts := strings.Split(name, "/")
		for i, p := range parts {
			parts[i] = "^" + p + "$"
		}
		names = append(names, strings.Join(parts, "/"))
	}
	slices.Sort(names)
	return strings.Join(names, "|")
}

// results reads what go test -json printed: the tests without tests of their
// own.
func results(t *testing.T, out []byte) (passed []string, failed map[string]string, skipped []string) {
	t.Helper()
	ended, output, parents := map[string]string{}, map[string]string{}, map[string]bool{}
	lines := bufio.NewScanner(bytes.NewReader(out))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var line struct{ Action, Test, Output string }
		if json.Unmarshal(lines.Bytes(), &line) != nil || line.Test == "" {
			continue
		}
		for i := range line.Test {
			if line.Test[i] == '/' {
				parents[line.Test[:i]] = true
			}
		}
		switch line.Action {
		case "pass", "fail", "skip":
			ended[line.Test] = line.Action
		case "output":
			output[line.Test] += line.Output
		}
	}
	failed = map[string]string{}
	for name, how := range ended {
		switch {
		case how == "fail":
			failed[name] = output[name]
		case parents[name]:
		case how == "pass":
			passed = append(passed, name)
		default:
			skipped = append(skipped, name)
		}
	}
	slices.Sort(skipped)
	return passed, failed, skipped
}

func tail(out []byte) string {
	const most = 4000
	return string(out[max(0, len(out)-most):])
}
