package seal

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"wenxiao/eventstore"
	"wenxiao/eventstore/disk"
)

// A Witness cosigns the heads of logs it knows, each containing the one before,
// by c2sp.org/tlog-witness. It is an [http.Handler] for POST …/add-checkpoint.
// Of each log it keeps the last checkpoint it cosigned, and nothing else.
type Witness struct {
	dir    string
	lock   io.Closer
	signer *cosigner
	logs   Policy
	keep   func(path string, data []byte, mode os.FileMode) error

	mu sync.Mutex // held from reading the last checkpoint to keeping the next
}

const (
	witnessKeyFile = "witness.key"
	maxRequest     = 64 << 10
	maxProof       = 63
)

// OpenWitness opens the witness in dir for the logs with these keys, and makes
// its key if there is none. name names a new witness, and must be the name of one
// that is there; with "" a new one gets a name that no other has.
func OpenWitness(dir, name string, logs ...string) (*Witness, error) {
	believed, err := DefaultPolicy(logs...)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	lock, err := lockFolder(dir)
	if err != nil {
		return nil, err
	}
	w := &Witness{dir: dir, lock: lock, logs: believed, keep: disk.Keep}
	if w.signer, err = openCosigner(filepath.Join(dir, witnessKeyFile), name); err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	return w, nil
}

// Close lets others open the witness.
func (w *Witness) Close() error { return w.lock.Close() }

// Verifier returns the witness's public key for a policy.
func (w *Witness) Verifier() string { return formatKey(w.signer.name, w.signer.key()) }

// openCosigner reads the key of a witness, or makes one: its name and the seed.
func openCosigner(path, name string) (*cosigner, error) {
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		if name == "" {
			name = "witness-" + newOrigin()
		}
		if !validName(name) {
			return nil, malformed("见证名 %q 只能用可见的 ASCII 字符，不含空格和加号", name)
		}
		seed := make([]byte, ed25519.SeedSize)
		_, _ = rand.Read(seed) // never fails
		if err := disk.Keep(path, []byte(name+"+"+base64.StdEncoding.EncodeToString(seed)+"\n"), 0o600); err != nil {
			return nil, err
		}
	}
	text, err := readSecret(path)
	if err != nil {
		return nil, err
	}
	has, encoded, _ := strings.Cut(strings.TrimSuffix(text, "\n"), "+")
	seed, err := base64.StdEncoding.Strict().DecodeString(encoded)
	switch {
	case err != nil || len(seed) != ed25519.SeedSize || !validName(has):
		return nil, fmt.Errorf("%s: %w", path, malformed("见证密钥"))
	case name != "" && name != has:
		return nil, fmt.Errorf("%s 属于见证方 %s，不是 %s (the key belongs to the witness %[2]s)", path, has, name)
	}
	return &cosigner{has, ed25519.NewKeyFromSeed(seed), time.Now}, nil
}

func (w *Witness) ServeHTTP(out http.ResponseWriter, in *http.Request) {
	if in.Method != http.MethodPost || !strings.HasSuffix(in.URL.Path, "/add-checkpoint") {
		http.Error(out, "POST add-checkpoint", http.StatusNotFound)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(out, in.Body, maxRequest))
	if err != nil {
		http.Error(out, "request is too large", http.StatusBadRequest)
		return
	}
	line, err := w.Add(body)
	var no *witnessRefusal
	switch {
	case errors.As(err, &no):
		if no.size != nil {
			out.Header().Set("Content-Type", "text/x.tlog.size")
			out.WriteHeader(no.code)
			fmt.Fprintf(out, "%d\n", *no.size)
			return
		}
		http.Error(out, no.why, no.code)
	case err != nil:
		http.Error(out, "internal error", http.StatusInternalServerError)
	default:
		out.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = out.Write(line)
	}
}

// A witnessRefusal is an answer that is no cosignature.
type witnessRefusal struct {
	code int
	why  string
	size *eventstore.Position // what the witness saw last
}

func (r *witnessRefusal) Error() string { return fmt.Sprintf("%d %s", r.code, r.why) }

func refuse(code int, why string) error { return &witnessRefusal{code: code, why: why} }

// Add answers the body of one add-checkpoint request with a signature line.
func (w *Witness) Add(body []byte) ([]byte, error) {
	old, proof, c, err := parseAdd(string(body))
	if err != nil {
		return nil, refuse(http.StatusBadRequest, err.Error())
	}
	if !w.knows(c.Origin) {
		return nil, refuse(http.StatusNotFound, "unknown log")
	}
	if _, err := w.logs.Check(c.Note); err != nil {
		return nil, refuse(http.StatusForbidden, "no valid signature by a key of this log")
	}
	if old > c.Size {
		return nil, refuse(http.StatusBadRequest, "old size is beyond the checkpoint")
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	last, err := w.last(c.Origin)
	if err != nil {
		return nil, err
	}
	if old != last.Size || old == c.Size && c.Root != last.Root {
		return nil, &witnessRefusal{http.StatusConflict, "last cosigned is another", &last.Size}
	}
	if c.Size == last.Size && len(proof) > 0 || extends(last.Head, c.Head, proof) != nil {
		return nil, refuse(http.StatusUnprocessableEntity, "the proof does not lead from the last checkpoint to this one")
	}
	if err := w.keep(w.path(c.Origin), c.Note, 0o600); err != nil { // before anybody sees the signature
		return nil, err
	}
	return w.cosignatureOf(c)
}

func (w *Witness) knows(origin string) bool {
	for _, k := range w.logs.logs {
		if k.verifier.Name() == origin {
			return true
		}
	}
	return false
}

// last returns the last checkpoint of a log that was cosigned; zero when none.
func (w *Witness) last(origin string) (Checkpoint, error) {
	signed, err := os.ReadFile(w.path(origin))
	if errors.Is(err, fs.ErrNotExist) {
		return Checkpoint{}, nil
	}
	if err != nil {
		return Checkpoint{}, err
	}
	c, err := ParseCheckpoint(signed)
	if err == nil && c.Origin != origin {
		err = malformed("它是日志 %s 的", c.Origin)
	}
	if err != nil {
		return Checkpoint{}, fmt.Errorf("%s: %w", w.path(origin), err)
	}
	return c, nil
}

func (w *Witness) path(origin string) string {
	sum := sha256.Sum256([]byte(origin))
	return filepath.Join(w.dir, "log-"+hex.EncodeToString(sum[:8]))
}

func (w *Witness) cosignatureOf(c Checkpoint) ([]byte, error) {
	signed, err := note.Sign(&note.Note{Text: c.text(c.Origin)}, w.signer)
	if err != nil {
		return nil, err
	}
	return signed[len(c.text(c.Origin))+1:], nil
}

// parseAdd reads the body of an add-checkpoint request.
func parseAdd(body string) (old eventstore.Position, proof tlog.TreeProof, c Checkpoint, err error) {
	top, signed, found := strings.Cut(body, "\n\n")
	lines := strings.Split(top, "\n")
	size, ok := strings.CutPrefix(lines[0], "old ")
	n, err := strconv.ParseInt(size, 10, 64)
	if !found || !ok || err != nil || n < 0 || strconv.FormatInt(n, 10) != size || len(lines)-1 > maxProof {
		return 0, nil, Checkpoint{}, malformed("请求")
	}
	for _, line := range lines[1:] {
		h, err := parseHash(line)
		if err != nil {
			return 0, nil, Checkpoint{}, err
		}
		proof = append(proof, h)
	}
	c, err = ParseCheckpoint([]byte(signed))
	return eventstore.Position(n), proof, c, err
}
