package independent_test

import (
	"bufio"
	"crypto/rand"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"filippo.io/torchwood"
	"github.com/transparency-dev/formats/log"
	fnote "github.com/transparency-dev/formats/note"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// A foreignLog is a log that is not ours: tlog's tree, formats' checkpoints.
type foreignLog struct {
	signer note.Signer
	vkey   string
	stored []tlog.Hash
	size   int64
}

func newForeignLog(t *testing.T, name string) *foreignLog {
	t.Helper()
	secret, public, err := note.GenerateKey(rand.Reader, name)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := note.NewSigner(secret)
	if err != nil {
		t.Fatal(err)
	}
	return &foreignLog{signer: signer, vkey: public}
}

// ReadHashes is [tlog.HashReader].
func (l *foreignLog) ReadHashes(indexes []int64) (hashes []tlog.Hash, _ error) {
	for _, i := range indexes {
		hashes = append(hashes, l.stored[i])
	}
	return hashes, nil
}

// grow adds n entries that say what.
func (l *foreignLog) grow(t *testing.T, n int, what string) *foreignLog {
	t.Helper()
	for range n {
		hashes, err := tlog.StoredHashes(l.size, fmt.Appendf(nil, "%s %d", what, l.size), l)
		if err != nil {
			t.Fatal(err)
		}
		l.stored = append(l.stored, hashes...)
		l.size++
	}
	return l
}

// fork returns a log with the same key that has the first n entries.
func (l *foreignLog) fork(t *testing.T, n int, what string) *foreignLog {
	t.Helper()
	return (&foreignLog{signer: l.signer, vkey: l.vkey}).grow(t, n, what)
}

func (l *foreignLog) checkpoint(t *testing.T) []byte {
	t.Helper()
	root, err := tlog.TreeHash(l.size, l)
	if err != nil {
		t.Fatal(err)
	}
	text := log.Checkpoint{Origin: l.signer.Name(), Size: uint64(l.size), Hash: root[:]}.Marshal()
	signed, err := note.Sign(&note.Note{Text: string(text)}, l.signer)
	if err != nil {
		t.Fatal(err)
	}
	return signed
}

// request is the body of add-checkpoint, with the proof that this log has from
// old on.
func (l *foreignLog) request(t *testing.T, old int64) string {
	t.Helper()
	body := fmt.Sprintf("old %d\n", old)
	if 0 < old && old < l.size {
		path, err := tlog.ProveTree(l.size, old, l)
		if err != nil {
			t.Fatal(err)
		}
		for _, h := range path {
			body += h.String() + "\n"
		}
	}
	return body + "\n" + string(l.checkpoint(t))
}

// ourWitness is wenxiao witness, running.
type ourWitness struct {
	url, vkey string
	stop      func()
}

// witnessKey is the key of a witness, which begins with type 4, a cosignature, and
// its address.
var witnessKey = regexp.MustCompile(`(\S+\+[0-9a-f]{8}\+B[A-P][A-Za-z0-9+/]+=*) (http://\S+)`)

// startOurs runs the witness and waits until it has said its key and its address.
func startOurs(t *testing.T, state string, logs ...string) ourWitness {
	t.Helper()
	args := []string{"witness", "--listen", "127.0.0.1:0", "--state", state}
	for _, vkey := range logs {
		args = append(args, "--log", vkey)
	}
	out, stop := start(t, args...)
	w := ourWitness{stop: stop}
	silence := time.AfterFunc(time.Minute, w.stop)
	defer silence.Stop()
	lines := bufio.NewScanner(out)
	for w.vkey == "" && lines.Scan() {
		if said := witnessKey.FindStringSubmatch(lines.Text()); said != nil {
			w.vkey, w.url = said[1], said[2]
		}
	}
	if w.vkey == "" {
		t.Fatal("the witness does not say its key")
	}
	go func() { _, _ = io.Copy(io.Discard, out) }()
	return w
}

func (w ourWitness) ask(t *testing.T, body string) (code int, answer string) {
	t.Helper()
	response, err := http.Post(w.url+"/add-checkpoint", "text/plain", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	b, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	if size := response.Header.Get("Content-Type") == "text/x.tlog.size"; size != (response.StatusCode == http.StatusConflict) {
		t.Errorf("%d comes as %s", response.StatusCode, response.Header.Get("Content-Type"))
	}
	return response.StatusCode, string(b)
}

// cosigns submits a checkpoint that must be cosigned, and has torchwood and
// formats verify the cosignature.
func (w ourWitness) cosigns(t *testing.T, l *foreignLog, old int64) {
	t.Helper()
	code, answer := w.ask(t, l.request(t, old))
	if code != http.StatusOK {
		t.Fatalf("old %d, new %d: %d %s", old, l.size, code, answer)
	}
	signed := append(l.checkpoint(t), answer...)
	believed := torchwoodPolicy(t, fmt.Appendf(nil, "log %s\nwitness ours %s\nquorum ours\n", l.vkey, w.vkey))
	c, opened, err := torchwood.VerifyCheckpoint(signed, believed)
	if err != nil || c.N != l.size {
		t.Errorf("torchwood: %v\n%s", err, signed)
	}
	verifier, err := fnote.NewVerifierForCosignatureV1(w.vkey)
	if err != nil {
		t.Fatal(err)
	}
	if n, err := note.Open(signed, note.VerifierList(verifier)); err != nil || len(n.Sigs) != 1 {
		t.Errorf("formats: %v\n%s", err, signed)
	}
	for _, s := range opened.Sigs[1:] {
		at, err := fnote.CoSigV1Timestamp(s)
		if err != nil || time.Since(at).Abs() > time.Minute {
			t.Errorf("cosigned at %v: %v", at, err)
		}
	}
}

// refuses submits what must not be cosigned.
func (w ourWitness) refuses(t *testing.T, what, body string, codes ...int) {
	t.Helper()
	code, answer := w.ask(t, body)
	if !slices.Contains(codes, code) || strings.Contains(answer, "— ") {
		t.Errorf("%s: %d, not %d: %s", what, code, codes, answer)
	}
}

// TestOurWitness drives wenxiao witness by c2sp.org/tlog-witness.
func TestOurWitness(t *testing.T) {
	const (
		malformed, untrusted, unknown = http.StatusBadRequest, http.StatusForbidden, http.StatusNotFound
		conflict, inconsistent        = http.StatusConflict, http.StatusUnprocessableEntity
	)
	log, stranger := newForeignLog(t, "log.example/one"), newForeignLog(t, "log.example/two").grow(t, 3, "true")
	impostor := newForeignLog(t, "log.example/one").grow(t, 900, "true")
	state := filepath.Join(t.TempDir(), "state")
	w := startOurs(t, state, log.vkey)
	w.refuses(t, "a log it does not know", stranger.request(t, 0), unknown)
	w.refuses(t, "another's signature", impostor.request(t, 0), untrusted)
	w.refuses(t, "no request", "old\n\n", malformed)
	w.refuses(t, "an old size never cosigned", log.grow(t, 300, "true").request(t, 200), conflict)
	w.cosigns(t, log, 0)
	w.cosigns(t, log, 300) // again, for a fresh time
	w.cosigns(t, log.grow(t, 500, "true"), 300)

	w.stop()
	key := w.vkey
	if w = startOurs(t, state, log.vkey); w.vkey != key {
		t.Errorf("it has another key after a restart: %s, %s", key, w.vkey)
	}
	if code, answer := w.ask(t, log.request(t, 0)); code != conflict || answer != "800\n" {
		t.Errorf("asked for the size it saw last: %d %q", code, answer)
	}
	older := log.fork(t, 700, "true")
	w.refuses(t, "an older copy", older.request(t, 300), conflict)
	w.refuses(t, "an older copy as if newer", older.request(t, 800), malformed)
	fork := log.fork(t, 799, "true").grow(t, 1, "false")
	w.refuses(t, "a fork of the same size", fork.request(t, 800), conflict, inconsistent)
	w.refuses(t, "a longer fork", fork.grow(t, 200, "true").request(t, 800), inconsistent)
	rewritten := log.fork(t, 5, "true").grow(t, 1, "false").grow(t, 1000, "true")
	w.refuses(t, "rewritten history", rewritten.request(t, 800), inconsistent)
	w.refuses(t, "no proof", fmt.Sprintf("old 800\n\n%s", log.grow(t, 1, "true").checkpoint(t)), inconsistent)
	w.cosigns(t, log, 800)
}
