// Package e2e_test runs the demonstration as a newcomer would and reads its
// pages in a browser.
package e2e_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"wenxiao/e2e/browser"
)

// The demonstration under test and the browser that reads it, both started
// once: loading the demonstration takes longer than reading a page.
var (
	site   string // http://127.0.0.1:…
	chrome *browser.Browser
)

func TestMain(m *testing.M) {
	status, err := withDemo(m.Run)
	if err != nil {
		fmt.Fprintln(os.Stderr, "e2e:", err)
		status = 1
	}
	os.Exit(status)
}

func withDemo(run func() int) (int, error) {
	dir, err := os.MkdirTemp("", "wenxiao-e2e-")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	demo, err := startDemo(ctx, dir)
	if err != nil {
		return 0, err
	}
	chrome, err = browser.Start(ctx)
	if err != nil {
		return 0, errors.Join(err, demo.stop())
	}
	status := run()
	chrome.Close()
	err = demo.stop()
	if status != 0 {
		demo.tellFaults()
	}
	return status, err
}

// demo is the running binary.
type demo struct {
	cmd  *exec.Cmd
	said output
	done chan error
}

// output is what a program has printed so far.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (p *output) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.text.Write(b)
}

func (p *output) String() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.text.String()
}

// tellFaults prints what the server logged as errors. Only after stop.
func (d *demo) tellFaults() {
	for line := range strings.Lines(d.said.String()) {
		if strings.Contains(line, "level=ERROR") {
			fmt.Print(line)
		}
	}
}

func startDemo(ctx context.Context, dir string) (*demo, error) {
	binary := filepath.Join(dir, "wenxiao")
	build := exec.CommandContext(ctx, "go", "build", "-o", binary, "./cmd/wenxiao")
	build.Dir = ".."
	if out, err := build.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("build wenxiao: %w\n%s", err, out)
	}
	d := &demo{done: make(chan error, 1)}
	d.cmd = exec.CommandContext(ctx, binary, "demo", "--addr", "127.0.0.1:0", "--db", "sqlite:"+filepath.Join(dir, "demo.db"))
	d.cmd.Stdout, d.cmd.Stderr = &d.said, &d.said
	if err := d.cmd.Start(); err != nil {
		return nil, err
	}
	go func() { d.done <- d.cmd.Wait() }()
	return d, d.ready()
}

var opened = regexp.MustCompile(`\(open\): +(http://[0-9.:]+)/`)

// ready waits until the demonstration says where it answers, or has ended.
func (d *demo) ready() error {
	for {
		if found := opened.FindStringSubmatch(d.said.String()); found != nil {
			site = found[1]
			return nil
		}
		select {
		case err := <-d.done:
			return fmt.Errorf("wenxiao demo ended: %w\n%s", err, d.said.String())
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// stop ends the demonstration as ctrl-C does; it must leave in peace.
func (d *demo) stop() error {
	if err := d.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	if err := <-d.done; err != nil {
		return fmt.Errorf("wenxiao demo did not end in peace: %w\n%s", err, d.said.String())
	}
	return nil
}

// Roles by the words on their buttons. Finance sees every page and acts on most;
// the filer has the forms.
const (
	finance = "财政部门"
	filer   = "预算单位"
)

// open gives a test a tab of its own, signed in as finance.
func open(t *testing.T, w browser.Window) *browser.Page {
	t.Helper()
	p, err := openAs(w, finance)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p
}

// openAs signs in as the first role whose button has the text.
func openAs(w browser.Window, role string) (*browser.Page, error) {
	p, err := chrome.Open(w)
	if err != nil {
		return nil, err
	}
	if err := p.SignIn(site, role); err != nil {
		p.Close()
		return nil, err
	}
	return p, nil
}

func visit(t *testing.T, p *browser.Page, path string) {
	t.Helper()
	status, err := p.Visit(site + path)
	if err != nil {
		t.Fatal(err)
	}
	if status != http.StatusOK {
		t.Fatalf("%s answers %d", path, status)
	}
}
