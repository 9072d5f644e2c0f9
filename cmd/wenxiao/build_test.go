package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
)

// built is the folder of the real program, built once for all tests; empty where
// none asked for it.
var built string

var buildOnce = sync.OnceValue(func() (err error) {
	if built, err = os.MkdirTemp("", "wenxiao-built-"); err != nil {
		return err
	}
	if out, err := exec.Command("go", "build", "-o", built, ".").CombinedOutput(); err != nil {
		return fmt.Errorf("%w\n%s", err, out)
	}
	return nil
})

// build returns the path of the real program.
func build(t *testing.T) string {
	t.Helper()
	if err := buildOnce(); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(built, "wenxiao")
}

// cleared runs the tests and clears away what was built for them.
type cleared struct{ *testing.M }

func (c cleared) Run() int {
	code := c.M.Run()
	if built != "" {
		_ = os.RemoveAll(built)
	}
	return code
}
