// Package natstest gives tests a real NATS server of their own.
package natstest

import (
	"os/exec"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"wenxiao/eventstore/storetest/port"
)

// A Server is a NATS server with JetStream on a directory of its own. It is
// killed as a machine would lose it, and started again on the same address.
type Server struct {
	t         testing.TB
	dir, port string
	process   *exec.Cmd
}

// Start starts a server that ends with the test. Without one to run, the test
// fails.
func Start(t testing.TB) *Server {
	t.Helper()
	s := &Server{t: t, dir: t.TempDir(), port: port.Held(t)}
	s.Start()
	t.Cleanup(s.Kill)
	return s
}

// URL is the server's address, without a slash at its end.
func (s *Server) URL() string { return "nats://127.0.0.1:" + s.port }

// Start starts it again after Kill, and returns when it answers.
func (s *Server) Start() {
	s.t.Helper()
	path, err := exec.LookPath("nats-server")
	if err != nil {
		s.t.Fatalf("no NATS server in PATH: `make test` installs one (Debian: apt-get install nats-server): %v", err)
	}
	s.process = exec.Command(path, "-js", "-sd", s.dir, "-a", "127.0.0.1", "-p", s.port)
	if err := s.process.Start(); err != nil {
		s.t.Fatal(err)
	}
	for range 6000 { // a minute
		if conn, err := nats.Connect(s.URL()); err == nil {
			conn.Close()
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	s.t.Fatal("the NATS server does not answer")
}

// Kill kills it with signal 9.
func (s *Server) Kill() {
	_ = s.process.Process.Kill()
	_ = s.process.Wait()
}
