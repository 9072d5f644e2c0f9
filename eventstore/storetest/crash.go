package storetest

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"wenxiao/eventstore"
)

// crashVariable holds, in the process that is to be killed, where its ledger is.
const crashVariable = "WENXIAO_STORETEST_CRASH"

// Crash kills a process that writes, again and again, and checks after each
// time that every append it was answered is in the ledger once and whole, and
// that nothing from before has changed. The process is the test binary itself:
// the test that calls Crash must do nothing else before, and is told by the
// empty address that it runs as that process.
//
// While the process writes, during is called with the address.
func Crash(t *testing.T, rounds int, address func() string, open func(address string) (eventstore.Store, error), during func(address string)) {
	if at := os.Getenv(crashVariable); at != "" {
		s, err := open(at)
		if err != nil {
			t.Fatal(err)
		}
		writeUntilKilled(t, s)
	}
	at := address()
	var before []eventstore.Record
	acknowledged := map[string]string{} // record id to command
	for range rounds {
		for line := range killed(t, at, during) {
			command, ids, _ := strings.Cut(line, " ")
			for id := range strings.SplitSeq(ids, ",") {
				acknowledged[id] = command
			}
		}
		s, err := open(at)
		if err != nil {
			t.Fatal(err)
		}
		before = survey(t, s, before, acknowledged)
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%d rounds, %d records, %d of them acknowledged", rounds, len(before), len(acknowledged))
}

// killed runs the writing process until a random moment and yields what it was
// answered: lines of a command and the ids of its records.
func killed(t *testing.T, address string, during func(string)) func(func(string) bool) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return func(yield func(string) bool) {
		cmd := exec.Command(self, "-test.run=^"+t.Name()+"$")
		cmd.Env, cmd.Stderr = append(os.Environ(), crashVariable+"="+address), os.Stderr
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		for n := 0; lines.Scan(); n++ {
			if !strings.HasPrefix(lines.Text(), "c-") {
				t.Fatalf("the writing process says: %s", lines.Text())
			}
			if n == 0 {
				go func() {
					during(address)
					time.Sleep(rand.N(300 * time.Millisecond))
					_ = cmd.Process.Kill()
				}()
			}
			if !yield(lines.Text()) {
				break
			}
		}
		_ = cmd.Wait() // it was killed: that is the point
	}
}

// writeUntilKilled has eight writers append one to three records at a time and
// print what they were answered, in whole lines.
func writeUntilKilled(t *testing.T, s eventstore.Store) {
	run := time.Now().UnixNano()
	var wg sync.WaitGroup
	for w := range 8 {
		wg.Go(func() {
			stream := fmt.Sprintf("run-%d-%d", run, w)
			var at eventstore.Revision
			for i := 0; ; i++ {
				size := 1 + i%3
				command := fmt.Sprintf("c-%s-%d-%d", stream, i, size)
				a, err := s.Append(context.Background(), stream, at, by(command, make([]string, size)...)...)
				if err != nil {
					t.Error(err)
					return
				}
				at = a.Revision
				fmt.Fprintln(os.Stdout, command, strings.Join(a.IDs, ","))
			}
		})
	}
	wg.Wait()
}

// survey checks the ledger after a crash and returns its records.
func survey(t *testing.T, s eventstore.Store, before []eventstore.Record, acknowledged map[string]string) []eventstore.Record {
	t.Helper()
	all := readAll(t, s, 0)
	checkDense(t, all)
	for i, r := range before {
		if string(all[i].Envelope) != string(r.Envelope) || string(all[i].Data) != string(r.Data) {
			t.Fatalf("position %d has changed", i+1)
		}
	}
	sizes, found := map[string]int{}, 0
	for _, r := range all {
		sizes[r.Command]++
		if acknowledged[r.ID] == r.Command {
			found++
		}
	}
	if found != len(acknowledged) {
		t.Fatalf("%d records were acknowledged, %d of them are there", len(acknowledged), found)
	}
	for command, n := range sizes {
		if !strings.HasSuffix(command, fmt.Sprintf("-%d", n)) {
			t.Fatalf("%d records of command %s", n, command)
		}
	}
	if head(t, s) != eventstore.Position(len(all)) {
		t.Fatalf("head %d, %d records", head(t, s), len(all))
	}
	// The last answer may have been lost; whoever repeats it gets it.
	last := all[len(all)-1]
	if a := add(t, s, last.Stream, 0, by(last.Command, "")...); !a.Repeated || a.IDs[len(a.IDs)-1] != last.ID {
		t.Fatalf("repeated %s: %+v", last.Command, a)
	}
	return all
}
