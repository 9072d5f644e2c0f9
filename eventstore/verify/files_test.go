package verify_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"wenxiao/eventstore/attachments"
	"wenxiao/eventstore/verify"
)

// A file that is damaged or gone is named by its digest, which the ledger has.
func TestFilesAreNamedByTheirDigest(t *testing.T) {
	dir := t.TempDir()
	files, err := attachments.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	damaged, missing := strings.Repeat("ab", 32), strings.Repeat("cd", 32)
	path := filepath.Join(dir, "sha256", damaged[:2], damaged[2:])
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	kept := func(string) (attachments.Verdict, error) { return attachments.Kept, nil }
	found, err := verify.Files(t.Context(), files, []string{damaged, missing}, kept)
	if err != nil || len(found) != 2 {
		t.Fatal(found, err)
	}
	for i, want := range []struct{ code, digest string }{{"file.damaged", damaged}, {"file.missing", missing}} {
		if f := found[i]; f.Code != want.code || f.Digest != want.digest || !strings.HasPrefix(f.String(), "附件 SHA-256 "+want.digest+" ") || strings.Contains(f.String(), "@") {
			t.Errorf("%+v: %s", f, f)
		}
	}
}
