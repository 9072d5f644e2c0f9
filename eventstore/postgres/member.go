package postgres

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"wenxiao/eventstore"
)

var _ eventstore.Shared = (*Store)(nil)

// Member is how one of several processes takes part.
type Member struct {
	Name      string // shown to people; host and process id when empty
	Listen    string // where others hand in appends while this process leads; 127.0.0.1:0 when empty
	Advertise string // where they reach it, when that is not what it listens on

	Patience time.Duration // how long a leader's address may not answer before it counts as out of reach; 10 s when 0
}

// A member is a process's part in a ledger that several have open.
type member struct {
	store         *Store
	url           string
	options       eventstore.Options
	name, address string
	entrance      *entrance
	doors         doors

	ctx   context.Context // ends when the process leaves
	leave context.CancelFunc
	left  chan struct{} // it no longer stands, and its last term has ended

	mu      sync.Mutex
	closed  bool
	term    *term         // nil while another leads, or nobody
	turned  chan struct{} // closed and replaced when term changes
	trouble error         // of the last candidacy that came to nothing
	under   sync.WaitGroup
	drop    context.CancelFunc // breaks off what is handed in
	dropped context.Context
}

// Join opens the ledger in the database at url as one of several processes. One
// of them leads; Append works on every one of them. Join returns when it is known
// who leads. Tables are made as by [Open], which takes the ledger away from the
// leader, who notices and takes it back.
//
// The leader is who has a session lock of the database. A pooler between them that
// gives each transaction another connection, as pgbouncer does in transaction
// mode, cannot hold it: url must lead to the server, or to a pool of sessions.
func Join(ctx context.Context, url string, as Member, options ...eventstore.Option) (*Store, error) {
	s, err := connect(ctx, url)
	if err != nil {
		return nil, err
	}
	if err := s.join(ctx, url, as, eventstore.Chosen(options...)); err != nil {
		return nil, errors.Join(fmt.Errorf("join ledger: %w", err), s.Close())
	}
	return s, nil
}

func (s *Store) join(ctx context.Context, url string, as Member, options eventstore.Options) error {
	if err := makeLeaderTable(ctx, s.reads); err != nil {
		return err
	}
	m := &member{
		store: s, url: url, options: options, name: as.Name,
		left: make(chan struct{}), turned: make(chan struct{}),
		doors: doors{asking: make(chan struct{}, 1), patience: cmp.Or(as.Patience, untilAway)},
	}
	if m.name == "" {
		host, _ := os.Hostname()
		m.name = fmt.Sprintf("%s-%d", cmp.Or(host, "localhost"), os.Getpid())
	}
	var err error
	if m.entrance, m.address, err = openEntrance(as, m.serve); err != nil {
		return err
	}
	m.ctx, m.leave = context.WithCancel(context.Background())
	m.dropped, m.drop = context.WithCancel(context.Background())
	s.member = m
	go m.run()
	m.under.Go(m.tryDoors)
	if err := m.settled(ctx); err != nil {
		return err
	}
	return checkFormat(ctx, s.reads)
}

// run stands for leader, again and again.
func (m *member) run() {
	defer close(m.left)
	for m.ctx.Err() == nil {
		err := m.candidate()
		m.mu.Lock()
		m.trouble = err
		m.mu.Unlock()
		pause := standAgain
		if !lost(err) && !errors.Is(err, eventstore.ErrFenced) {
			pause = standAfterFault
		}
		select {
		case <-m.ctx.Done():
		case <-time.After(pause):
		}
	}
}

func (m *member) candidate() error {
	lock, err := stand(m.ctx, m.url)
	if err != nil {
		return err
	}
	defer lock.resign()
	return m.lead(m.ctx, lock)
}

// settled returns when this process or another leads, or when this one cannot.
func (m *member) settled(ctx context.Context) error {
	for there := false; ; {
		m.mu.Lock()
		t, trouble := m.term, m.trouble
		m.mu.Unlock()
		switch {
		case t != nil:
			return nil
		case trouble != nil && !errors.Is(trouble, eventstore.ErrFenced):
			return trouble
		}
		var err error
		if !there {
			there, err = made(ctx, m.store.reads)
		}
		var l leader
		if there && err == nil {
			l, err = m.store.whoLeads(ctx)
		}
		if err != nil || l.Epoch != 0 && !m.is(l) { // its own term is about to begin
			return err
		}
		if err := m.pause(ctx); err != nil {
			return err
		}
	}
}

// is reports whether l is this process.
func (m *member) is(l leader) bool { return l.certificate == m.entrance.certificate }

// turn says that t is this process's term, or that it has none.
func (m *member) turn(t *term) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.term = t
	close(m.turned)
	m.turned = make(chan struct{})
}

// leading returns the term of this process, nil while it does not lead.
func (m *member) leading() *term {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.term == nil || m.term.ctx.Err() != nil {
		return nil
	}
	return m.term
}

// Lead is [eventstore.Shared.Lead]. A store that did not join leads as long as
// it is open for writing, and one that is read-only never does.
func (s *Store) Lead(ctx context.Context, do func(context.Context) error) error {
	switch {
	case s.member != nil:
		return s.member.Lead(ctx, do)
	case s.writer != nil:
		return do(ctx)
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-s.closed:
		return eventstore.ErrClosed
	}
}

func (m *member) Lead(ctx context.Context, do func(context.Context) error) error {
	for {
		t, err := m.await(ctx)
		if err != nil {
			return err
		}
		if err := t.do(ctx, do); err != nil && t.ctx.Err() == nil && ctx.Err() == nil {
			return err
		}
		select {
		case <-t.ctx.Done():
		case <-ctx.Done():
		}
	}
}

// await returns the term of this process once it has one, counting the caller
// among those who do something in it.
func (m *member) await(ctx context.Context) (*term, error) {
	for {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		m.mu.Lock()
		t, turned, closed := m.term, m.turned, m.closed
		if t != nil && t.ctx.Err() == nil && !closed {
			t.doing.Add(1)
			m.mu.Unlock()
			return t, nil
		}
		m.mu.Unlock()
		if closed {
			return nil, eventstore.ErrClosed
		}
		select {
		case <-turned:
		case <-m.ctx.Done():
		case <-ctx.Done():
		}
	}
}

// begin counts an append as under way, unless the store is closed.
func (m *member) begin() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.closed {
		m.under.Add(1)
	}
	return !m.closed
}

// close finishes what is under way, gives up leading, and tells those who wait
// for a leader that it is over.
func (m *member) close() {
	m.mu.Lock()
	m.closed = true
	m.mu.Unlock()
	m.leave()
	<-m.left
	late := time.AfterFunc(grace, m.drop)
	m.under.Wait()
	late.Stop()
	m.drop()
	m.doors.close()
	m.entrance.close()
}
