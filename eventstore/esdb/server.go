package esdb

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"

	"wenxiao/eventstore"
)

// DefaultLedger is the stream that holds the ledger unless the address names
// another.
const DefaultLedger = "wenxiao-ledger"

// parseAddress takes ?ledger= out of a connection string.
func parseAddress(address string) (connection, ledger string, err error) {
	u, err := url.Parse(address)
	if err != nil {
		return "", "", fmt.Errorf("address of the server: %w", errors.Unwrap(err)) // the rest holds the password
	}
	query := u.Query()
	ledger = query.Get("ledger")
	query.Del("ledger")
	u.RawQuery = query.Encode()
	if ledger == "" {
		ledger = DefaultLedger
	}
	if strings.HasPrefix(ledger, "$") {
		return "", "", fmt.Errorf("stream %q belongs to the server", ledger)
	}
	return u.String(), ledger, nil
}

// A server is a connection that lasts. The client finds another node by itself,
// but when it finds none for a while it closes itself for good, and calls that
// wait for it then wait for ever. So each call runs in a goroutine of its own,
// and a client that gave up is closed, which ends them, and replaced.
type server struct {
	address string

	mu     sync.Mutex
	client *esdb.Client
	gone   chan struct{} // closed before the client
	closed bool
	using  sync.WaitGroup // what calls have begun, which may go on when they have returned
}

var errGone = errors.New("the connection was closed")

// current returns the client, which counts as in use until using is told.
func (s *server) current() (*esdb.Client, <-chan struct{}, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, nil, eventstore.ErrClosed
	}
	if s.client == nil {
		config, err := esdb.ParseConnectionString(s.address)
		if err != nil {
			return nil, nil, fmt.Errorf("address of the server: %w", err)
		}
		config.Logger = esdb.NoopLogging()
		if s.client, err = esdb.NewClient(config); err != nil {
			return nil, nil, err
		}
		s.gone = make(chan struct{})
	}
	s.using.Add(1)
	return s.client, s.gone, nil
}

// giveUp replaces client, unless that was done already.
func (s *server) giveUp(client *esdb.Client) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.client == client && !s.closed {
		close(s.gone)
		_ = s.client.Close()
		s.client = nil
	}
}

// unused is how long closing waits for what is under way, which is told to end. A
// client that looks for its server does not listen to that.
const unused = 3 * time.Second

// close ends all calls, and the client when nothing uses it any more: it is not
// made to be closed under one that does.
func (s *server) close() {
	s.mu.Lock()
	s.closed = true
	client, gone := s.client, s.gone
	s.mu.Unlock()
	if client == nil {
		return
	}
	close(gone)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		s.using.Wait()
	}()
	select {
	case <-ended:
	case <-time.After(unused):
	}
	_ = client.Close()
}

// call runs use with a client. It returns when ctx ends, whatever use does; use
// must keep nothing that the caller goes on with but what it sends on channels.
func (s *server) call(ctx context.Context, use func(context.Context, *esdb.Client) error) error {
	client, gone, err := s.current()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	done := make(chan error, 1)
	go func() {
		defer s.using.Done()
		defer func() {
			if p := recover(); p != nil { // a client closed meanwhile sends on its closed channel
				done <- fmt.Errorf("%w: %v", errGone, p)
			}
		}()
		done <- use(ctx, client)
	}()
	select {
	case err = <-done:
	case <-gone:
		err = errGone
	case <-ctx.Done():
		return ctx.Err()
	}
	if ctx.Err() != nil && err != nil {
		return ctx.Err()
	}
	if isCode(err, esdb.ErrorCodeConnectionClosed) || errors.Is(err, errGone) || gaveUp(err) {
		s.giveUp(client)
	}
	return err
}

func isCode(err error, code esdb.ErrorCode) bool {
	var e *esdb.Error
	return errors.As(err, &e) && e.Code() == code
}

// gaveUp reports the one error a client returns on closing itself.
func gaveUp(err error) bool {
	return err != nil && strings.Contains(err.Error(), "maximum discovery attempt count reached")
}

// passing reports an error that may be gone the next time.
func passing(err error) bool {
	for _, code := range []esdb.ErrorCode{
		esdb.ErrorUnavailable, esdb.ErrorCodeConnectionClosed, esdb.ErrorCodeNotLeader, esdb.ErrorAborted, esdb.ErrorCodeDeadlineExceeded,
	} {
		if isCode(err, code) {
			return true
		}
	}
	return errors.Is(err, errGone)
}

// again repeats what can be repeated while the server cannot be had.
func again(ctx context.Context, what func() error) error {
	err := what()
	for try := 1; try < 4 && passing(err); try++ {
		if err := pause(ctx, try); err != nil {
			return err
		}
		err = what()
	}
	return err
}

// pause waits before a try that is not the first, longer each time.
func pause(ctx context.Context, try int) error {
	select {
	case <-time.After(time.Duration(try) * 100 * time.Millisecond):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// read calls take for each event of a stream from a revision on, at most count,
// until it returns false. A stream that is not there has no events; one with
// events missing is damaged.
func (s *server) read(ctx context.Context, stream string, from, count uint64, take func(*esdb.RecordedEvent) (bool, error)) error {
	return s.call(ctx, func(ctx context.Context, client *esdb.Client) error {
		events, err := client.ReadStream(ctx, stream, esdb.ReadStreamOptions{
			Direction: esdb.Forwards, From: esdb.StreamRevision{Value: from},
		}, count)
		if err != nil {
			return err
		}
		defer events.Close()
		for next := from; ; next++ {
			e, err := events.Recv()
			if errors.Is(err, io.EOF) || isCode(err, esdb.ErrorCodeResourceNotFound) {
				return nil
			}
			if err != nil {
				return err
			}
			if at := e.OriginalEvent().EventNumber; at != next {
				return fmt.Errorf("%w: stream %s has event %d where %d belongs; was it truncated?", eventstore.ErrDamaged, stream, at, next)
			}
			if more, err := take(e.OriginalEvent()); err != nil || !more {
				return err
			}
		}
	})
}

// appendTimeout is how long an append may take before its outcome is unknown.
const appendTimeout = 30 * time.Second

// append adds events to a stream that has so many.
func (s *server) append(ctx context.Context, stream string, have uint64, events ...esdb.EventData) error {
	timeout := appendTimeout
	options := esdb.AppendToStreamOptions{ExpectedRevision: esdb.NoStream{}, Deadline: &timeout}
	if have > 0 {
		options.ExpectedRevision = esdb.StreamRevision{Value: have - 1}
	}
	return s.call(ctx, func(ctx context.Context, client *esdb.Client) error {
		_, err := client.AppendToStream(ctx, stream, options, events...)
		return err
	})
}
