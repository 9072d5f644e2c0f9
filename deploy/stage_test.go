package deploy

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/compose-spec/compose-go/v2/types"
)

// Variable names the environment variable that, when set, holds the path of the
// binary to rehearse with instead of building one.
const Variable = "WENXIAO_BINARY"

// build makes the binary once for all rehearsals.
var build = sync.OnceValues(func() (string, error) {
	if binary := os.Getenv(Variable); binary != "" {
		return binary, nil
	}
	dir, err := os.MkdirTemp("", "wenxiao-deploy-")
	if err != nil {
		return "", err
	}
	binary := filepath.Join(dir, "wenxiao")
	cmd := exec.Command("go", "build", "-o", binary, "./cmd/wenxiao")
	cmd.Dir = ".."
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w\n%s", err, out)
	}
	return binary, nil
})

func TestMain(m *testing.M) {
	code := m.Run()
	if binary, err := build(); err == nil && os.Getenv(Variable) == "" {
		_ = os.RemoveAll(filepath.Dir(binary))
	}
	os.Exit(code)
}

// A stage plays the containers of one profile as processes of this machine: the
// paths they mount lie in a temporary folder, the names they know lead to ports
// of loopback, and what they are told is otherwise what compose.yaml says.
type stage struct {
	*testing.T
	project *types.Project
	binary  string
	secrets string
	dir     string
	ports   map[string]string // of service and port
	logs    map[string]*log
}

func newStage(t *testing.T, profiles ...string) *stage {
	t.Helper()
	binary, err := build()
	if err != nil {
		t.Fatal(err)
	}
	s := &stage{T: t, project: load(t, profiles...), binary: binary, secrets: secrets(t), dir: t.TempDir(), ports: map[string]string{}, logs: map[string]*log{}}
	for _, dir := range []string{s.dir, filepath.Dir(s.dir)} { // another user keeps the database
		if err := os.Chmod(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

// port is where on this machine a service has one of its ports. A service in
// another's network has the other's.
func (s *stage) port(service, port string) string {
	s.Helper()
	if host, ok := strings.CutPrefix(s.project.Services[service].NetworkMode, "service:"); ok {
		service = host
	}
	key := service + ":" + port
	if s.ports[key] == "" {
		s.ports[key] = s.held()
	}
	return s.ports[key]
}

// held is a port that nobody is given until the test ends, and that a server can
// listen on: a socket is bound to it, and never listens.
func (s *stage) held() string {
	s.Helper()
	socket, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	if err != nil {
		s.Fatal(err)
	}
	syscall.CloseOnExec(socket)
	s.Cleanup(func() { _ = syscall.Close(socket) })
	err = errors.Join(
		syscall.SetsockoptInt(socket, syscall.SOL_SOCKET, syscall.SO_REUSEADDR, 1), // as servers do, too
		syscall.Bind(socket, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}),
	)
	bound, named := syscall.Getsockname(socket)
	if err := errors.Join(err, named); err != nil {
		s.Fatal(err)
	}
	return strconv.Itoa(bound.(*syscall.SockaddrInet4).Port)
}

var (
	listens = regexp.MustCompile(`(^|127\.0\.0\.1|0\.0\.0\.0):(\d{4,5})\b`)
	named   = regexp.MustCompile(`(@|^)([a-z]+):(\d{4,5})\b`)
)

// here says in terms of this machine what a container is told.
func (s *stage) here(service types.ServiceConfig, text string) string {
	text = listens.ReplaceAllStringFunc(text, func(at string) string {
		return "127.0.0.1:" + s.port(service.Name, listens.FindStringSubmatch(at)[2])
	})
	text = named.ReplaceAllStringFunc(text, func(at string) string {
		parts := named.FindStringSubmatch(at)
		return parts[1] + "127.0.0.1:" + s.port(parts[2], parts[3])
	})
	text = strings.ReplaceAll(text, "@database/", "@127.0.0.1:"+s.port("database", "5432")+"/")
	text = strings.ReplaceAll(text, "/run/secrets", s.secrets)
	for _, v := range service.Volumes {
		text = strings.ReplaceAll(text, v.Target, s.volume(v))
	}
	if text == "/wenxiao" {
		return s.binary
	}
	return text
}

// volume is the folder of a named volume, or the file that is mounted.
func (s *stage) volume(v types.ServiceVolumeConfig) string {
	if v.Type == types.VolumeTypeBind {
		return v.Source
	}
	path := filepath.Join(s.dir, v.Source)
	if err := os.MkdirAll(path, 0o755); err != nil {
		s.Fatal(err)
	}
	return path
}

func (s *stage) all(service types.ServiceConfig, texts []string) (told []string) {
	for _, text := range texts {
		told = append(told, s.here(service, text))
	}
	return told
}

// start runs one of our services until the test ends. The function it returns
// ends it sooner, as stopping the container would.
func (s *stage) start(name string) (stop func()) {
	s.Helper()
	service := s.project.Services[name]
	cmd := exec.Command(s.binary, s.all(service, service.Command)...)
	cmd.Dir = s.dir
	for key, value := range service.Environment {
		cmd.Env = append(cmd.Env, key+"="+s.here(service, *value))
	}
	return s.run(name, cmd)
}

func (s *stage) run(name string, cmd *exec.Cmd) (stop func()) {
	s.Helper()
	said := new(log)
	s.logs[name], cmd.Stdout, cmd.Stderr = said, said, said
	if err := cmd.Start(); err != nil {
		s.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	stop = sync.OnceFunc(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		select {
		case err := <-ended:
			if err != nil && cmd.Path == s.binary {
				s.Errorf("%s ended with %v\n%s", name, err, said.tail())
			}
		case <-time.After(time.Minute):
			_ = cmd.Process.Kill()
			s.Errorf("%s does not end", name)
		}
	})
	s.Cleanup(stop)
	return stop
}

// healthy waits until the container's own check is content.
func (s *stage) healthy(name string) {
	s.Helper()
	service := s.project.Services[name]
	check := s.all(service, service.HealthCheck.Test[1:])
	s.until(name, func(ctx context.Context) error {
		out, err := exec.CommandContext(ctx, check[0], check[1:]...).CombinedOutput()
		if err != nil {
			return fmt.Errorf("%q: %w %s", check, err, out)
		}
		return nil
	})
}

// until tries again and again, for three minutes.
func (s *stage) until(name string, try func(context.Context) error) {
	s.Helper()
	var err error
	for end := time.Now().Add(3 * time.Minute); time.Now().Before(end); time.Sleep(250 * time.Millisecond) {
		if err = try(s.Context()); err == nil {
			return
		}
	}
	s.Fatalf("%s: %v\n%s", name, err, s.logs[name].tail())
}

// get reads a page of one of our services, with the token of its metrics.
func (s *stage) get(name, path string) (string, error) {
	token, err := os.ReadFile(filepath.Join(s.secrets, "metrics"))
	if err != nil {
		return "", err
	}
	request, err := http.NewRequestWithContext(s.Context(), http.MethodGet, "http://127.0.0.1:"+s.port(name, "8080")+path, nil)
	if err != nil {
		return "", err
	}
	request.Header.Set("Authorization", "Bearer "+string(token))
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return "", err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err == nil && answer.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s answers %s: %s", path, answer.Status, body)
	}
	return string(body), err
}

// measures waits until the metrics of a service have a line that begins so.
func (s *stage) measures(name, line string) {
	s.Helper()
	s.says(name, "/metrics", "\n"+line)
}

// says waits until a page of a service holds a text.
func (s *stage) says(name, path, want string) {
	s.Helper()
	s.until(name, func(context.Context) error {
		text, err := s.get(name, path)
		if err == nil && !strings.Contains(text, want) {
			err = fmt.Errorf("%s lacks %s:\n%s", path, want, text)
		}
		return err
	})
}

// asPostgres has cmd run as the user of PostgreSQL, which will not run as root.
func (s *stage) asPostgres(cmd *exec.Cmd) *exec.Cmd {
	s.Helper()
	if os.Getuid() != 0 {
		return cmd
	}
	who, err := user.Lookup("postgres")
	if err != nil {
		s.Fatal(err)
	}
	uid, _ := strconv.Atoi(who.Uid)
	gid, _ := strconv.Atoi(who.Gid)
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}
	return cmd
}

// A log is what a process says, requests left out.
type log struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *log) tail() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var told []string
	for line := range strings.Lines(l.text.String()) {
		if !strings.Contains(line, "msg=request") {
			told = append(told, line)
		}
	}
	return strings.Join(told[max(0, len(told)-40):], "")
}
