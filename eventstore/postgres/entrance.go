package postgres

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"sync"
	"time"
)

const (
	// handInPath has a version, so that programs that differ find out.
	handInPath = "/v1/errands"

	// An errand of mostBytes in JSON holds an append of [eventstore.MaxAppend].
	// smallBytes is room for nearly all; of those above it only few are let in at a
	// time, because each is held in memory.
	mostBytes    = 192 << 20
	smallBytes   = 1 << 20
	smallAtOnce  = 256
	largeAtOnce  = 2
	mostCallers  = 1024            // connections, before anybody has shown the token
	mostAnswered = 3 * time.Minute // the writer gives up long before
)

// An entrance is where others hand in errands, while its process leads.
type entrance struct {
	server      *http.Server
	listening   string            // where
	certificate [sha256.Size]byte // of the certificate it shows
	small       chan struct{}     // a place for each errand being carried out
	large       chan struct{}
	wait        time.Duration // for a place
}

// openEntrance starts listening and returns where it is reached.
func openEntrance(as Member, serve func(*entrance, http.ResponseWriter, *http.Request)) (*entrance, string, error) {
	certificate, err := newCertificate()
	if err != nil {
		return nil, "", err
	}
	listen := as.Listen
	if listen == "" {
		listen = "127.0.0.1:0"
	}
	listener, err := net.Listen("tcp", listen)
	if err != nil {
		return nil, "", err
	}
	address, err := as.reached(listener.Addr())
	if err != nil {
		_ = listener.Close()
		return nil, "", err
	}
	e := &entrance{
		listening: listener.Addr().String(), certificate: sha256.Sum256(certificate.Certificate[0]),
		small: make(chan struct{}, smallAtOnce), large: make(chan struct{}, largeAtOnce), wait: 5 * time.Second,
	}
	e.server = &http.Server{
		Handler:           http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { serve(e, w, r) }),
		ReadHeaderTimeout: 5 * time.Second, ReadTimeout: time.Minute, WriteTimeout: mostAnswered, IdleTimeout: 2 * time.Minute,
		MaxHeaderBytes: 8 << 10,
		ErrorLog:       log.New(io.Discard, "", 0), // strangers who knock
	}
	secured := tls.NewListener(&crowd{Listener: listener, places: make(chan struct{}, mostCallers)},
		&tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS13, NextProtos: []string{"h2"}})
	go func() { _ = e.server.Serve(secured) }() // until it is closed
	return e, address, nil
}

// reached returns the address that others are told.
func (as Member) reached(listening net.Addr) (string, error) {
	if as.Advertise != "" {
		_, _, err := net.SplitHostPort(as.Advertise)
		return as.Advertise, err
	}
	if at, ok := listening.(*net.TCPAddr); ok && at.IP.IsUnspecified() {
		return "", fmt.Errorf("在 %s 上监听，须另行说明别的进程用哪个地址找到它 (an address to advertise is needed)", listening)
	}
	return listening.String(), nil
}

// close lets those who are being answered have their answers.
func (e *entrance) close() {
	ctx, cancel := context.WithTimeout(context.Background(), grace)
	defer cancel()
	if e.server.Shutdown(ctx) != nil {
		_ = e.server.Close()
	}
}

// serve carries out the errand in the request. Every status but 200 says that it
// was not.
func (m *member) serve(e *entrance, w http.ResponseWriter, r *http.Request) {
	t := m.leading()
	if t == nil || subtle.ConstantTimeCompare([]byte(r.Header.Get("Authorization")), []byte("Bearer "+t.token)) != 1 {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	if r.Method != http.MethodPost || r.URL.Path != handInPath {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	leave, ok := e.enter(r)
	if !ok {
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	defer leave()
	var given errand
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, mostBytes)).Decode(&given); err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	done := outcomeOf(t.carryOut(r.Context(), given))
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(done) // to one who is gone: it asks again
}

// enter waits a while for a place.
func (e *entrance) enter(r *http.Request) (leave func(), ok bool) {
	places := e.small
	if r.ContentLength < 0 || r.ContentLength > smallBytes {
		places = e.large
	}
	select {
	case places <- struct{}{}:
		return func() { <-places }, true
	case <-r.Context().Done():
	case <-time.After(e.wait):
	}
	return nil, false
}

// A crowd is a listener that lets only so many in at a time.
type crowd struct {
	net.Listener
	places chan struct{}
}

func (c *crowd) Accept() (net.Conn, error) {
	conn, err := c.Listener.Accept()
	if err != nil {
		return nil, err
	}
	select {
	case c.places <- struct{}{}:
		return &caller{Conn: conn, leave: sync.OnceFunc(func() { <-c.places })}, nil
	default:
		_ = conn.Close()
		return c.Accept()
	}
}

type caller struct {
	net.Conn
	leave func()
}

func (c *caller) Close() error {
	defer c.leave()
	return c.Conn.Close()
}
