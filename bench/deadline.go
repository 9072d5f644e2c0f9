package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"wenxiao/bench/city"
	"wenxiao/bench/deadline"
	"wenxiao/domain"
	"wenxiao/eventstore"
	"wenxiao/eventstore/postgres"
	"wenxiao/eventstore/sqlite"
)

// deadlineWeek builds a city whose self-evaluations are due and plays its week
// against `wenxiao serve`: on SQLite, on PostgreSQL, and there with several
// processes on one database if asked for.
func deadlineWeek(ctx context.Context, p plan) error {
	binary, err := p.build(ctx)
	if err != nil {
		return err
	}
	week := p.week
	week.City.From = domain.FiscalYear(time.Now().Year() - week.City.Years)
	return p.eachBackend(ctx, func(b backend) error {
		processes := []int{1}
		if b.name == "postgres" && p.processes > 1 {
			processes = append(processes, p.processes)
		}
		for _, n := range processes {
			if err := playWeek(ctx, p, b, week, binary, n); err != nil {
				return fmt.Errorf("%d processes: %w", n, err)
			}
		}
		return nil
	})
}

// build makes the program to measure, unless one was named.
func (p plan) build(ctx context.Context) (string, error) {
	if p.binary != "" {
		return filepath.Abs(p.binary)
	}
	root, err := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}", "wenxiao").Output()
	if err != nil {
		return "", fmt.Errorf("where the ledger's module lies: %w", err)
	}
	binary := filepath.Join(p.dir, "wenxiao")
	out, err := exec.CommandContext(ctx, "go", "-C", strings.TrimSpace(string(root)), "build", "-o", binary, "./cmd/wenxiao").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("build wenxiao: %w\n%s", err, out)
	}
	return binary, nil
}

func playWeek(ctx context.Context, p plan, b backend, week deadline.Week, binary string, processes int) (err error) {
	dir, err := os.MkdirTemp(p.dir, "week-")
	if err != nil {
		return err
	}
	db, accounts, err := settle(ctx, b, week.City, dir)
	if err != nil {
		return err
	}
	if err := week.Enrol(ctx, accounts); err != nil {
		return err
	}
	var servers []*deadline.Server
	stopped := false
	stop := func() (used []deadline.Used, err error) {
		if stopped {
			return nil, nil
		}
		stopped = true
		for _, s := range servers {
			u, ended := s.Stop()
			used, err = append(used, u), errors.Join(err, ended)
		}
		return used, err
	}
	defer func() {
		_, ended := stop()
		err = errors.Join(err, ended)
	}()
	for i := range processes {
		s, err := deadline.Start(ctx, binary, db, filepath.Join(dir, "home"), filepath.Join(dir, fmt.Sprintf("server-%d.log", i)))
		if err != nil {
			return err
		}
		servers = append(servers, s)
	}
	report, err := deadline.Run(ctx, week, servers)
	if err != nil {
		return err
	}
	if report.Used, err = stop(); err != nil {
		return err
	}
	report.Print(os.Stdout)
	if err := kept(ctx, db, report); err != nil {
		return err
	}
	judgeWeek(p.targets, fmt.Sprintf("%s, %d processes", b.name, processes), report)
	return nil
}

// kept fails when the ledger lacks what somebody was told is in it, or has what
// nobody filed.
func kept(ctx context.Context, db string, report *deadline.Report) error {
	var store eventstore.Store
	var err error
	if path, ok := strings.CutPrefix(db, "sqlite:"); ok {
		store, err = sqlite.OpenReadOnly(path)
	} else {
		store, err = postgres.OpenReadOnly(ctx, db)
	}
	if err != nil {
		return err
	}
	defer store.Close()
	right, filed, err := report.Kept(ctx, store)
	if err == nil && (right != report.Acknowledged() || filed != right && report.Errors() == 0) {
		err = fmt.Errorf("%d filings were acknowledged, the ledger has %d of them and %d in all", report.Acknowledged(), right, filed)
	}
	fmt.Printf("  %d filings acknowledged, each in the ledger once\n", right)
	return err
}

// settle records the city, and returns the addresses of its ledger and of the
// accounts that a server on it asks.
func settle(ctx context.Context, b backend, size city.Size, dir string) (db, accounts string, err error) {
	store, tables, err := b.open(ctx)
	if err != nil {
		return "", "", err
	}
	n, err := city.Build(ctx, store, size, 1, 64, func(int) {})
	if err = errors.Join(err, store.Close()); err != nil {
		return "", "", err
	}
	fmt.Printf("\n%s, the week self-evaluations are due in a city of %d departments with %d programmes each (%d events, seed 1)\n", b.name, size.Departments, size.Programmes, n)
	if path, ok := strings.CutSuffix(tables, ".views"); ok {
		return path, path + ".accounts", nil
	}
	return tables, tables, os.MkdirAll(filepath.Join(dir, "home"), 0o700)
}

func judgeWeek(t *targets, where string, r *deadline.Report) {
	median, p95 := r.Filing()
	t.add("deadline week on "+where+": no error", r.Errors() == 0, "%d errors; filing takes %s (median), %s (95th)",
		r.Errors(), median.Round(time.Millisecond), p95.Round(time.Millisecond))
}
