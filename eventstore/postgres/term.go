package postgres

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"wenxiao/eventstore"
)

// grace is how long what is under way when a term ends may take to end.
const grace = 3 * time.Second

// A term is the time this process leads.
type term struct {
	ctx   context.Context // ends with the term, the cause says why
	end   context.CancelCauseFunc
	epoch atomic.Int64 // 0 until the ledger is taken over
	token string

	pool   *pgxpool.Pool
	writer *eventstore.Writer
	cut    context.CancelFunc // breaks off what the writer does
	doing  sync.WaitGroup     // what [Store.Lead] has called
}

// lead takes the ledger over, for as long as the lock is held and ctx lives, and
// returns why it ended.
func (m *member) lead(ctx context.Context, lock *candidacy) error {
	t := &term{token: rand.Text()}
	t.ctx, t.end = context.WithCancelCause(ctx)
	held := make(chan struct{})
	go func() {
		defer close(held)
		t.end(lock.hold(t.ctx, t.epoch.Load))
	}()
	err := m.takeOver(t, lock.pid)
	if err == nil {
		m.turn(t)
		<-t.ctx.Done()
	}
	t.end(err)
	<-held // the session is not used by two
	m.turn(nil)
	m.finish(t)
	return errors.Join(err, context.Cause(t.ctx))
}

func (m *member) takeOver(t *term, session int64) (err error) {
	if t.pool, err = openPool(t.ctx, m.url, 1); err != nil {
		return err
	}
	working, cut := context.WithCancel(context.Background())
	t.cut = cut
	evicting := time.AfterFunc(grace, func() { m.store.evict(t.ctx) })
	defer evicting.Stop()
	var epoch int64
	if t.writer, epoch, err = m.store.write(t.ctx, working, t.pool, m.options); err != nil {
		return err
	}
	t.epoch.Store(epoch)
	l := leader{token: t.token, certificate: m.entrance.certificate}
	l.Epoch, l.Name, l.Address = epoch, m.name, m.address
	return l.publish(t.ctx, t.pool, session)
}

// evict ends sessions of writers that keep another writer's waiting: of one that
// was stopped in the middle of a transaction, and may never come back to it.
func (s *Store) evict(ctx context.Context) {
	_, _ = s.reads.Exec(ctx, `with writers as (
			select pid from pg_locks where locktype = 'advisory' and granted and objsubid = 1
			and database = (select oid from pg_database where datname = current_database())
			and ((classid::bigint << 32) | objid::bigint) = `+writing+`
		)
		select pg_terminate_backend(b.pid) from writers w, unnest(pg_blocking_pids(w.pid)) b (pid)
		where b.pid in (select pid from writers)`) // where it may not, taking over waits longer
}

// finish ends what the term began. Where this process leaves of its own accord
// it still has the lock, and what it was doing comes to its end before the next
// one leads; where it lost the lock the next may lead already, and nothing it
// still does can get into the ledger.
func (m *member) finish(t *term) {
	if m.ctx.Err() != nil {
		t.waitForDoing()
	} else if t.cut != nil {
		defer time.AfterFunc(grace, t.cut).Stop()
	}
	if t.writer != nil {
		t.writer.Close()
		ctx, cancel := context.WithTimeout(context.Background(), beat)
		defer cancel()
		_ = withdraw(ctx, t.pool, t.epoch.Load()) // the lock says the same
	}
	if t.cut != nil {
		t.cut()
	}
	if t.pool != nil {
		t.pool.Close()
	}
}

func (t *term) waitForDoing() {
	done := make(chan struct{})
	go func() {
		defer close(done)
		t.doing.Wait()
	}()
	select {
	case <-done:
	case <-time.After(grace):
	}
}

// do calls f with a context that ends with the term.
func (t *term) do(ctx context.Context, f func(context.Context) error) error {
	defer t.doing.Done()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(t.ctx, cancel)()
	return f(ctx)
}

// carryOut does an errand as the leader. errElsewhere says that nothing was
// added and that another, or this one later, may do it.
func (t *term) carryOut(ctx context.Context, e errand) (a eventstore.Appended, err error) {
	if e.Adopted != nil {
		err = t.writer.Adopt(ctx, e.After, e.records())
	} else {
		a, err = t.writer.Append(ctx, e.Stream, e.Seen, e.Drafts...)
	}
	if errors.Is(err, eventstore.ErrFenced) {
		t.end(err)
	}
	switch {
	case err == nil, ctx.Err() != nil, errors.Is(err, eventstore.ErrOutcomeUnknown):
		return a, err
	case errors.Is(err, eventstore.ErrFenced), errors.Is(err, eventstore.ErrClosed), lost(err):
		return a, fmt.Errorf("%w: %w", errElsewhere, err)
	}
	return a, err
}

// bounded is a ledger whose work can be broken off.
type bounded struct {
	*ledger
	working context.Context
}

func (b bounded) Last(ctx context.Context) (eventstore.Last, error) {
	ctx, done := b.within(ctx)
	defer done()
	return b.ledger.Last(ctx)
}

func (b bounded) Find(ctx context.Context, streams, commands []string) (eventstore.Found, error) {
	ctx, done := b.within(ctx)
	defer done()
	return b.ledger.Find(ctx, streams, commands)
}

func (b bounded) Commit(ctx context.Context, batch eventstore.Batch) error {
	ctx, done := b.within(ctx)
	defer done()
	return b.ledger.Commit(ctx, batch)
}

func (b bounded) within(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	stop := context.AfterFunc(b.working, cancel)
	return ctx, func() { stop(); cancel() }
}
