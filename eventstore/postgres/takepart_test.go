//go:build linux

package postgres_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"wenxiao/eventstore"
	"wenxiao/eventstore/postgres"
)

// memberVariable holds, in a process that is a member of a [fleet], its name, how
// many writers it has, and its ledger.
const memberVariable = "WENXIAO_POSTGRES_MEMBER"

func TestMain(m *testing.M) {
	var name, url string
	var writers int
	if _, err := fmt.Sscan(os.Getenv(memberVariable), &name, &writers, &url); err != nil {
		os.Exit(m.Run())
	}
	if err := takePart(name, writers, url); err != nil {
		fmt.Println(name, err)
		os.Exit(1)
	}
}

// taking is a process that takes part.
type taking struct {
	store *postgres.Store
	rest  atomic.Bool
	until atomic.Uint64 // where its reader ends; 0 for nowhere
	mu    sync.Mutex    // of standard output
}

func takePart(name string, writers int, url string) error {
	store, err := postgres.Join(context.Background(), url, postgres.Member{Name: name})
	if err != nil {
		return err
	}
	p := &taking{store: store}
	var writing, reading sync.WaitGroup
	for w := range writers {
		writing.Go(func() { p.write(fmt.Sprintf("%s-%d", name, w)) })
	}
	reading.Go(p.read)
	for said := bufio.NewScanner(os.Stdin); said.Scan(); {
		switch what, head, _ := strings.Cut(said.Text(), " "); what {
		case "leave":
			return store.Close()
		case "rest":
			p.rest.Store(true)
			writing.Wait()
			p.say("resting")
		case "until":
			var n uint64
			if _, err := fmt.Sscan(head, &n); err != nil {
				return err
			}
			p.until.Store(n)
			reading.Wait()
			return store.Close()
		}
	}
	return errors.New("the test is gone")
}

func (p *taking) say(what ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	fmt.Println(what...)
}

// write appends one to three records at a time and says what was acknowledged.
func (p *taking) write(stream string) {
	var at eventstore.Revision
	for i := 0; !p.rest.Load(); i++ {
		size := 1 + i%3
		command := fmt.Sprintf("c-%s-%d-%d", stream, i, size)
		drafts := make([]eventstore.Draft, size)
		for j := range drafts {
			drafts[j] = draft(command)
		}
		begun := time.Now()
		a, err := p.store.Append(context.Background(), stream, at, drafts...)
		switch {
		case errors.Is(err, eventstore.ErrClosed):
			return
		case err != nil:
			p.say("error", stream, err)
			return
		}
		at = a.Revision
		p.say("acknowledged", begun.UnixNano(), time.Now().UnixNano(), command, strings.Join(a.IDs, ","))
		time.Sleep(5 * time.Millisecond)
	}
}

// read follows the ledger and says what it sees. Where the database is gone it
// goes on when it is back.
func (p *taking) read() {
	for at := eventstore.Position(0); p.until.Load() == 0 || uint64(at) < p.until.Load(); {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		if err := p.store.Wait(ctx, at); errors.Is(err, eventstore.ErrClosed) {
			cancel()
			return
		}
		cancel()
		for r, err := range p.store.ReadAll(context.Background(), at) {
			if err != nil {
				break
			}
			at = r.Position
			p.say("saw", uint64(r.Position), r.ID)
		}
	}
}
