package independent_test

import (
	"io"
	"os/exec"
	"sync"
	"syscall"
	"testing"
)

// start runs wenxiao until stop, or the test's end. What it prints is to be read.
func start(t *testing.T, args ...string) (out io.Reader, stop func()) {
	t.Helper()
	cmd := exec.Command(wenxiao, args...)
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	stop = sync.OnceFunc(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		_ = cmd.Wait()
	})
	t.Cleanup(stop)
	return out, stop
}
