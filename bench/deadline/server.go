package deadline

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"time"
)

// A Server is a process of `wenxiao serve`.
type Server struct {
	address string
	command *exec.Cmd
	log     string
}

var printed = regexp.MustCompile(`http://[^/\s]+`)

// Start starts a server on a ledger and waits until it answers; what lies beside
// a ledger that is no file goes into home.
func Start(ctx context.Context, binary, db, home, log string) (*Server, error) {
	errs, err := os.Create(log)
	if err != nil {
		return nil, err
	}
	defer errs.Close()
	s := &Server{log: log, command: exec.CommandContext(ctx, binary, "serve", "--addr", "127.0.0.1:0", "--db", db, "--home", home)}
	s.command.Cancel = func() error { return s.command.Process.Signal(os.Interrupt) }
	s.command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // an interrupt from the terminal is for the bench
	s.command.Stderr, s.command.Dir = errs, filepath.Dir(log)
	out, err := s.command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := s.command.Start(); err != nil {
		return nil, err
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if s.address = printed.FindString(line); err != nil || s.address == "" {
		_ = s.command.Wait()
		return nil, fmt.Errorf("the server did not come up: %q, %w\n%s", line, err, s.worst(20))
	}
	return s, nil
}

// Used is what the process took.
type Used struct {
	Processor time.Duration
	Memory    int64 // bytes, at most
}

// Stop ends the server in an orderly way.
func (s *Server) Stop() (Used, error) {
	if err := s.command.Process.Signal(syscall.SIGTERM); err != nil {
		return Used{}, err
	}
	err := s.command.Wait()
	state := s.command.ProcessState
	used := Used{Processor: state.UserTime() + state.SystemTime()}
	if usage, ok := state.SysUsage().(*syscall.Rusage); ok {
		used.Memory = usage.Maxrss << 10
	}
	if err != nil {
		err = fmt.Errorf("%w\n%s", err, s.worst(20))
	}
	return used, err
}

// worst returns lines of the log that are no plain information.
func (s *Server) worst(most int) string {
	text, err := os.ReadFile(s.log)
	if err != nil {
		return err.Error()
	}
	var lines []string
	for line := range strings.Lines(string(text)) {
		if !strings.Contains(line, "level=INFO") && !strings.Contains(line, `"level":"INFO"`) && len(lines) < most {
			lines = append(lines, strings.TrimSpace(line))
		}
	}
	return strings.Join(lines, "\n")
}
