//go:build unix

package main

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// nobody is a user who owns nothing here. Root may write everywhere, so that
// these tests change to it; whoever else runs them is refused by the modes alone.
const nobody = 65534

// A stranger runs the program as somebody else would.
type stranger struct {
	*testing.T
	program, scratch string
}

func newStranger(t *testing.T) *stranger {
	t.Helper()
	dir := public(t)
	s := &stranger{T: t, program: filepath.Join(dir, "wenxiao"), scratch: filepath.Join(dir, "scratch")}
	self, err := os.Executable()
	if err == nil {
		err = copyProgram(self, s.program)
	}
	if err := errors.Join(err, os.Mkdir(s.scratch, 0o777), os.Chmod(s.scratch, 0o777)); err != nil {
		t.Fatal(err)
	}
	return s
}

// public is a folder that others may look into.
func public(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := errors.Join(os.Chmod(filepath.Dir(dir), 0o755), os.Chmod(dir, 0o755)); err != nil {
		t.Fatal(err)
	}
	return dir
}

func copyProgram(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY, 0o755)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}

func (s *stranger) run(args ...string) (code int, out string) {
	s.Helper()
	cmd := exec.CommandContext(s.Context(), s.program, args...)
	cmd.Dir = s.scratch
	cmd.Env = append(os.Environ(), "HOME="+s.scratch, "TMPDIR="+s.scratch, "XDG_CACHE_HOME="+s.scratch)
	if os.Geteuid() == 0 {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	}
	both, err := cmd.CombinedOutput()
	if exit := new(exec.ExitError); err != nil && !errors.As(err, &exit) {
		s.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), string(both)
}

// frozen makes what lies in dir unchangeable: folders and files as on a CD. own
// gives them to the stranger.
func frozen(t *testing.T, dir string, own bool) {
	t.Helper()
	change := func(folder, file fs.FileMode) error {
		return filepath.WalkDir(dir, func(path string, at fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			if os.Geteuid() == 0 && own {
				err = os.Chown(path, nobody, nobody)
			}
			if at.IsDir() {
				return errors.Join(err, os.Chmod(path, folder))
			}
			return errors.Join(err, os.Chmod(path, file))
		})
	}
	if err := change(0o555, 0o444); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = change(0o755, 0o644) })
}

// TestWhereNothingCanBeWritten asks a ledger everything that can be asked of one
// that is only to be read.
func TestWhereNothingCanBeWritten(t *testing.T) {
	dir := public(t)
	v := newVictim(t, place{url: "sqlite:" + filepath.Join(dir, "l.db"), home: filepath.Join(dir, "home")}, dir)
	frozen(t, dir, true)
	s := newStranger(t)
	for _, c := range []struct {
		args []string
		says string
	}{
		{[]string{"verify"}, "没有发现问题"},
		{[]string{"verify", "--tables"}, "比对到账本位置 30"},
		{[]string{"seal"}, "盖住 30"},
		{[]string{"receipt", "7"}, "c2sp.org/tlog-proof"},
		{[]string{"log", "--limit", "2"}, "示例单位"},
		{[]string{"show", "unit-u30"}, "示例单位 30"},
		{[]string{"evidence", "--query", "示例单位 298", "-o", "b.zip"}, "取证单 (bundle)  b.zip"},
		{[]string{"doctor"}, "没有发现问题"},
	} {
		if code, out := s.run(append(c.args, "--db", v.url)...); code != 0 || !strings.Contains(out, c.says) {
			t.Errorf("wenxiao %s: %d, nothing of %s\n%s", strings.Join(c.args, " "), code, c.says, out)
		}
	}
	left, err := filepath.Glob(filepath.Join(s.scratch, "wenxiao-*"))
	if err != nil || len(left) > 0 {
		t.Errorf("tables are left behind: %v, %v", left, err)
	}
	if code, out := s.run("import", "x.json", "--db", v.url); code == 0 || strings.Contains(out, "不是账本文件") {
		t.Errorf("writing: %d %s", code, out)
	}
}

// TestSomebodyElsesLedger has keys and files that are their owner's alone.
func TestSomebodyElsesLedger(t *testing.T) {
	dir := public(t)
	v := newVictim(t, place{url: "sqlite:" + filepath.Join(dir, "l.db"), home: filepath.Join(dir, "home")}, dir)
	policy := filepath.Join(public(t), "policy")
	if err := os.WriteFile(policy, []byte(v.do(t, "seal", "policy")), 0o644); err != nil {
		t.Fatal(err)
	}
	frozen(t, dir, false)
	for _, closed := range []string{v.place.beside("seal"), v.place.beside("files")} {
		if err := os.Chmod(closed, 0); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = os.Chmod(closed, 0o755) })
	}
	s := newStranger(t)
	if code, out := s.run("verify", "--db", v.url); code != 0 || !strings.Contains(out, "没有核 (left out)  签名：没有读") || !strings.Contains(out, "附件：没有读") || !strings.Contains(out, "没有发现问题；没有权限读的部分没有核") || strings.Contains(out, "没有签过") {
		t.Errorf("%d %s", code, out)
	}
	if code, out := s.run("verify", "--policy", policy, "--db", v.url); code != 0 || !strings.Contains(out, "已公布的检查点：前 30") || !strings.Contains(out, "最后签署的检查点：没有读") {
		t.Errorf("with a policy: %d %s", code, out)
	}
	if err := os.Chmod(filepath.Join(dir, "l.db"), 0); err != nil {
		t.Fatal(err)
	}
	if code, out := s.run("verify", "--db", v.url); code == 0 || !strings.Contains(out, "没有读这本账的权限") {
		t.Errorf("a ledger that may not be read: %d %s", code, out)
	}
}
