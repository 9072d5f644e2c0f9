package postgres

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"sync"
	"sync/atomic"
	"time"

	"wenxiao/eventstore"
)

// A door leads to one leader, for one term.
type door struct {
	leader
	client *http.Client

	mu       sync.Mutex
	opened   bool          // it did when last tried
	shut     time.Time     // since when it does not; zero before it was tried, and while it does
	why      error         // it did not
	patience time.Duration // with it
}

// doors remembers who leads, so that not everybody asks.
type doors struct {
	asking chan struct{} // held by the one who asks, and looks
	known  *door         // nil for none
	asked  time.Time

	patience time.Duration // with each
}

// door returns the door to whoever leads, nil for nobody. It asks the database
// unless it is known from after the given time.
func (m *member) door(ctx context.Context, after time.Time) (*door, error) {
	ds := &m.doors
	select {
	case ds.asking <- struct{}{}:
		defer func() { <-ds.asking }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if ds.known != nil && ds.asked.After(after) {
		return ds.known, nil
	}
	asked := time.Now()
	if asked.Sub(ds.asked) < tryAgain/2 { // others found just now what there is
		return ds.known, nil
	}
	l, err := m.store.whoLeads(ctx)
	if err != nil {
		return nil, err
	}
	ds.asked = asked
	if ds.known != nil && ds.known.token == l.token {
		return ds.known, nil
	}
	ds.forget()
	if l.Epoch != 0 && !m.is(l) { // this process's own term is over, or has not begun
		ds.known = newDoor(l)
		ds.known.patience = ds.patience
	}
	return ds.known, nil
}

func (ds *doors) forget() {
	if ds.known != nil {
		ds.known.client.CloseIdleConnections()
		ds.known = nil
	}
}

func (ds *doors) close() {
	ds.asking <- struct{}{}
	ds.forget()
	<-ds.asking
}

// newDoor knows the leader by its certificate alone, whatever stands between.
func newDoor(l leader) *door {
	dialer := net.Dialer{Timeout: 2 * time.Second, KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: 2 * time.Second, Interval: time.Second, Count: 3}}
	return &door{leader: l, patience: untilAway, client: &http.Client{
		Transport: &http.Transport{
			DialContext: dialer.DialContext, TLSHandshakeTimeout: 3 * time.Second,
			ForceAttemptHTTP2: true, // one connection for all, so that many writers share what it costs
			IdleConnTimeout:   time.Minute,
			TLSClientConfig: &tls.Config{
				MinVersion:         tls.VersionTLS13,
				InsecureSkipVerify: true, // names and issuers: VerifyConnection asks for more
				VerifyConnection: func(state tls.ConnectionState) error {
					if sha256.Sum256(state.PeerCertificates[0].Raw) != l.certificate {
						return errStranger
					}
					return nil
				},
			},
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Timeout:       mostAnswered,
	}}
}

// handIn hands the errand in and returns what the leader says to it.
func (d *door) handIn(ctx context.Context, e errand) (eventstore.Appended, error) {
	body, err := json.Marshal(e.written())
	if err != nil {
		return eventstore.Appended{}, err
	}
	if len(body) > mostBytes {
		return eventstore.Appended{}, fmt.Errorf("%w: %d bytes to hand in to the leader, at most %d", eventstore.ErrTooLarge, len(body), mostBytes)
	}
	var sent atomic.Bool
	traced := httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{WroteHeaders: func() { sent.Store(true) }})
	request, err := http.NewRequestWithContext(traced, http.MethodPost, "https://"+d.Address+handInPath, bytes.NewReader(body))
	if err != nil {
		return eventstore.Appended{}, err
	}
	request.Header.Set("Authorization", "Bearer "+d.token)
	o, err := d.ask(request)
	switch {
	case err == nil:
		d.tried(ctx, nil)
		return o.Appended, o.err()
	case sent.Load() && !errors.Is(err, errElsewhere):
		return eventstore.Appended{}, fmt.Errorf("%w: %w", eventstore.ErrOutcomeUnknown, err)
	case !sent.Load():
		d.tried(ctx, err)
	}
	return eventstore.Appended{}, fmt.Errorf("%w: %w", errElsewhere, err)
}

func (d *door) ask(request *http.Request) (o outcome, err error) {
	response, err := d.client.Do(request)
	if err != nil {
		return o, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		_, _ = io.CopyN(io.Discard, response.Body, 4<<10)
		return o, fmt.Errorf("%w: %s answered %s", errElsewhere, d.Address, response.Status)
	}
	return o, json.NewDecoder(response.Body).Decode(&o)
}
