package vault

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// TestSeveralProcesses opens one fresh vault in several processes at once: there
// is one master key, and each person has one key, which all of them use. What one
// destroys is gone for the others, while they read.
func TestSeveralProcesses(t *testing.T) {
	if path := os.Getenv("VAULT_OF_SEVERAL"); path != "" {
		inOneProcess(t, path)
		return
	}
	const processes = 5
	path := filepath.Join(t.TempDir(), "keys")
	said := make([]string, processes)
	var all sync.WaitGroup
	for i := range processes {
		all.Go(func() {
			cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestSeveralProcesses$", "-test.v")
			cmd.Env = append(os.Environ(), "VAULT_OF_SEVERAL="+path, fmt.Sprint("VAULT_NUMBER=", i))
			out, err := cmd.CombinedOutput()
			if err != nil {
				t.Errorf("%v\n%s", err, out)
			}
			_, after, _ := strings.Cut(string(out), "keys: ")
			said[i], _, _ = strings.Cut(after, "\n")
		})
	}
	all.Wait()
	for i, keys := range said {
		if keys == "" || keys != said[0] {
			t.Errorf("process %d has keys %q, process 0 %q", i, keys, said[0])
		}
	}
	v := open(t, path)
	for i := range processes {
		if gone, err := v.Destroyed(t.Context(), fmt.Sprint("leaving-", i)); !gone || err != nil {
			t.Errorf("leaving-%d: destroyed %t, %v", i, gone, err)
		}
	}
	if n, err := v.Count(t.Context()); n != 20 || err != nil {
		t.Errorf("%d keys, %v", n, err)
	}
}

func inOneProcess(t *testing.T, path string) {
	v, leaving := open(t, path), "leaving-"+os.Getenv("VAULT_NUMBER")
	var keys []string
	for i := range 20 {
		who := fmt.Sprint("v-", i)
		p := protect(t, v, who, "name", text)
		if got, err := v.Reveal(t.Context(), who, "name", p); got != text || err != nil {
			t.Fatalf("%q, %v", got, err)
		}
		keys = append(keys, p.Key)
	}
	protect(t, v, leaving, "name", text)
	if n, err := v.Destroy(t.Context(), leaving); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	fmt.Println("keys:", strings.Join(keys, " "))
}
