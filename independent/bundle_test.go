package independent_test

import (
	"archive/zip"
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"filippo.io/torchwood"
	"golang.org/x/mod/sumdb/tlog"
)

// bundle is an evidence bundle of city, made once.
var bundle = sync.OnceValues(func() ([]byte, error) {
	path := filepath.Join(filepath.Dir(string(city)), "evidence.zip")
	if _, err := city.try("evidence", "--query", "退回", "-o", path); err != nil {
		return nil, err
	}
	return os.ReadFile(path)
})

// unpack returns the folder that the bundle was unpacked in, with the auditor's
// own policy, and one of the records in it.
func unpack(t *testing.T) (d desk, record string) {
	t.Helper()
	d = desk(t.TempDir())
	packed, err := bundle()
	if err != nil {
		t.Fatal(err)
	}
	z, err := zip.NewReader(bytes.NewReader(packed), int64(len(packed)))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(string(d), z); err != nil {
		t.Fatal(err)
	}
	write(t, d.path("policy.txt"), policy)
	records, err := filepath.Glob(d.path("records/*"))
	if err != nil || len(records) == 0 {
		t.Fatalf("no records in the bundle: %v", err)
	}
	return d, "records/" + filepath.Base(records[len(records)-1])
}

// bundled are the steps that an evidence bundle tells to take, about a record.
func bundled(t *testing.T, d desk, record string) (steps []block) {
	t.Helper()
	for line := range strings.Lines(string(read(t, d.path("verify-by-hand.txt")))) {
		number, _, numbered := strings.Cut(line, ". ")
		code, indented := strings.CutPrefix(line, "    ")
		switch {
		case indented:
			steps[len(steps)-1].code += strings.ReplaceAll(code, "records/000000000001 ", record+" ")
		case numbered && len(number) == 1:
			steps = append(steps, block{step: number})
		}
	}
	return steps
}

// TestTorchwoodVerifiesTheBundle holds every receipt of the bundle against the
// auditor's policy.
func TestTorchwoodVerifiesTheBundle(t *testing.T) {
	d, _ := unpack(t)
	paths, err := filepath.Glob(d.path("records/*/receipt.tlog-proof"))
	if err != nil || len(paths) < 3 {
		t.Fatalf("%d receipts: %v", len(paths), err)
	}
	believed := torchwoodPolicy(t, policy)
	for _, path := range paths {
		envelope := read(t, filepath.Join(filepath.Dir(path), "envelope.json"))
		if err := torchwood.VerifyProof(believed, tlog.RecordHash(envelope), read(t, path)); err != nil {
			t.Errorf("%s: %v", path, err)
		}
	}
}

// TestBundleByHand follows what an evidence bundle says.
func TestBundleByHand(t *testing.T) {
	d, record := unpack(t)
	steps := bundled(t, d, record)
	if failed, said := inShell(t, d, steps); len(steps) != 5 || failed != "" || !strings.Contains(said, "信封在账上") {
		t.Errorf("step %s of %d failed:\n%s", failed, len(steps), said)
	}
	flip(t, d.path(record+"/data.json"), 60)
	if failed, said := inShell(t, d, steps); failed != "1" {
		t.Errorf("altered data: step %q failed, not 1:\n%s", failed, said)
	}
}

// TestBundleByHandTampered alters a file and the list of files with it: a later
// step finds it.
func TestBundleByHandTampered(t *testing.T) {
	origin := headOf(t, city.checkpoint(t)).Origin
	for what, c := range map[string]struct {
		file, marker, fails string
	}{
		"envelope":  {"RECORD/envelope.json", "{", "2"},
		"receipt":   {"RECORD/receipt.tlog-proof", "extra ", "2"},
		"data":      {"RECORD/data.json", "{", "3"},
		"size":      {"checkpoint", "\n", "4"},
		"signature": {"checkpoint", "— " + origin + " ", "4"},
		"sibling":   {"RECORD/receipt.tlog-proof", "index ", "5"},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			d, record := unpack(t)
			d.flip(t, strings.Replace(c.file, "RECORD", record, 1), c.marker, 1)
			if failed, said := inShell(t, d, bundled(t, d, record)[1:]); failed != c.fails {
				t.Errorf("step %q failed, not %q:\n%s", failed, c.fails, said)
			}
		})
	}
}
