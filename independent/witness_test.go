package independent_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	fnote "github.com/transparency-dev/formats/note"
	"github.com/transparency-dev/witness/witness"
	"golang.org/x/mod/sumdb/note"
)

const auditName = "audit.example/witness"

// An office runs a witness that is not ours: transparency-dev's.
type office struct {
	*httptest.Server
	vkey string
	logs map[string]note.Verifier // by origin
	memory

	codes []int // of its answers, in order
}

func openAudit() (*office, error) {
	secret, public, err := note.GenerateKey(rand.Reader, auditName)
	if err != nil {
		return nil, err
	}
	signer, err := fnote.NewSignerForCosignatureV1(secret)
	if err != nil {
		return nil, err
	}
	o := &office{logs: map[string]note.Verifier{}, memory: memory{seen: map[string][]byte{}}}
	if o.vkey, err = fnote.VKeyToCosignatureV1(public); err != nil {
		return nil, err
	}
	w, err := witness.New(context.Background(), witness.Opts{
		Persistence: &o.memory, Signers: []note.Signer{signer}, VerifierForLog: o.verifier,
	})
	if err != nil {
		return nil, err
	}
	handler := witness.NewHTTPHandler(w)
	o.Server = httptest.NewServer(http.HandlerFunc(func(out http.ResponseWriter, in *http.Request) {
		handler.AddCheckpoint(&overheard{out, o}, in)
	}))
	return o, nil
}

// overheard notes the code of an answer.
type overheard struct {
	http.ResponseWriter
	office *office
}

func (a *overheard) WriteHeader(code int) {
	a.office.mu.Lock()
	a.office.codes = append(a.office.codes, code)
	a.office.mu.Unlock()
	a.ResponseWriter.WriteHeader(code)
}

// answered returns the codes of the answers since it was last asked.
func (o *office) answered() []int {
	o.mu.Lock()
	defer o.mu.Unlock()
	codes := o.codes
	o.codes = nil
	return codes
}

// hears has a ledger publish until the office has answered, which it is given only
// so long to do, and returns the codes of its answers.
func (o *office) hears(l ledger) (said string, codes []int) {
	o.answered()
	for end := time.Now().Add(time.Minute); len(codes) == 0 && time.Now().Before(end); codes = o.answered() {
		said, _ = l.try("seal", "publish") // ends with 1: the quorum is missing
	}
	return said, codes
}

func (o *office) verifier(_ context.Context, origin string) (note.Verifier, bool, error) {
	v, ok := o.logs[origin]
	return v, ok, nil
}

// watch registers a ledger's log with the office, and the office with the ledger.
func (o *office) watch(l ledger) error {
	text, err := l.try("seal", "policy")
	if err != nil {
		return err
	}
	rest, found := strings.CutPrefix(text, "log ")
	if !found {
		return fmt.Errorf("policy does not begin with a log: %q", text)
	}
	v, err := note.NewVerifier(strings.Fields(rest)[0])
	if err != nil {
		return err
	}
	o.logs[v.Name()] = v
	line := fmt.Sprintf("witness audit %s %s\nquorum audit\n", o.vkey, o.URL)
	return os.WriteFile(filepath.Join(l.seal(), "policy"), []byte(line), 0o600)
}

// memory is what a witness has seen: the checkpoint it cosigned last, by origin.
type memory struct {
	mu   sync.Mutex
	seen map[string][]byte
}

func (m *memory) Init(context.Context) error { return nil }

func (m *memory) Latest(_ context.Context, origin string) ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.seen[origin], nil
}

func (m *memory) Update(_ context.Context, origin string, next func([]byte) ([]byte, error)) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	c, err := next(m.seen[origin])
	if err == nil && c == nil {
		err = errors.New("nothing to keep")
	}
	if err == nil {
		m.seen[origin] = c
	}
	return err
}
