package independent_test

import (
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"k8s.io/klog/v2"
)

var (
	wenxiao string  // the program, built once
	audit   *office // a witness that is not ours
	city    ledger  // published twice, each time cosigned by the audit office; tests only read it
	older   ledger  // city as it was when kept was published
	kept    []byte  // its checkpoint, as an auditor would keep it
	policy  []byte  // whom to believe about city
	withSM2 []byte  // the same with the SM2 key, which other people's tools do not read
)

func TestMain(m *testing.M) {
	if log := os.Getenv(fsckLog); log != "" {
		fsckHere(log, os.Getenv(fsckKey))
		return
	}
	klog.LogToStderr(false) // what the witness says of the attacks we make
	klog.SetOutput(io.Discard)
	slog.SetDefault(slog.New(slog.DiscardHandler))
	status, err := withCity(m.Run)
	if err != nil {
		fmt.Fprintln(os.Stderr, "independent:", err)
		status = 1
	}
	os.Exit(status)
}

func withCity(run func() int) (int, error) {
	dir, err := os.MkdirTemp("", "wenxiao-independent-")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	wenxiao, city, older = filepath.Join(dir, "wenxiao"), ledger(filepath.Join(dir, "city.db")), ledger(filepath.Join(dir, "older.db"))
	if out, err := exec.Command("go", "build", "-C", "..", "-o", wenxiao, "./cmd/wenxiao").CombinedOutput(); err != nil {
		return 0, fmt.Errorf("build wenxiao: %w\n%s", err, out)
	}
	if audit, err = openAudit(); err != nil {
		return 0, err
	}
	defer audit.Close()
	if err := foundCity(); err != nil {
		return 0, err
	}
	return run(), nil
}

// foundCity loads the invented city and the published tables and publishes them,
// then enters a few tables more and publishes again.
func foundCity() error {
	for _, args := range [][]string{{"demo", "--load-only"}, {"seal", "sm2"}} {
		if _, err := city.try(args...); err != nil {
			return err
		}
	}
	if err := audit.watch(city); err != nil {
		return err
	}
	signed, err := city.cosigned()
	if err != nil {
		return err
	}
	kept = signed
	if err := city.copyTo(older); err != nil {
		return err
	}
	if err := city.enter("甲", "乙", "丙"); err != nil {
		return err
	}
	if _, err := city.cosigned(); err != nil {
		return err
	}
	text, err := city.try("seal", "policy")
	if err != nil {
		return err
	}
	policy = []byte(text)
	text, err = city.try("seal", "policy", "--sm2")
	withSM2 = []byte(text)
	return err
}
