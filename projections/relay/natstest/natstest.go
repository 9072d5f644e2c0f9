// Package natstest gives tests a real NATS server of their own.
package natstest

import (
	"errors"
	"os/exec"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
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
	s := &Server{t: t, dir: t.TempDir(), port: heldPort(t)}
	s.Start()
	t.Cleanup(s.Kill)
	return s
}

// heldPort is a port that nobody is given until the test ends, and that a server
// can listen on and give back: a socket is bound to it, and never listens.
func heldPort(t testing.TB) string {
	t.Helper()
	socket, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	syscall.CloseOnExec(socket)
	t.Cleanup(func() { _ = syscall.Close(socket) })
	err = errors.Join(
		syscall.SetsockoptInt(socket, syscall.SOL_SOCKET, syscall.SO_REUSEADDR, 1), // as servers do, too
		syscall.Bind(socket, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}),
	)
	bound, named := syscall.Getsockname(socket)
	if err := errors.Join(err, named); err != nil {
		t.Fatal(err)
	}
	return strconv.Itoa(bound.(*syscall.SockaddrInet4).Port)
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
