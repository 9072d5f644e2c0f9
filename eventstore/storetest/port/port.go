// Package port finds ports for the servers of tests.
package port

import (
	"errors"
	"strconv"
	"syscall"
	"testing"
)

// Held is a port that nobody is given until the test ends, and that a server
// can listen on and give back: a socket is bound to it, and never listens.
func Held(t testing.TB) string {
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
