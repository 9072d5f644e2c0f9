package seal

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"wenxiao/eventstore"
)

const (
	askingTime = 3 * time.Second // a witness that takes longer did not answer
	restTime   = 10 * time.Second
	maxAnswer  = 64 << 10
)

// A witness is one of the policy's, as the log sees it, by c2sp.org/tlog-witness.
type witness struct {
	key
	client *http.Client
	size   eventstore.Position // the last it is known to have cosigned
	rests  time.Time           // after a failure it is not asked before
	WitnessStatus
}

// A refusal is an answer of a witness other than a cosignature.
type refusal struct {
	code int
	body string
}

func (r refusal) Error() string {
	switch r.code {
	case http.StatusForbidden:
		return "见证方不认本账本的签名密钥 (403)"
	case http.StatusNotFound:
		return "见证方没有登记本账本 (404)"
	case http.StatusConflict:
		return "见证方见过的账本与此不同 (409)：" + r.body
	case http.StatusUnprocessableEntity:
		return "见证方认为账本历史前后不一 (422)"
	}
	return fmt.Sprintf("见证方答复 %d：%s", r.code, r.body)
}

// cosign asks w for its cosignature of c and returns the signature line.
func (w *witness) cosign(ctx context.Context, c Checkpoint, prove func(old eventstore.Position) (tlog.TreeProof, error)) (note.Signature, error) {
	if w.size > c.Size {
		w.size = 0 // let it say again what it has seen
	}
	line, err := w.ask(ctx, c, w.size, prove)
	if r := (refusal{}); errors.As(err, &r) && r.code == http.StatusConflict {
		seen, parseErr := strconv.ParseInt(r.body, 10, 64)
		switch {
		case parseErr != nil || seen < 0 || eventstore.Position(seen) == w.size:
			return note.Signature{}, err
		case eventstore.Position(seen) > c.Size:
			return note.Signature{}, fmt.Errorf("见证方见过大小为 %d 的账本，现在只有 %d：账本可能是较早的副本", seen, c.Size)
		}
		w.size = eventstore.Position(seen)
		line, err = w.ask(ctx, c, w.size, prove)
	}
	if err == nil {
		w.size = c.Size
	}
	return line, err
}

func (w *witness) ask(ctx context.Context, c Checkpoint, old eventstore.Position, prove func(eventstore.Position) (tlog.TreeProof, error)) (note.Signature, error) {
	proof, err := prove(old)
	if err != nil {
		return note.Signature{}, err
	}
	body := fmt.Appendf(nil, "old %d\n", old)
	for _, h := range proof {
		body = fmt.Appendf(body, "%s\n", h)
	}
	body = append(append(body, '\n'), c.Note...)
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, strings.TrimSuffix(w.url, "/")+"/add-checkpoint", bytes.NewReader(body))
	if err != nil {
		return note.Signature{}, err
	}
	response, err := w.client.Do(request)
	if err != nil {
		return note.Signature{}, fmt.Errorf("见证方没有应答：%w", err)
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err != nil {
		return note.Signature{}, fmt.Errorf("见证方没有说完：%w", err)
	}
	if response.StatusCode != http.StatusOK {
		return note.Signature{}, refusal{response.StatusCode, strings.TrimSpace(string(answer[:min(len(answer), 200)]))}
	}
	return w.accept(c, answer)
}

// accept finds w's own valid cosignature of c in its answer.
func (w *witness) accept(c Checkpoint, answer []byte) (note.Signature, error) {
	text := c.text(c.Origin)
	opened, err := note.Open(append([]byte(text+"\n"), answer...), note.VerifierList(w.verifier))
	if err != nil {
		return note.Signature{}, errors.New("见证方的答复里没有它对此检查点的有效签名")
	}
	return opened.Sigs[0], nil
}

// cosignedAt returns when a cosignature says it was made.
func cosignedAt(s note.Signature) time.Time {
	raw, err := base64.StdEncoding.DecodeString(s.Base64)
	if err != nil || len(raw) < 12 {
		return time.Time{}
	}
	return time.Unix(int64(binary.BigEndian.Uint64(raw[4:])), 0)
}
