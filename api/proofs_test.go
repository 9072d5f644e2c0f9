package api

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"wenxiao/api/web"
	"wenxiao/eventstore/seal"
)

// sealedOffice is an office whose ledger is sealed all the time.
func sealedOffice(t *testing.T, change ...func(policy string) string) *office {
	t.Helper()
	return sealedOfficeThat(t, func(*Server) {}, change...)
}

// sealedOfficeThat is a sealed office whose server is changed once it has its
// sealer.
func sealedOfficeThat(t *testing.T, changed func(*Server), change ...func(policy string) string) *office {
	t.Helper()
	return newOffice(t, func(s *Server) {
		dir := t.TempDir()
		signer, err := seal.OpenSigner(filepath.Join(dir, "seal"), "example.invalid/office")
		if err != nil {
			t.Fatal(err)
		}
		policy := sure(seal.DefaultPolicy(signer.Verifiers()...))
		for _, f := range change {
			policy = sure(seal.ParsePolicy([]byte(f(policy.String()))))
		}
		sealer, err := seal.NewSealer(s.Store, seal.Tiles{Dir: filepath.Join(dir, "log")}, signer, policy, s.Log)
		if err != nil {
			t.Fatal(err)
		}
		s.Sealer = sealer
		changed(s)
		ctx, cancel := context.WithCancel(context.Background())
		done := make(chan struct{})
		go func() { defer close(done); _ = sealer.Run(ctx) }()
		t.Cleanup(func() {
			cancel()
			<-done
			if err := signer.Close(); err != nil {
				t.Error(err)
			}
		})
	})
}

// paste hands text in on the page, signed in as nobody.
func (d *office) paste(text string) reply {
	d.Helper()
	return d.do(call{method: "POST", path: "/verify", body: url.Values{"text": {text}}.Encode(), header: map[string]string{"Content-Type": "application/x-www-form-urlencoded"}})
}

// browse opens a page signed in; as nobody if as is empty.
func (d *office) browse(as, path string) reply {
	d.Helper()
	b := &browser{office: d}
	if as != "" {
		if r := b.signIn(as, password); r.Code != http.StatusSeeOther {
			d.Fatalf("%d %s", r.Code, r.Body)
		}
	}
	if err := d.server.settle(d.Context()); err != nil {
		d.Fatal(err)
	}
	return b.ask("GET", path, nil)
}

func (r reply) shows(words ...string) {
	r.t.Helper()
	for _, w := range words {
		if r.Code != http.StatusOK || !strings.Contains(r.Body.String(), w) {
			r.t.Errorf("%d, without %q", r.Code, w)
		}
	}
}

func TestReceiptProvesWithoutTheLedger(t *testing.T) {
	d := sealedOffice(t)
	d.funded()
	file := d.browse("unit", "/record/2/receipt")
	if file.Code != 200 || file.Header().Get("Content-Disposition") != `attachment; filename="2.tlog-proof"` || file.Body.Len() > 2048 {
		t.Fatalf("%d %v, %d bytes", file.Code, file.Header(), file.Body.Len())
	}
	receipt, err := seal.ParseReceipt(file.Body.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	policy, err := seal.ParsePolicy(d.get("", "/policy").Body.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	if v, err := receipt.Verify(policy); err != nil || v.Origin != "example.invalid/office" || receipt.Header.Type != "goal.filed.v1" {
		t.Errorf("%+v, %v", v, err)
	}
	byAPI := into[Receipt](d.get("unit", "/api/v1/records/2/receipt"))
	if r, err := seal.ParseReceipt([]byte(byAPI.Receipt)); err != nil || string(r.Envelope) != string(receipt.Envelope) {
		t.Errorf("by API: %v", err)
	}
	d.browse("unit", "/receipt/2").shows("申报", receipt.Header.ID, receipt.Header.DataHash, receipt.Header.DataSM3, "<svg class=\"qr\"", "example.invalid/office", "/record/2/receipt")
	d.browse("unit", "/record").shows(`href="/receipt/2"`)
	if data := d.browse("unit", "/record/2/data"); data.Code != 200 || !json.Valid(data.Body.Bytes()) {
		t.Errorf("data: %d", data.Code)
	}
}

func TestNobodyGetsAReceiptOfWhatIsNot(t *testing.T) {
	d := sealedOffice(t)
	d.programme()
	for path, status := range map[string]int{"/record/2/receipt": 404, "/record/0/receipt": 404, "/receipt/99": 404, "/record/2/data": 404} {
		if got := d.browse("unit", path); got.Code != status {
			t.Errorf("%s: %d, want %d", path, got.Code, status)
		}
	}
	if got := d.get("", "/record/1/receipt"); got.Code != http.StatusSeeOther {
		t.Errorf("signed out: %d", got.Code)
	}
	newOffice(t).get("auditor", "/api/v1/seal").problem(422, "seal.none")
}

// TestReceiptBeforeItsCheckpoint serves without a sealer at work: the record is
// in, the receipt is not there yet, and the page says so.
func TestReceiptBeforeItsCheckpoint(t *testing.T) {
	defer func(usual time.Duration) { untilSigned = usual }(untilSigned)
	untilSigned = 50 * time.Millisecond
	d := newOffice(t, func(s *Server) {
		signer, err := seal.OpenSigner(filepath.Join(t.TempDir(), "seal"), "example.invalid/asleep")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = signer.Close() })
		if s.Sealer, err = seal.NewSealer(s.Store, seal.Tiles{Dir: t.TempDir()}, signer, sure(seal.DefaultPolicy()), s.Log); err != nil {
			t.Fatal(err)
		}
	})
	d.programme()
	d.get("unit", "/api/v1/records/1/receipt").problem(422, "seal.not-covered")
	d.browse("unit", "/receipt/1").shows("待签名", "稍后重开本页")
}

func TestAnybodyVerifies(t *testing.T) {
	d := sealedOffice(t)
	d.funded()
	receipt := d.browse("unit", "/record/3/receipt").Body.String()
	checkpoint := d.get("", "/checkpoint").Body.String()
	d.paste(receipt).shows("已验证", "账本的数据与信封相符", "goal.reviewed")
	d.paste(strings.ReplaceAll(receipt, "\n", "\r\n")).shows("已验证")
	d.paste(checkpoint).shows("已验证", "检查点由本账签名", "现在的账本包含这个检查点")

	d.create("unit", "goals/p1/2026/file", strings.Replace(goalBody, "38508", "40000", 1)).entered()
	if _, err := d.server.Sealer.WaitFor(t.Context(), d.head()); err != nil {
		t.Fatal(err)
	}
	d.paste(checkpoint).shows("已验证") // an earlier one, contained in what is now
	d.paste(receipt).shows("已验证")

	record, err := d.server.record(t.Context(), 3)
	if err != nil {
		t.Fatal(err)
	}
	leaf := tlog.RecordHash(record.Envelope)
	d.get("", fmt.Sprintf("/verify?at=3&leaf=%x", leaf[:])).shows("一致", "扫码")
	leaf[0] ^= 1
	d.get("", fmt.Sprintf("/verify?at=3&leaf=%x", leaf[:])).shows("不符", "另一件事")
	d.get("", "/verify?at=3&leaf=ab").shows("码不完整")
	d.get("", "/verify?at=3").shows("码不完整")
	d.get("", fmt.Sprintf("/verify?at=3000&leaf=%x", leaf[:])).shows("不符", "账本没有位置 3000")

	v := into[Verification](d.do(call{as: "congress", method: "POST", path: "/api/v1/verify", body: string(sure(json.Marshal(map[string]string{"text": receipt})))}))
	if !v.Genuine || v.Number != 3 || len(v.Checks) < 4 {
		t.Errorf("by API: %+v", v)
	}
}

// TestMissingWitnessesAreSaid serves a ledger that needs two witnesses and has
// none: what is signed is shown as signed, and not as verified.
func TestMissingWitnessesAreSaid(t *testing.T) {
	d := sealedOffice(t, func(policy string) string {
		for _, name := range []string{"audit", "npc"} {
			_, vkey, err := note.GenerateKey(rand.Reader, "example.invalid/"+name)
			if err != nil {
				t.Fatal(err)
			}
			policy += "witness " + name + " " + cosignatureKey(vkey) + "\n"
		}
		return strings.Replace(policy, "quorum none\n", "", 1) + "group both 2 audit npc\nquorum both\n"
	})
	d.programme()
	if _, err := d.server.Sealer.WaitFor(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	d.browse("unit", "/").shows("见证不足")
	d.browse("unit", "/receipt/1").shows("见证不足", "audit", "npc")
	for _, path := range []string{"/record/1/receipt", "/checkpoint"} {
		page := d.paste(d.browse("unit", path).Body.String())
		page.shows("须由 audit、npc 这 2 家中的 2 家见证", "不符")
		if strings.Contains(page.Body.String(), ">已验证<") {
			t.Errorf("%s is verified without its witnesses", path)
		}
	}
	v := into[Verification](d.do(call{as: "congress", method: "POST", path: "/api/v1/verify", body: string(sure(json.Marshal(map[string]string{"text": d.browse("unit", "/record/1/receipt").Body.String()})))}))
	if v.Genuine {
		t.Errorf("by API: %+v", v)
	}
	if h := into[health](d.get("", "/healthz")); h.Status != "ok" || h.Proof != "witnesses are missing" {
		t.Errorf("%+v", h)
	}
}

// cosignatureKey turns a key of a log into that of a witness: type 4 for 1.
func cosignatureKey(vkey string) string {
	parts := strings.SplitN(vkey, "+", 3)
	key := sure(base64.StdEncoding.DecodeString(parts[2]))
	key[0] = 4
	sum := sha256.Sum256(append([]byte(parts[0]+"\n"), key...))
	return fmt.Sprintf("%s+%x+%s", parts[0], sum[:4], base64.StdEncoding.EncodeToString(key))
}

func TestPrintedCodesLeadToThePublicAddress(t *testing.T) {
	d := sealedOffice(t)
	d.programme()
	d.browse("unit", "/receipt/1").shows("http://127.0.0.1:8080/verify?at=1")
	d.server.Public = "https://jx.example.gov.cn"
	d.browse("unit", "/receipt/1").shows("https://jx.example.gov.cn/verify?at=1")
}

// TestForgeriesAreNamed hands in receipts and checkpoints that somebody worked on.
func TestForgeriesAreNamed(t *testing.T) {
	d := sealedOffice(t)
	d.funded()
	receipt := d.browse("unit", "/record/3/receipt").Body.String()
	other := sealedOffice(t)
	other.funded()
	lines := strings.Split(receipt, "\n")
	hash := lines[3]
	for name, c := range map[string]struct{ text, says string }{
		"of another ledger":          {other.browse("unit", "/record/3/receipt").Body.String(), "不符"},
		"checkpoint of another":      {other.get("", "/checkpoint").Body.String(), "不符"},
		"another index":              {strings.Replace(receipt, "\nindex 2\n", "\nindex 3\n", 1), "不符"},
		"hash of another subtree":    {strings.Replace(receipt, hash, "AAAA"+hash[4:], 1), "不符"},
		"signature changed":          {receipt[:len(receipt)-6] + "AAA=\n", ""},
		"cut":                        {receipt[:len(receipt)/2], "读不懂"},
		"a letter":                   {"敬启者", "既不是回执"},
		"nothing":                    {"", "没有选文件"},
		"more than a receipt":        {strings.Repeat("x", 70<<10), "超过"},
		"checkpoint with more in it": {strings.Replace(d.get("", "/checkpoint").Body.String(), "\n\n", "\nmore\n\n", 1), ""},
	} {
		page := d.paste(c.text)
		if !strings.Contains(page.Body.String(), c.says) {
			t.Errorf("%s: the page does not say %s", name, c.says)
		}
		if strings.Contains(page.Body.String(), ">已验证<") {
			t.Errorf("%s: verified", name)
		}
	}
}

func TestLogIsPublic(t *testing.T) {
	d := sealedOffice(t)
	d.funded()
	if _, err := d.server.Sealer.WaitFor(t.Context(), d.head()); err != nil {
		t.Fatal(err)
	}
	checkpoint, err := seal.ParseCheckpoint(d.get("", "/checkpoint").Body.Bytes())
	if err != nil || checkpoint.Size != d.head() {
		t.Fatalf("%+v, %v", checkpoint, err)
	}
	tile := fmt.Sprintf("000.p/%d", checkpoint.Size)
	hashes := d.get("", "/tile/0/"+tile)
	if hashes.Code != 200 || hashes.Body.Len() != int(checkpoint.Size)*tlog.HashSize {
		t.Errorf("%d, %d bytes", hashes.Code, hashes.Body.Len())
	}
	record, err := d.server.record(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	if first := tlog.RecordHash(record.Envelope); !strings.HasPrefix(hashes.Body.String(), string(first[:])) {
		t.Error("the tile does not begin with the first leaf")
	}
	for as, status := range map[string]int{"": 303, "unit": 403, "department": 403, "treasury": 403, "admin": 403, "auditor": 200, "inspector": 200, "congress": 200, "finance": 200} {
		if got := d.get(as, "/tile/entries/"+tile).Code; got != status && (as != "" || got != 401) {
			t.Errorf("entries as %q: %d, want %d", as, got, status)
		}
	}
	for _, path := range []string{"/tile/0/001", "/tile/0/000.p/0", "/tile/../checkpoint", "/tile/0/..%2f..%2fcheckpoint", "/tile/entries/%2e%2e/seal/key", "/tile/0/x000/000.p/300", "/tile/", "/tile/99/000"} {
		if got := d.get("auditor", path); got.Code != 404 && got.Code != 301 && got.Code != 307 {
			t.Errorf("%s: %d %s", path, got.Code, got.Body)
		}
	}
	facts := into[Seal](d.get("auditor", "/api/v1/seal"))
	if facts.Checkpoint != checkpoint.Size || facts.Origin != checkpoint.Origin || facts.Signed == "" || !strings.Contains(facts.Policy, "quorum none") {
		t.Errorf("%+v", facts)
	}
	d.browse("auditor", "/").shows("已签名", "校验码")
	d.get("", "/verify").shows("example.invalid/office", "没有设见证单位")
}

func sure[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func TestARefusalIsNotAnAbsence(t *testing.T) {
	for name, c := range map[string]struct {
		reached bool
		status  seal.Status
		want    web.Status
	}{
		"no witnesses":      {true, seal.Status{}, web.Sealed},
		"enough":            {true, seal.Status{Witnesses: make([]seal.WitnessStatus, 3)}, web.Cosigned},
		"too few":           {false, seal.Status{Witnesses: make([]seal.WitnessStatus, 3)}, web.NoQuorum},
		"enough, one no":    {true, seal.Status{Witnesses: make([]seal.WitnessStatus, 3), Refused: []string{"npc"}}, web.Refused},
		"nothing is signed": {false, seal.Status{Fault: "账本不含上次签过的内容", Refused: []string{"npc"}}, web.Unsealed},
	} {
		if got := quorum(c.reached, c.status); got != c.want {
			t.Errorf("%s: %s", name, got.Word)
		}
	}
}
