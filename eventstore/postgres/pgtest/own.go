//go:build linux

package pgtest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"wenxiao/eventstore/storetest/port"
)

// An Own is a server for one test alone, which may kill it. It listens on
// 127.0.0.1, as servers on another machine would.
type Own struct {
	URL  string
	bin  string
	dir  string
	port string
	as   *syscall.SysProcAttr
	run  *exec.Cmd // nil while it does not
}

// NewOwn starts a server that ends with the test.
func NewOwn(t testing.TB) *Own {
	t.Helper()
	bin, err := binaries()
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "wenxiao-pg-") // the path of a socket must be short
	if err != nil {
		t.Fatal(err)
	}
	o := &Own{bin: bin, dir: dir, port: port.Held(t)}
	o.URL = "postgres://postgres@127.0.0.1:" + o.port + "/postgres"
	t.Cleanup(func() {
		o.Kill(t)
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	if o.as, err = initialise(bin, dir); err != nil {
		t.Fatal(err)
	}
	o.as.Pdeathsig = syscall.SIGKILL
	o.Start(t)
	return o
}

// Start starts the server, again if it was killed, and returns when it answers.
func (o *Own) Start(t testing.TB) {
	t.Helper()
	said, err := os.OpenFile(filepath.Join(o.dir, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer said.Close()
	o.run = exec.Command(filepath.Join(o.bin, "postgres"), "-D", filepath.Join(o.dir, "data"), "-k", o.dir,
		"-h", "127.0.0.1", "-p", o.port, "-c", "fsync=on", "-c", "max_connections=200")
	o.run.SysProcAttr, o.run.Dir, o.run.Stdout, o.run.Stderr = o.as, o.dir, said, said
	if err := o.run.Start(); err != nil {
		t.Fatal(err)
	}
	if err := ready(o.URL, o.dir); err != nil {
		t.Fatal(err)
	}
}

// Kill kills the server and all its processes with SIGKILL.
func (o *Own) Kill(t testing.TB) {
	t.Helper()
	if o.run == nil {
		return
	}
	server := o.run.Process
	if err := server.Signal(syscall.SIGSTOP); err != nil { // so that it starts no more
		t.Error(err)
	}
	killed := children(t, server.Pid)
	for _, child := range killed {
		if err := syscall.Kill(child, syscall.SIGKILL); err != nil && err != syscall.ESRCH {
			t.Error(err)
		}
	}
	if err := server.Kill(); err != nil {
		t.Error(err)
	}
	_ = o.run.Wait() // killed: its error says so
	o.run = nil
	for slices.ContainsFunc(killed, lives) { // with the memory that all of them share
		time.Sleep(time.Millisecond)
	}
}

func lives(pid int) bool {
	state, _ := parentOf(pid)
	return state != "" && state != "Z"
}

// children returns the processes whose parent is the process of that number.
func children(t testing.TB, parent int) (pids []int) {
	t.Helper()
	processes, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range processes {
		pid, err := strconv.Atoi(filepath.Base(p))
		if err != nil {
			t.Fatal(err)
		}
		if _, its := parentOf(pid); its == parent {
			pids = append(pids, pid)
		}
	}
	return pids
}

// parentOf returns the state of a process and its parent's number; neither once
// it is gone.
func parentOf(pid int) (state string, parent int) {
	said, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return "", 0
	}
	_, rest, _ := strings.Cut(string(said), ") ") // behind its name
	if _, err := fmt.Sscan(rest, &state, &parent); err != nil {
		return "", 0
	}
	return state, parent
}
