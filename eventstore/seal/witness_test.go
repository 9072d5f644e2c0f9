package seal

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"wenxiao/eventstore/disk"
)

// A log is a signer with histories to sign, for asking a witness.
type log struct {
	signer note.Signer
	vkey   string
}

func newLog(t testing.TB, origin string) log {
	t.Helper()
	secret, vkey, err := note.GenerateKey(nil, origin)
	check(t, err)
	s, err := note.NewSigner(secret)
	check(t, err)
	return log{s, vkey}
}

// request is the body of add-checkpoint: to a head of h, from size old of proofs.
func (l log) request(t testing.TB, h *history, size, old int, proofs *history) string {
	t.Helper()
	var proof tlog.TreeProof
	if old > 0 && old <= size {
		proof, _ = tlog.ProveTree(int64(size), int64(old), proofs.reader())
	}
	signed, err := signNote(h.head(size).text(l.signer.Name()), l.signer)
	check(t, err)
	body := fmt.Sprintf("old %d\n", old)
	for _, hash := range proof {
		body += hash.String() + "\n"
	}
	return body + "\n" + string(signed)
}

func post(t testing.TB, url, body string) (int, string, string) {
	t.Helper()
	r, err := http.Post(url+"/add-checkpoint", "text/plain", strings.NewReader(body))
	check(t, err)
	defer r.Body.Close()
	answer, err := io.ReadAll(r.Body)
	check(t, err)
	return r.StatusCode, string(answer), r.Header.Get("Content-Type")
}

func TestWitnessRefuses(t *testing.T) {
	l, stranger := newLog(t, "log.example/a"), newLog(t, "log.example/b")
	impostor := newLog(t, "log.example/a")
	h := &history{}
	for i := range 10 {
		h.grow(fmt.Sprintf("%d true", i))
	}
	fork := h.fork(3)
	w, err := OpenWitness(t.TempDir(), "audit.example", l.vkey)
	check(t, err)
	defer w.Close()
	server := httptest.NewServer(w)
	defer server.Close()
	known, err := newCosignatureVerifier(w.Verifier())
	check(t, err)
	for _, tt := range []struct {
		name string
		body string
		code int
		says string // of a size
	}{
		{"the first head", l.request(t, h, 5, 0, h), 200, ""},
		{"the same again", l.request(t, h, 5, 5, h), 200, ""},
		{"one that contains it", l.request(t, h, 8, 5, h), 200, ""},
		{"rollback", l.request(t, h, 5, 0, h), 409, "8\n"},
		{"rollback as if nothing had been seen", l.request(t, h, 5, 5, h), 409, "8\n"},
		{"a fork of the same size", l.request(t, fork, 8, 8, fork), 409, "8\n"},
		{"history rewritten", l.request(t, fork, 10, 8, fork), 422, ""},
		{"a proof of another history", l.request(t, h, 10, 8, fork), 422, ""},
		{"old size beyond the new", l.request(t, h, 8, 9, h), 400, ""},
		{"another log", stranger.request(t, h, 9, 8, h), 404, ""},
		{"a key it does not know", impostor.request(t, h, 9, 8, h), 403, ""},
		{"not a request", "hello", 400, ""},
		{"a leading zero", strings.Replace(l.request(t, h, 9, 8, h), "old 8", "old 08", 1), 400, ""},
		{"too many hashes", "old 8\n" + strings.Repeat(h.leaves[0].String()+"\n", 64) + strings.TrimPrefix(l.request(t, h, 9, 0, h), "old 0\n"), 400, ""},
		{"a proof from nothing", strings.Replace(l.request(t, h, 9, 8, h), "old 8\n", "old 8\n"+h.leaves[0].String()+"\n", 1), 422, ""},
		{"and goes on as before", l.request(t, h, 10, 8, h), 200, ""},
	} {
		code, answer, kind := post(t, server.URL, tt.body)
		if code != tt.code || tt.says != "" && (answer != tt.says || kind != "text/x.tlog.size") {
			t.Errorf("%s: %d %q %s, want %d %q", tt.name, code, answer, kind, tt.code, tt.says)
		}
		_, signed, _ := strings.Cut(tt.body, "\n\n")
		text, _, _ := splitNote(signed)
		if _, err := note.Open([]byte(text+"\n"+answer), note.VerifierList(known)); (err == nil) != (tt.code == 200) {
			t.Errorf("%s: cosigned: %v", tt.name, err)
		}
	}
	if r, err := http.Get(server.URL + "/add-checkpoint"); err != nil || r.StatusCode != 404 {
		t.Error("answered a GET")
	}
}

func TestWitnessRemembersAndKeepsBeforeItSigns(t *testing.T) {
	l, h, dir := newLog(t, "log.example/a"), &history{}, t.TempDir()
	for i := range 10 {
		h.grow(fmt.Sprintf("%d true", i))
	}
	w, err := OpenWitness(dir, "", l.vkey)
	check(t, err)
	w.keep = func(string, []byte, os.FileMode) error { return errDied }
	if line, err := w.Add([]byte(l.request(t, h, 5, 0, h))); !errors.Is(err, errDied) || line != nil {
		t.Errorf("cosigned what it could not keep: %s, %v", line, err)
	}
	w.keep = disk.Keep
	_, err = w.Add([]byte(l.request(t, h, 5, 0, h)))
	check(t, err)
	if _, err := OpenWitness(dir, "", l.vkey); !errors.Is(err, ErrInUse) {
		t.Errorf("opened twice: %v", err)
	}
	check(t, w.Close())
	again, err := OpenWitness(dir, "", l.vkey)
	check(t, err)
	defer again.Close()
	if again.Verifier() != w.Verifier() {
		t.Error("another key after a restart")
	}
	if _, err := again.Add([]byte(l.request(t, h, 3, 0, h))); err == nil {
		t.Error("forgot what it had seen")
	}
	if _, err := OpenWitness(t.TempDir(), "a b", l.vkey); !errors.Is(err, ErrMalformed) {
		t.Error(err)
	}
	if _, err := OpenWitness(t.TempDir(), "", "log.example/a+00000000+AAAA"); !errors.Is(err, ErrMalformed) {
		t.Error(err)
	}
}

// witnessOf runs a witness of the log of s, and returns its line for a policy.
func witnessOf(t testing.TB, name string, vkeys ...string) (line string, w *Witness) {
	t.Helper()
	w, err := OpenWitness(t.TempDir(), name+".example", vkeys...)
	check(t, err)
	server := httptest.NewServer(w)
	t.Cleanup(func() { server.Close(); _ = w.Close() })
	return fmt.Sprintf("witness %s %s %s\n", name, w.Verifier(), server.URL), w
}

// lying is a witness that answers what it likes.
func lying(t testing.TB, name string, answer http.HandlerFunc) string {
	t.Helper()
	c, err := openCosigner(t.TempDir()+"/"+witnessKeyFile, name+".example")
	check(t, err)
	server := httptest.NewServer(answer)
	t.Cleanup(server.Close)
	return fmt.Sprintf("witness %s %s %s\n", name, formatKey(c.name, c.key()), server.URL)
}
