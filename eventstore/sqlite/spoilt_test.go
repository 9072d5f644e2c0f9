package sqlite_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"wenxiao/eventstore"
	"wenxiao/eventstore/sqlite"
)

// TestSpoiltFilesSayWhatToDo harms a ledger's file in the ways that disks and
// copies do: opened or read, it is refused by name, with what to do.
func TestSpoiltFilesSayWhatToDo(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger.db")
	s := open(t, path)
	for n := range 20 {
		long := eventstore.Draft{Type: draft.Type, Data: []byte(`"` + strings.Repeat("问", 2000) + `"`)}
		if _, err := s.Append(t.Context(), "s", eventstore.Revision(n), long); err != nil {
			t.Fatal(err)
		}
	}
	shut(t, s)
	sound, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	const page = 4096
	for _, c := range []struct {
		how, code string
		file      []byte
	}{
		{"something else", "ledger.not-a-ledger", bytes.Repeat([]byte("不是数据库\n"), 100)},
		{"its head gone", "ledger.not-a-ledger", append(make([]byte, 100), sound[100:]...)},
		{"cut short", "ledger.damaged", sound[:len(sound)/page/2*page]},
		{"cut within a page", "ledger.damaged", sound[:len(sound)/2+77]},
		{"a few bytes left", "ledger.damaged", sound[:60]},
		{"its list of tables gone", "ledger.damaged", append(sound[:100:100], bytes.Repeat([]byte{0xff}, len(sound)-100)...)},
		{"its last records gone", "ledger.damaged", append(sound[:page:page], bytes.Repeat([]byte{0xff}, len(sound)-page)...)},
	} {
		if err := os.WriteFile(path, c.file, 0o600); err != nil {
			t.Fatal(err)
		}
		for how, open := range map[string]func() error{"written": writes(path), "read": reads(t, path)} {
			err, file := open(), (*sqlite.Spoilt)(nil)
			if !errors.As(err, &file) {
				t.Errorf("%s, %s: %v", c.how, how, err)
				continue
			}
			if no := file.Refusal(); no.Code != c.code || !strings.Contains(no.Reason, path) || !strings.Contains(no.Reason, "备份") {
				t.Errorf("%s, %s: %+v", c.how, how, no)
			}
			if want := map[string]error{"ledger.damaged": eventstore.ErrDamaged, "ledger.not-a-ledger": sqlite.ErrNotLedger}[c.code]; !errors.Is(err, want) {
				t.Errorf("%s, %s: %v is not %v", c.how, how, err, want)
			}
		}
	}
}

func writes(path string) func() error {
	return func() error {
		s, err := sqlite.Open(path)
		if err == nil {
			err = s.Close()
		}
		return err
	}
}

func reads(t *testing.T, path string) func() error {
	return func() error {
		s, err := sqlite.OpenReadOnly(path)
		if err != nil {
			return err
		}
		defer shut(t, s)
		for _, err := range s.ReadAll(t.Context(), 0) {
			if err != nil {
				return err
			}
		}
		return nil
	}
}
