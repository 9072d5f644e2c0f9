package postgres

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"wenxiao/eventstore"
	"wenxiao/eventstore/postgres/pgtest"
)

func openGuard(t *testing.T, url string) *Guard {
	g, err := OpenGuard(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(g.Close)
	return g
}

// held asks for a name that can be had.
func held(t *testing.T, ask func(context.Context, string) (func(), error), name string) (release func(), got bool) {
	t.Helper()
	return heldWithin(t, time.Minute, ask, name)
}

// heldSoon asks for a name for a short while only.
func heldSoon(t *testing.T, ask func(context.Context, string) (func(), error), name string) (release func(), got bool) {
	t.Helper()
	return heldWithin(t, 300*time.Millisecond, ask, name)
}

func heldWithin(t *testing.T, limit time.Duration, ask func(context.Context, string) (func(), error), name string) (release func(), got bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	release, err := ask(ctx, name)
	if err != nil && !errors.Is(err, context.DeadlineExceeded) {
		t.Fatal(err)
	}
	return release, err == nil
}

// Two guards on one ledger are two processes.
func TestGuardKeepsProcessesApart(t *testing.T) {
	url := pgtest.URL(t)
	one, other, elsewhere := openGuard(t, url), openGuard(t, url), openGuard(t, pgtest.URL(t))
	release, got := held(t, one.Alone, "files")
	if !got {
		t.Fatal("nobody holds it, yet it cannot be had")
	}
	for what, ask := range map[string]func(context.Context, string) (func(), error){
		"here, alone": one.Alone, "elsewhere, alone": other.Alone, "elsewhere, beside": other.Beside,
	} {
		if _, got := heldSoon(t, ask, "files"); got {
			t.Errorf("%s: held twice", what)
		}
	}
	for what, g := range map[string]eventstore.Guard{"another name": other, "another ledger": elsewhere} {
		name := map[bool]string{true: "files", false: "acts"}[g == eventstore.Guard(elsewhere)]
		free, got := held(t, g.Alone, name)
		if !got {
			t.Fatalf("%s is held, too", what)
		}
		free()
	}
	release()
	first, got := held(t, one.Beside, "files")
	second, too := held(t, other.Beside, "files")
	if !got || !too {
		t.Fatal("not beside one another")
	}
	if _, got := heldSoon(t, one.Alone, "files"); got {
		t.Error("alone, and two beside")
	}
	first()
	second()
	if release, got = held(t, other.Alone, "files"); !got {
		t.Fatal("all have given it back, yet it cannot be had")
	}
	release()
}

// What a process held is free when it is gone.
func TestGuardFreesWhatTheDeadHeld(t *testing.T) {
	url := pgtest.URL(t)
	dying, err := OpenGuard(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	lost, err := dying.Alone(t.Context(), "files")
	if err != nil {
		t.Fatal(err)
	}
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	if _, err := conn.Exec(t.Context(), `select pg_terminate_backend(pid) from pg_locks
		where locktype = 'advisory' and (classid::bigint << 32 | objid::bigint) = `+guarded, "files"); err != nil {
		t.Fatal(err)
	}
	release, err := openGuard(t, url).Alone(t.Context(), "files")
	if err != nil {
		t.Fatal(err)
	}
	lost() // of what is gone already nothing is given back
	if _, got := heldSoon(t, dying.Alone, "files"); got {
		t.Error("what was lost was given back in the place of who has it")
	}
	release()
	dying.Close()
}
