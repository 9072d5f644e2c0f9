package independent_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"filippo.io/torchwood"
	fnote "github.com/transparency-dev/formats/note"
	"golang.org/x/mod/sumdb/note"
)

// TestRotatedKey changes the key of a copy of city. The ledger's last record says
// so, signed by both keys; the next checkpoint is signed by the new one, and the
// office that was not told of it does not cosign.
func TestRotatedKey(t *testing.T) {
	l := city.copy(t)
	if _, err := l.try("seal", "rotate", "--reason", "到期更换", "--by", "某管理员"); err != nil {
		t.Fatal(err)
	}
	if _, codes := audit.hears(l); len(codes) == 0 || slices.Min(codes) < 400 { // 403 by the specification, 500 by this witness
		t.Errorf("the office answered %d", codes)
	}
	text, err := l.try("seal", "policy")
	if err != nil {
		t.Fatal(err)
	}
	before, now := logKey(t, policy), logKey(t, []byte(text))
	if before == now || !strings.Contains(text, before) {
		t.Fatalf("the new policy is\n%s", text)
	}
	signed := l.checkpoint(t)
	believed := torchwoodPolicy(t, []byte("log "+now+"\nquorum none\n"))
	if c, _, err := torchwood.VerifyCheckpoint(signed, believed); err != nil || c.N != int64(len(l.column(t, "data"))) {
		t.Errorf("%v\n%s", err, signed)
	}
	if _, _, err := torchwood.VerifyCheckpoint(signed, torchwoodPolicy(t, []byte("log "+before+"\nquorum none\n"))); err == nil {
		t.Error("the old key signs on")
	}
	data := l.column(t, "data")
	var said struct{ Statement string }
	if err := json.Unmarshal(data[len(data)-1], &said); err != nil {
		t.Fatal(err)
	}
	statement, err := note.Open([]byte(said.Statement), note.VerifierList(verifierOf(t, before), verifierOf(t, now)))
	if err != nil || len(statement.Sigs) != 2 || !strings.Contains(statement.Text, before) || !strings.Contains(statement.Text, now) {
		t.Errorf("%v in the record of the change:\n%s", err, data[len(data)-1])
	}
}

func verifierOf(t *testing.T, vkey string) note.Verifier {
	t.Helper()
	v, err := fnote.NewVerifier(vkey)
	if err != nil {
		t.Fatal(err)
	}
	return v
}
