//go:build linux

package postgres_test

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"wenxiao/eventstore"
	"wenxiao/eventstore/postgres"
)

// A fleet is the processes that share a ledger, and what they say.
type fleet struct {
	t      *testing.T
	url    string
	reader *postgres.Store // of the test itself

	mu           sync.Mutex
	all          []*process
	acknowledged map[string]string // id of a record to its command
}

func newFleet(t *testing.T, url string, writers ...int) *fleet {
	f := &fleet{t: t, url: url, acknowledged: map[string]string{}}
	for _, n := range writers {
		f.start(n)
	}
	f.written(1)
	var err error
	if f.reader, err = postgres.OpenReadOnly(t.Context(), url); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.reader.Close() })
	return f
}

// start starts another process of that many writers.
func (f *fleet) start(writers int) {
	f.t.Helper()
	p := &process{fleet: f, writers: writers, ended: make(chan struct{})}
	p.name = fmt.Sprintf("member-%d", len(f.all))
	self, err := os.Executable()
	if err != nil {
		f.t.Fatal(err)
	}
	p.cmd = exec.Command(self)
	p.cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%s %d %s", memberVariable, p.name, writers, f.url))
	p.cmd.Stderr, p.cmd.SysProcAttr = os.Stderr, &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		f.t.Fatal(err)
	}
	if p.stdin, err = p.cmd.StdinPipe(); err != nil {
		f.t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		f.t.Fatal(err)
	}
	f.t.Cleanup(func() {
		_ = p.cmd.Process.Kill()
		<-p.ended
	})
	f.mu.Lock()
	f.all = append(f.all, p)
	f.mu.Unlock()
	go p.listen(out)
}

// until waits for something that does come.
func (f *fleet) until(what string, there func() bool) {
	f.t.Helper()
	for deadline := time.Now().Add(2 * time.Minute); ; time.Sleep(2 * time.Millisecond) {
		f.mu.Lock()
		ok := there()
		f.mu.Unlock()
		if ok {
			return
		}
		if f.t.Failed() || time.Now().After(deadline) {
			f.t.Fatalf("waited for %s: %s", what, f.standing())
		}
	}
}

// standing is what each process has done.
func (f *fleet) standing() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	var b strings.Builder
	for _, p := range f.all {
		fmt.Fprintf(&b, "\n%s: %d acknowledged, %d seen, gone %t, stopped %t, resting %t", p.name, len(p.answers), len(p.saw), p.gone, p.stopped, p.resting)
	}
	return b.String()
}

// written waits until every process that lives has been acknowledged n more appends.
func (f *fleet) written(n int) {
	f.t.Helper()
	want := map[*process]int{}
	for _, p := range f.all {
		f.mu.Lock()
		want[p] = len(p.answers) + n
		f.mu.Unlock()
	}
	f.until("appends of every process", func() bool {
		for p, n := range want {
			if len(p.answers) < n && !p.gone && !p.stopped {
				return false
			}
		}
		return true
	})
}

// leader is the process that leads, once one does.
func (f *fleet) leader() (leads *process) {
	f.t.Helper()
	f.until("a leader", func() bool {
		l, err := f.reader.Leader(f.t.Context())
		for _, p := range f.all {
			if err == nil && p.name == l.Name && !p.gone && !p.stopped {
				leads = p
			}
		}
		return leads != nil
	})
	return leads
}

// firstSince is how long the first append begun since then took to be
// acknowledged, in any process but one.
func (f *fleet) firstSince(began time.Time, but *process) (took time.Duration) {
	f.t.Helper()
	f.until("an append after the fault", func() bool {
		for _, p := range f.all {
			for i := len(p.answers) - 1; i >= 0 && p != but && p.answers[i].begun.After(began); i-- {
				if at := p.answers[i].ended.Sub(began); took == 0 || at < took {
					took = at
				}
			}
		}
		return took > 0
	})
	return took
}

// wake continues the processes that were stopped.
func (f *fleet) wake() {
	for _, p := range f.all {
		if p.stopped {
			p.signal(syscall.SIGCONT)
		}
	}
}

// end lets all come to rest, their readers at the head, and checks what they said.
func (f *fleet) end() {
	f.t.Helper()
	for _, p := range f.all {
		p.say("rest")
	}
	f.until("the writers to rest", func() bool {
		for _, p := range f.all {
			if !p.gone && !p.resting {
				return false
			}
		}
		return true
	})
	head, err := f.reader.Head(f.t.Context())
	if err != nil {
		f.t.Fatal(err)
	}
	rested := 0
	for _, p := range f.all {
		p.say(fmt.Sprint("until ", head))
		<-p.ended
		if p.resting {
			rested++
		}
		if p.resting && len(p.saw) != int(head) {
			f.t.Errorf("the reader of %s saw %d of %d records", p.name, len(p.saw), head)
		}
	}
	if rested != 3 {
		f.t.Errorf("%d processes came to rest, want 3", rested)
	}
	f.check()
}

// check holds the ledger against what the processes said.
func (f *fleet) check() {
	f.t.Helper()
	var all []eventstore.Record
	sizes, found := map[string]int{}, 0
	for r, err := range f.reader.ReadAll(f.t.Context(), 0) {
		if err != nil {
			f.t.Fatal(err)
		}
		if all = append(all, r); r.Position != eventstore.Position(len(all)) {
			f.t.Fatalf("position %d is the %dth", r.Position, len(all))
		}
		sizes[r.Command]++
		if f.acknowledged[r.ID] == r.Command {
			found++
		}
	}
	if found != len(f.acknowledged) || found == 0 {
		f.t.Errorf("%d records were acknowledged, %d of them are there", len(f.acknowledged), found)
	}
	for command, n := range sizes {
		if !strings.HasSuffix(command, fmt.Sprintf("-%d", n)) {
			f.t.Errorf("%d records of command %s", n, command)
		}
	}
	for _, p := range f.all {
		for i, id := range p.saw {
			if all[i].ID != id {
				f.t.Fatalf("the reader of %s saw %s at %d, there is %s", p.name, id, i+1, all[i].ID)
			}
		}
	}
	f.t.Logf("%d records, %d of them acknowledged, by %d processes", len(all), found, len(f.all))
}

// A process is a member, and what it has said.
type process struct {
	*fleet
	name    string
	writers int
	cmd     *exec.Cmd
	stdin   io.WriteCloser
	ended   chan struct{} // it will say no more

	stopped, resting, gone bool
	answers                []answer
	saw                    []string // ids of records, by position
}

// An answer is when an append was begun and acknowledged.
type answer struct{ begun, ended time.Time }

// listen writes down what the process says. A last line that was cut off is none.
func (p *process) listen(out io.Reader) {
	defer close(p.ended)
	for in := bufio.NewReader(out); ; {
		line, err := in.ReadString('\n')
		if err != nil {
			break
		}
		p.mu.Lock()
		p.note(strings.Fields(line))
		p.mu.Unlock()
	}
	_ = p.cmd.Wait() // it may have been killed
	p.mu.Lock()
	p.gone = true
	p.mu.Unlock()
}

func (p *process) note(said []string) {
	switch {
	case len(said) == 3 && said[0] == "saw":
		if p.saw = append(p.saw, said[2]); said[1] != fmt.Sprint(len(p.saw)) {
			p.t.Errorf("the reader of %s saw position %s after %d", p.name, said[1], len(p.saw)-1)
		}
	case len(said) == 5 && said[0] == "acknowledged":
		var begun, ended int64
		if _, err := fmt.Sscan(said[1], &begun); err != nil {
			p.t.Error(err)
		}
		if _, err := fmt.Sscan(said[2], &ended); err != nil {
			p.t.Error(err)
		}
		p.answers = append(p.answers, answer{time.Unix(0, begun), time.Unix(0, ended)})
		for id := range strings.SplitSeq(said[4], ",") {
			p.acknowledged[id] = said[3]
		}
	case len(said) == 1 && said[0] == "resting":
		p.resting = true
	default:
		p.t.Errorf("%s says: %s", p.name, strings.Join(said, " "))
	}
}

func (p *process) signal(s syscall.Signal) {
	p.t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		p.t.Fatal(err)
	}
	p.mu.Lock()
	p.gone, p.stopped = p.gone || s == syscall.SIGKILL, s == syscall.SIGSTOP
	p.mu.Unlock()
}

func (p *process) say(what string) { _, _ = fmt.Fprintln(p.stdin, what) } // it may be gone
