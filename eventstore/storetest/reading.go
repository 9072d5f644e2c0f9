package storetest

import (
	"context"
	"errors"
	"iter"
	"runtime"
	"testing"
	"time"

	"wenxiao/eventstore"
)

func cancelledRead(t *testing.T, open Opener) {
	s := start(t, open)
	add(t, s, "cancelled", 0, draft("1"), draft("2"), draft("3"))
	for name, read := range map[string]func(context.Context) iter.Seq2[eventstore.Record, error]{
		"all": func(ctx context.Context) iter.Seq2[eventstore.Record, error] { return s.ReadAll(ctx, 0) },
		"stream": func(ctx context.Context) iter.Seq2[eventstore.Record, error] {
			return s.ReadStream(ctx, "cancelled", 0)
		},
	} {
		for _, after := range []int{0, 1} {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			if after == 0 {
				cancel()
			}
			n, last := 0, error(nil)
			for _, err := range read(ctx) {
				if last = err; err == nil {
					n++
				}
				cancel()
			}
			if n != after || !errors.Is(last, context.Canceled) {
				t.Errorf("%s, cancelled after %d: %d records, then %v", name, after, n, last)
			}
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Head(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("head: %v", err)
	}
}

// brokenOff leaves more iterations unfinished than any pool has connections,
// and writes and reads in the middle of them.
func brokenOff(t *testing.T, open Opener) {
	s := open(t)
	data := make([]string, 3000)
	add(t, s, "long", 0, by("c-1", data...)...)
	before := runtime.NumGoroutine()
	for i := range 100 {
		for range s.ReadAll(t.Context(), eventstore.Position(i)) {
			break
		}
		n := 0
		for range s.ReadStream(t.Context(), "long", 0) {
			if n++; n > 100 { // on the second page
				break
			}
		}
	}
	for range s.ReadAll(t.Context(), 0) {
		for range s.ReadStream(t.Context(), "long", 0) {
			add(t, s, "nested", 0, draft("1"))
			break
		}
		break
	}
	deadline := time.Now().Add(time.Minute)
	for runtime.NumGoroutine() > before+8 && time.Now().Before(deadline) { // a pool may keep a few per connection
		time.Sleep(time.Millisecond)
	}
	if now := runtime.NumGoroutine(); now > before+8 {
		t.Errorf("%d goroutines before, %d after", before, now)
	}
	if err := s.Close(); err != nil {
		t.Errorf("close: %v", err)
	}
}

func wait(t *testing.T, open Opener) {
	s := start(t, open)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := s.Wait(ctx, 0); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("waiting for a record that never comes: %v", err)
	}
	woken := make(chan error, 10)
	for range cap(woken) {
		go func() { woken <- s.Wait(t.Context(), 1) }()
	}
	add(t, s, "awaited", 0, draft("1"))
	select {
	case err := <-woken:
		t.Errorf("woken by position 1 while waiting for more: %v", err)
	case <-time.After(20 * time.Millisecond):
	}
	add(t, s, "awaited", 1, draft("2"))
	for range cap(woken) {
		if err := <-woken; err != nil {
			t.Error(err)
		}
	}
	if err := s.Wait(t.Context(), 1); err != nil {
		t.Errorf("waiting for what is there: %v", err)
	}
}
