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
	"slices"
	"strconv"
	"strings"
	"sync"
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
	cause  error               // of WitnessStatus.Fault, with addresses: for the log only
	WitnessStatus
}

// asked returns the witnesses of the policy, none of whom has been asked yet.
func (p Policy) asked() (all []*witness) {
	for _, k := range p.witnesses {
		w := &witness{key: k, client: &http.Client{Timeout: askingTime}, WitnessStatus: WitnessStatus{Name: k.name}}
		if k.url == "" {
			w.Fault = "策略里没有它的地址"
		}
		all = append(all, w)
	}
	return all
}

// recall takes from a published checkpoint who has cosigned it.
func (w *witness) recall(size eventstore.Position, v Verified) {
	if w.Cosigned = slices.Contains(v.Cosigned, w.Name); w.Cosigned {
		w.size = size
	}
}

// Ask asks the witnesses of policy that have not cosigned c, which is published
// in tiles, and returns how all of them stand. Nothing is kept of their answers:
// it is for those who look on beside a server.
func Ask(ctx context.Context, tiles Tiles, policy Policy, c Checkpoint) []WitnessStatus {
	v, err := policy.Check(c.Note)
	if err != nil {
		return nil
	}
	witnesses := policy.asked()
	for _, w := range witnesses {
		w.recall(c.Size, v)
	}
	askAll(ctx, witnesses, tiles, c)
	return testimony(witnesses)
}

// askAll asks all witnesses at once and returns the cosignatures in their order.
func askAll(ctx context.Context, witnesses []*witness, tiles Tiles, c Checkpoint) []note.Signature {
	prove := func(old eventstore.Position) (tlog.TreeProof, error) { return tiles.ProveTree(c.Head, old) }
	answers := make([]note.Signature, len(witnesses))
	var all sync.WaitGroup
	for i, w := range witnesses {
		w.Cosigned = w.Cosigned && w.size == c.Size
		if w.Cosigned || w.url == "" || time.Now().Before(w.rests) {
			continue
		}
		all.Go(func() {
			line, err := w.cosign(ctx, c, prove)
			if w.cause = err; err != nil {
				w.rests, w.Fault, w.Refused = time.Now().Add(restTime), inShort(err), isRefusal(err)
				return
			}
			w.Cosigned, w.At, w.Fault, w.Refused, answers[i] = true, cosignedAt(line), "", false, line
		})
	}
	all.Wait()
	return slices.DeleteFunc(answers, func(s note.Signature) bool { return s.Base64 == "" })
}

// testimony is how witnesses stand.
func testimony(witnesses []*witness) []WitnessStatus {
	told := []WitnessStatus{}
	for _, w := range witnesses {
		told = append(told, w.WitnessStatus)
	}
	return told
}

// An answer is what a witness said instead of a cosignature.
type answer struct {
	code int
	body string
}

func (a answer) Error() string { return fmt.Sprintf("witness answered %d: %q", a.code, a.body) }

var (
	errForked   = errors.New("witness has seen more than the ledger has")
	errUnsigned = errors.New("the answer holds no valid cosignature of this checkpoint by this witness")
	errUnproven = errors.New("no proof for the witness")
)

// isRefusal reports whether a witness has seen another history than the one it is
// shown, by its own account: the alarm for which there are witnesses.
func isRefusal(err error) bool {
	var a answer
	return errors.Is(err, errForked) || errors.As(err, &a) && (a.code == http.StatusConflict || a.code == http.StatusUnprocessableEntity)
}

// inShort says to everybody why a witness has not cosigned: no addresses, nothing
// of what it or the network said.
func inShort(err error) string {
	var a answer
	var late interface{ Timeout() bool }
	switch {
	case isRefusal(err):
		return "拒绝：检查点不一致"
	case errors.As(err, &a) && a.code == http.StatusNotFound:
		return "不认识本日志"
	case errors.As(err, &a) && a.code == http.StatusForbidden:
		return "签名不被接受"
	case errors.As(err, &a):
		return "答复异常"
	case errors.Is(err, errUnsigned):
		return "答复里没有有效的签名"
	case errors.Is(err, errUnproven):
		return "公开日志给不出证明"
	case errors.As(err, &late) && late.Timeout():
		return "超时"
	}
	return "连不上"
}

// cosign asks w for its cosignature of c and returns the signature line.
func (w *witness) cosign(ctx context.Context, c Checkpoint, prove func(old eventstore.Position) (tlog.TreeProof, error)) (note.Signature, error) {
	if w.size > c.Size {
		w.size = 0 // let it say again what it has seen
	}
	line, err := w.ask(ctx, c, w.size, prove)
	if a := (answer{}); errors.As(err, &a) && a.code == http.StatusConflict {
		seen, parseErr := strconv.ParseInt(a.body, 10, 64)
		switch {
		case parseErr != nil || seen < 0 || eventstore.Position(seen) == w.size:
			return note.Signature{}, err
		case eventstore.Position(seen) > c.Size:
			return note.Signature{}, fmt.Errorf("%w: %d, not %d", errForked, seen, c.Size)
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
		return note.Signature{}, fmt.Errorf("%w: %w", errUnproven, err)
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
		return note.Signature{}, err
	}
	defer response.Body.Close()
	said, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err != nil {
		return note.Signature{}, err
	}
	if response.StatusCode != http.StatusOK {
		return note.Signature{}, answer{response.StatusCode, strings.TrimSpace(string(said[:min(len(said), 200)]))}
	}
	return w.accept(c, said)
}

// accept finds w's own valid cosignature of c in its answer.
func (w *witness) accept(c Checkpoint, said []byte) (note.Signature, error) {
	text := c.text(c.Origin)
	opened, err := note.Open(append([]byte(text+"\n"), said...), note.VerifierList(w.verifier))
	if err != nil {
		return note.Signature{}, errUnsigned
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
