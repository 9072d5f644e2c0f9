package seal

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"wenxiao/eventstore"
	"wenxiao/eventstore/memory"
	"wenxiao/eventstore/postgres"
	"wenxiao/eventstore/postgres/pgtest"
	"wenxiao/eventstore/sqlite"
)

func TestEveryStoreIsSealedAlike(t *testing.T) {
	for name, open := range map[string]func() (eventstore.Store, error){
		"memory":   func() (eventstore.Store, error) { return memory.New(), nil },
		"sqlite":   func() (eventstore.Store, error) { return sqlite.Open(filepath.Join(t.TempDir(), "l.db")) },
		"postgres": func() (eventstore.Store, error) { return postgres.Open(t.Context(), pgtest.URL(t)) },
	} {
		t.Run(name, func(t *testing.T) {
			store, err := open()
			check(t, err)
			defer store.Close()
			dir := t.TempDir()
			s, signer, _ := newSealer(t, store, dir, "")
			if c := sealed(t, s); c.Size != 0 {
				t.Errorf("an empty ledger has a checkpoint: %+v", c)
			}
			for _, more := range []int{1, 300, 0, 7} {
				file(t, store, more)
				c := sealed(t, s)
				if c.Head != headOf(t, store) {
					t.Fatalf("sealed %v, the ledger is at %v", c.Head, headOf(t, store))
				}
			}
			text, err := s.Receipt(t.Context(), 301)
			check(t, err)
			r, err := ParseReceipt(text)
			check(t, err)
			if _, err := r.Verify(s.Policy()); err != nil {
				t.Error(err)
			}
			check(t, signer.Close())
			again, _, _ := newSealer(t, store, dir, "") // a restart
			if c, ok := again.Latest(); !ok || c.Head != headOf(t, store) {
				t.Errorf("forgot %v", c.Head)
			}
			before := files(t, again.tiles.Dir)
			sealed(t, again)
			if !equal(files(t, again.tiles.Dir), before) {
				t.Error("a restart without news changed the log")
			}
		})
	}
}

func TestRunFollowsTheLedger(t *testing.T) {
	store := newStore(t, 0)
	s, _, _ := newSealer(t, store, t.TempDir(), "")
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	for range 2 {
		file(t, store, 3)
		head, err := store.Head(t.Context())
		check(t, err)
		if _, err := s.Receipt(t.Context(), head); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.WaitFor(t.Context(), 7); !errors.Is(err, ErrNotCovered) {
		t.Errorf("a record that is not there: %v", err)
	}
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// Whatever was put in the ledger's place, nothing is signed, and it is said so.
func TestNothingIsSignedOverAnotherHistory(t *testing.T) {
	for name, tt := range map[string]struct {
		other  func(eventstore.Store) eventstore.Store
		before func(dir string) error
	}{
		"an older copy":                        {other: func(s eventstore.Store) eventstore.Store { return cutAt(t, s, 299) }},
		"an empty ledger":                      {other: func(eventstore.Store) eventstore.Store { return newStore(t, 0) }},
		"another history of the same size":     {other: func(eventstore.Store) eventstore.Store { return newStore(t, 300) }},
		"another history that is longer":       {other: func(eventstore.Store) eventstore.Store { return newStore(t, 900) }},
		"another history, and the log is gone": {func(eventstore.Store) eventstore.Store { return newStore(t, 900) }, func(dir string) error { return os.RemoveAll(filepath.Join(dir, "log")) }},
	} {
		t.Run(name, func(t *testing.T) {
			store, dir := newStore(t, 300), t.TempDir()
			s, signer, _ := newSealer(t, store, dir, "")
			first := sealed(t, s)
			check(t, signer.Close())
			if tt.before != nil {
				check(t, tt.before(dir))
			}
			again, _, said := newSealer(t, tt.other(store), dir, "")
			for range 3 {
				if _, err := again.Seal(t.Context()); !errors.Is(err, ErrInconsistent) {
					t.Fatalf("sealed: %v", err)
				}
			}
			if f := again.Status().Fault; !strings.Contains(f, "较早的副本") || strings.Count(said.String(), "level=ERROR") != 1 {
				t.Errorf("said %q, logged %s", f, said)
			}
			if c, err := again.tiles.Published(); err == nil && !bytes.Equal(c.Note, first.Note) {
				t.Error("published another checkpoint")
			}
			check(t, again.signer.(*FileSigner).Close())
			whole, _, _ := newSealer(t, store, dir, "") // the right ledger comes back
			file(t, store, 5)
			if c := sealed(t, whole); c.Size != 305 || whole.Status().Fault != "" {
				t.Errorf("does not go on: %+v", c.Head)
			}
		})
	}
}

func TestDamagedLogIsNamedAndNothingSigned(t *testing.T) {
	store, dir := newStore(t, 600), t.TempDir()
	s, _, _ := newSealer(t, store, dir, "")
	sealed(t, s)
	path := filepath.Join(s.tiles.Dir, "tile/1/000.p/2")
	whole, err := os.ReadFile(path)
	check(t, err)
	flipped := bytes.Clone(whole)
	flipped[3] ^= 4
	check(t, os.WriteFile(path, flipped, 0o600))
	file(t, store, 1)
	if _, err := s.Seal(t.Context()); err == nil || !strings.Contains(s.Status().Fault, "tile/1/000.p/2") {
		t.Fatalf("%v, %q", err, s.Status().Fault)
	}
	if _, err := s.WaitFor(t.Context(), 601); !errors.Is(err, ErrNotCovered) {
		t.Errorf("waited for what will not come: %v", err)
	}
	_, err = s.Rebuild(t.Context())
	check(t, err)
	if c := sealed(t, s); c.Size != 601 || s.Status().Fault != "" {
		t.Errorf("%+v, %q", c.Head, s.Status().Fault)
	}
}

func TestCheckpointFileIsMadeAgain(t *testing.T) {
	store, dir := newStore(t, 20), t.TempDir()
	s, signer, _ := newSealer(t, store, dir, "")
	c := sealed(t, s)
	check(t, signer.Close())
	for name, content := range map[string][]byte{"garbage": []byte("x"), "another size": bytes.Replace(c.Note, []byte("\n20\n"), []byte("\n10\n"), 1), "empty": {}} {
		check(t, os.WriteFile(filepath.Join(dir, "log", checkpointFile), content, 0o600))
		again, signer, _ := newSealer(t, store, dir, "")
		if got := sealed(t, again); !bytes.Equal(got.Note, c.Note) {
			t.Errorf("%s: %s", name, got.Note)
		}
		check(t, signer.Close())
	}
}

func TestRecordThatWasAlteredHasNoReceipt(t *testing.T) {
	store := newStore(t, 20)
	s, _, _ := newSealer(t, store, t.TempDir(), "")
	c := sealed(t, s)
	if _, err := Issue(t.Context(), newStore(t, 20), s.tiles, c, 7); !errors.Is(err, ErrInconsistent) {
		t.Error(err)
	}
}

func TestWitnessesCosign(t *testing.T) {
	store, dir := newStore(t, 5), t.TempDir()
	key := openSigner(t, filepath.Join(dir, "seal"))
	vkeys := key.Verifiers()
	check(t, key.Close())
	audit, _ := witnessOf(t, "audit", vkeys...)
	congress, _ := witnessOf(t, "congress", vkeys...)
	down := lying(t, "jiwei", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500) })
	policy := audit + congress + down + "group all3 2 audit congress jiwei\nquorum all3\n"
	s, signer, said := newSealer(t, store, dir, policy)
	for range 3 {
		file(t, store, 100)
		c := sealed(t, s)
		v, err := s.Policy().Check(c.Note)
		if check(t, err); !v.Quorum || strings.Join(v.Cosigned, " ") != "audit congress" {
			t.Errorf("%+v", v)
		}
	}
	if n := strings.Count(said.String(), "witness=jiwei"); n != 1 {
		t.Errorf("the failing witness was told of %d times:\n%s", n, said)
	}
	if st := s.Status(); !st.Quorum || !st.Witnesses[0].Cosigned || time.Since(st.Witnesses[0].At) > time.Minute || st.Witnesses[2].Fault == "" {
		t.Errorf("%+v", st)
	}
	text, err := s.Receipt(t.Context(), 300)
	check(t, err)
	r, err := ParseReceipt(text)
	check(t, err)
	if v, err := r.Verify(s.Policy()); err != nil || !v.Quorum || len(text) > 2048 {
		t.Errorf("%+v, %v, %d bytes", v, err, len(text))
	}
	check(t, signer.Close())
	again, _, _ := newSealer(t, store, dir, policy) // knows from the checkpoint who has cosigned
	file(t, store, 1)
	if v, err := s.Policy().Check(sealed(t, again).Note); err != nil || !v.Quorum {
		t.Errorf("after a restart: %+v, %v", v, err)
	}
}

func TestMissingQuorumStopsNothing(t *testing.T) {
	forged := func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte("— liar.example AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==\n"))
	}
	for name, tt := range map[string]struct {
		answer http.HandlerFunc
		says   string
	}{
		"broken":          {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500) }, "答复异常"},
		"slow":            {func(_ http.ResponseWriter, r *http.Request) { _, _ = io.Copy(io.Discard, r.Body); <-r.Context().Done() }, "超时"},
		"forging":         {forged, "答复里没有有效的签名"},
		"silent":          {func(http.ResponseWriter, *http.Request) {}, "答复里没有有效的签名"},
		"of another log":  {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(404) }, "不认识本日志"},
		"forbidding":      {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(403) }, "签名不被接受"},
		"disbelieving":    {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(422) }, "拒绝：检查点不一致"},
		"ahead":           {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(409); _, _ = w.Write([]byte("99\n")) }, "拒绝：检查点不一致"},
		"never satisfied": {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(409); _, _ = w.Write([]byte("3\n")) }, "拒绝：检查点不一致"},
		"babbling":        {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(409); _, _ = w.Write([]byte("-1")) }, "拒绝：检查点不一致"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			store := newStore(t, 5)
			s, _, said := newSealer(t, store, t.TempDir(), lying(t, "w", tt.answer)+"quorum w\n")
			if name == "slow" {
				s.witnesses[0].client.Timeout = 50 * time.Millisecond
			}
			c := sealed(t, s)
			st := s.Status()
			if c.Size != 5 || st.Quorum || st.Fault != "" || st.Witnesses[0].Fault != tt.says {
				t.Errorf("%+v", st)
			}
			refuses := strings.HasPrefix(tt.says, "拒绝")
			if st.Witnesses[0].Refused != refuses || len(st.Refused) > 0 != refuses || strings.Contains(said.String(), "level=ERROR") != refuses {
				t.Errorf("refused: %+v\n%s", st, said)
			}
			if _, err := s.Receipt(t.Context(), 5); err != nil {
				t.Error(err)
			}
			file(t, store, 1)
			sealed(t, s)
			if n := strings.Count(said.String(), "witness quorum missing"); n != 1 {
				t.Errorf("alarmed %d times", n)
			}
		})
	}
}

func TestNewLogBeginsAfterALoss(t *testing.T) {
	store, dir := newStore(t, 300), t.TempDir()
	s, signer, _ := newSealer(t, store, dir, "")
	former := sealed(t, s)
	check(t, signer.Close())
	less := newStore(t, 200)
	again, signer, _ := newSealer(t, less, dir, "")
	if _, err := again.Seal(t.Context()); !errors.Is(err, ErrInconsistent) {
		t.Fatal(err)
	}
	_, err := signer.BeginRenewal()
	check(t, err)
	check(t, os.Rename(again.tiles.Dir, again.tiles.Dir+".former"))
	check(t, signer.FinishRenewal())
	check(t, signer.Close())
	fresh, _, _ := newSealer(t, less, dir, "")
	c := sealed(t, fresh)
	if c.Size != 200 || c.Origin == former.Origin {
		t.Errorf("%+v", c)
	}
	for _, note := range [][]byte{former.Note, c.Note} {
		if _, err := fresh.Policy().Check(note); err != nil {
			t.Error(err)
		}
	}
}

func TestWitnessThatIsNotThere(t *testing.T) {
	store, dir := newStore(t, 5), t.TempDir()
	gone := httptest.NewServer(http.NotFoundHandler())
	policy := lying(t, "w", nil) + "quorum w\n"
	policy = regexp.MustCompile(`http://\S+`).ReplaceAllString(policy, gone.URL)
	gone.Close()
	s, signer, said := newSealer(t, store, dir, policy)
	c := sealed(t, s)
	st := s.Status()
	if w := st.Witnesses[0]; w.Fault != "连不上" || w.Refused || len(st.Refused) > 0 || !strings.Contains(said.String(), gone.URL) {
		t.Errorf("%+v\n%s", w, said)
	}
	if told := Ask(t.Context(), s.tiles, s.Policy(), c); len(told) != 1 || told[0].Fault != "连不上" || told[0].Cosigned {
		t.Errorf("asked by who looks on: %+v", told)
	}
	check(t, signer.Close())
	_, _, said = sealedAgain(t, store, dir, policy)
	if n := strings.Count(said.String(), "witness quorum missing"); n != 1 {
		t.Errorf("alarmed %d times after a restart:\n%s", n, said)
	}
}

func TestAskingByWhoLooksOn(t *testing.T) {
	store, dir := newStore(t, 5), t.TempDir()
	key := openSigner(t, filepath.Join(dir, "seal"))
	vkeys := key.Verifiers()
	check(t, key.Close())
	audit, _ := witnessOf(t, "audit", vkeys...)
	forked := lying(t, "congress", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(422) })
	s, _, _ := newSealer(t, store, dir, audit+forked+"quorum audit\n")
	c := sealed(t, s)
	bare, err := s.signer.Sign(t.Context(), c.Head, nil)
	check(t, err)
	told := Ask(t.Context(), s.tiles, s.Policy(), Checkpoint{c.Head, c.Origin, bare})
	if len(told) != 2 || !told[0].Cosigned || !told[1].Refused {
		t.Errorf("%+v", told)
	}
}

func sealedAgain(t *testing.T, store eventstore.Store, dir, policy string) (Checkpoint, *Sealer, *bytes.Buffer) {
	t.Helper()
	s, _, said := newSealer(t, store, dir, policy)
	return sealed(t, s), s, said
}

// The signer was put back from a backup and has forgotten what everybody else has
// seen: what is published counts.
func TestPublishedCheckpointIsNotForgotten(t *testing.T) {
	store, dir := newStore(t, 300), t.TempDir()
	s, signer, _ := newSealer(t, store, dir, "")
	sealed(t, s)
	early, err := os.ReadFile(filepath.Join(dir, "seal", signedFile))
	check(t, err)
	file(t, store, 50)
	whole := sealed(t, s)
	check(t, signer.Close())
	for name, remembered := range map[string][]byte{"an older head": early, "none": nil} {
		for what, other := range map[string]eventstore.Store{"an older copy": cutAt(t, store, 320), "nothing": newStore(t, 0), "another history": newStore(t, 400)} {
			check(t, os.WriteFile(filepath.Join(dir, "seal", signedFile), remembered, 0o600))
			again, signer, _ := newSealer(t, other, dir, "")
			if _, err := again.Seal(t.Context()); !errors.Is(err, ErrInconsistent) {
				t.Errorf("%s remembered, %s in the ledger's place: %v", name, what, err)
			}
			if c, err := again.tiles.Published(); err != nil || !bytes.Equal(c.Note, whole.Note) {
				t.Errorf("%s remembered: published %s, %v", name, c.Note, err)
			}
			check(t, signer.Close())
		}
		check(t, os.WriteFile(filepath.Join(dir, "seal", signedFile), remembered, 0o600))
		right, signer, _ := newSealer(t, store, dir, "")
		if c, err := right.Rebuild(t.Context()); err != nil || c.Head != whole.Head {
			t.Errorf("%s remembered, rebuilt %v, %v", name, c.Head, err)
		}
		file(t, store, 1)
		whole = sealed(t, right)
		if last, err := signer.Signed(t.Context()); err != nil || last != whole.Head || whole.Head != headOf(t, store) {
			t.Errorf("%s remembered, does not go on: %v, %v", name, last, err)
		}
		check(t, signer.Close())
	}
}
