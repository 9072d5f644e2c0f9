//go:build unix

// Package pgtest gives tests a real PostgreSQL server of their own.
package pgtest

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// Variable names the environment variable that, when set, holds the URL of a
// server to use instead of starting one. Its user must be allowed to create
// schemas.
const Variable = "WENXIAO_POSTGRES"

// URL returns the address of a fresh, empty schema that is dropped when the test
// ends. The first call in a test binary starts a server with its data in a
// temporary directory and fsync on; it ends, and its data with it, when the test
// binary ends, however that happens. Without a server to run, the test fails.
func URL(t testing.TB) string {
	t.Helper()
	base, err := server()
	if err != nil {
		t.Fatal(err)
	}
	schema := "test_" + strings.ToLower(rand.Text())
	run(t, base, "create schema "+schema)
	t.Cleanup(func() { run(t, base, "drop schema "+schema+" cascade") })
	u, err := url.Parse(base)
	if err != nil {
		t.Fatal(err)
	}
	query := u.Query()
	query.Set("search_path", schema)
	u.RawQuery = query.Encode()
	return u.String()
}

func run(t testing.TB, url, statement string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	if _, err := conn.Exec(ctx, statement); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

var server = sync.OnceValues(func() (string, error) {
	if url := os.Getenv(Variable); url != "" {
		return url, nil
	}
	bin, err := binaries()
	if err != nil {
		return "", err
	}
	dir, err := os.MkdirTemp("", "wenxiao-pg-")
	if err != nil {
		return "", err
	}
	url, err := launch(bin, dir)
	if err != nil {
		return "", errors.Join(fmt.Errorf("start PostgreSQL: %w", err), os.RemoveAll(dir))
	}
	return url, nil
})

// binaries returns the directory of the newest server installed.
func binaries() (string, error) {
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb") // as Debian lays them out
	slices.SortFunc(found, func(a, b string) int { return major(a) - major(b) })
	if path, err := exec.LookPath("initdb"); err == nil && len(found) == 0 {
		found = append(found, path)
	}
	if len(found) == 0 {
		return "", fmt.Errorf("no PostgreSQL server in /usr/lib/postgresql or PATH: `make test` installs one (Debian: apt-get install postgresql); or name one in %s", Variable)
	}
	return filepath.Dir(found[len(found)-1]), nil
}

func major(initdb string) int {
	n, _ := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(initdb))))
	return n
}

// guard runs the server until its own standard input ends, which the system
// does for it when the test binary is gone.
const guard = `"$1/postgres" -D "$2/data" -k "$2" -c listen_addresses= -c fsync=on -c max_connections=200 >"$2/log" 2>&1 &
cat >/dev/null
kill -INT $!
wait $!
rm -rf "$2"`

func launch(bin, dir string) (string, error) {
	attributes, err := initialise(bin, dir)
	if err != nil {
		return "", err
	}
	watch := exec.Command("/bin/sh", "-c", guard, "sh", bin, dir)
	watch.SysProcAttr, watch.Dir = attributes, dir
	stdin, err := watch.StdinPipe()
	if err != nil {
		return "", err
	}
	held = stdin
	if err := watch.Start(); err != nil {
		return "", err
	}
	go func() { _ = watch.Wait() }()
	address := url.URL{Scheme: "postgres", Path: "/postgres", RawQuery: url.Values{"host": {dir}, "user": {"postgres"}}.Encode()}
	return address.String(), ready(address.String(), dir)
}

// initialise makes a server's data in dir and returns how its processes are to be
// started.
func initialise(bin, dir string) (*syscall.SysProcAttr, error) {
	attributes := &syscall.SysProcAttr{Setpgid: true} // an interrupt from the terminal is for the test
	if os.Getuid() == 0 {                             // which PostgreSQL refuses to run as
		credential, err := postgresUser()
		if err != nil {
			return nil, err
		}
		if err := os.Chown(dir, int(credential.Uid), int(credential.Gid)); err != nil {
			return nil, err
		}
		attributes.Credential = credential
	}
	initdb := exec.Command(filepath.Join(bin, "initdb"), "-D", filepath.Join(dir, "data"), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
	initdb.SysProcAttr, initdb.Dir = attributes, dir
	if out, err := initdb.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("initdb: %w\n%s", err, out)
	}
	return attributes, nil
}

// held keeps the guard's standard input open.
var held any //nolint:unused // written only: unreferenced, its finalizer would close it

func postgresUser() (*syscall.Credential, error) {
	u, err := user.Lookup("postgres")
	if err != nil {
		return nil, err
	}
	uid, err := strconv.ParseUint(u.Uid, 10, 32)
	if err != nil {
		return nil, err
	}
	gid, err := strconv.ParseUint(u.Gid, 10, 32)
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, err
}

func ready(url, dir string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	for {
		conn, err := pgx.Connect(ctx, url)
		if err == nil {
			return conn.Close(ctx)
		}
		select {
		case <-ctx.Done():
			log, _ := os.ReadFile(filepath.Join(dir, "log"))
			return fmt.Errorf("%w\n%s", err, log)
		case <-time.After(20 * time.Millisecond):
		}
	}
}
