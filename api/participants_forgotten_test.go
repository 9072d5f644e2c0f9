package api

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"fmt"
	"html"
	"io"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"wenxiao/domain"
	"wenxiao/domain/participant"
	"wenxiao/eventstore"
)

// leaks are the secrets in content: in its bytes, in what a browser reads of it,
// and in every file of a workbook or archive.
func leaks(t *testing.T, content []byte) (secret []string) {
	t.Helper()
	text := string(content)
	if plain, err := url.QueryUnescape(text); err == nil {
		text += plain
	}
	text += html.UnescapeString(text)
	if archive, err := zip.NewReader(bytes.NewReader(content), int64(len(content))); err == nil {
		for _, file := range archive.File {
			r, err := file.Open()
			if err != nil {
				t.Fatal(err)
			}
			inside, err := io.ReadAll(r)
			if err != nil {
				t.Fatal(err)
			}
			text += string(inside)
		}
	}
	for _, s := range secrets {
		if strings.Contains(text, s) {
			secret = append(secret, s)
		}
	}
	return secret
}

// everything is every answer there is to some readers, by reader and address: each
// page, each question, each file handed out.
func (d *office) everything(readers []string, participants ...string) map[string][]byte {
	d.Helper()
	all := map[string][]byte{}
	var addresses []string
	for _, a := range d.addresses() {
		if a[0] != "GET" || strings.HasPrefix(a[1], "/docs") || strings.HasPrefix(a[1], "/static") {
			continue
		}
		if strings.Contains(a[1], "/participants/{id}") {
			for _, id := range participants {
				addresses = append(addresses, strings.Replace(a[1], "{id}", id, 1))
			}
			continue
		}
		addresses = append(addresses, filled.Replace(a[1]))
	}
	for i := range d.head() {
		addresses = append(addresses, fmt.Sprintf("/api/v1/records/%d", i+1))
	}
	for _, question := range []string{
		"/record?format=csv", "/record?q=机密", "/record?kind=participant", "/api/v1/trail?text=机密", "/api/v1/trail?type=participant&limit=100",
		"/api/v1/events?limit=1000", "/participants?status=erased", "/participants?kind=expert", "/api/v1/people?text=机密", "/programmes?q=机密", "/people?q=机密",
	} {
		path, query, _ := strings.Cut(question, "?")
		values, err := url.ParseQuery(query)
		if err != nil {
			d.Fatal(err)
		}
		addresses = append(addresses, path+"?"+values.Encode())
	}
	for _, as := range readers {
		r := d.reads(as)
		for _, address := range addresses {
			r.open(address)
			all[as+" "+address] = []byte(r.page)
		}
	}
	return all
}

// ledger is every byte of the ledger up to a position, and its hash.
func (d *office) ledger(until eventstore.Position) (text []byte, hash [32]byte) {
	d.Helper()
	for r, err := range d.store.ReadAll(d.Context(), 0) {
		if err != nil {
			d.Fatal(err)
		}
		if r.Position > until {
			break
		}
		text = append(append(text, r.Envelope...), r.Data...)
	}
	return text, sha256.Sum256(text)
}

// opened is how many protected texts of the ledger the vault still opens.
func (d *office) opened() (n int) {
	d.Helper()
	for r, err := range d.store.ReadAll(d.Context(), 0) {
		if err != nil {
			d.Fatal(err)
		}
		event, err := participant.Stored.Decode(r.Type, r.Data)
		if err != nil {
			continue // of another aggregate
		}
		id := strings.TrimPrefix(r.Stream, participant.Stream(""))
		try := func(field string, p domain.Protected) {
			if _, err := d.server.Vault.Reveal(d.Context(), id, field, p); err == nil {
				n++
			}
		}
		switch e := event.(type) {
		case participant.Entered:
			for _, part := range e.Identity.Parts() {
				try(part.Field, *part.Value)
			}
		case participant.StatementRecorded:
			try(participant.StatementField(e.Programme, e.Year), e.Text)
		}
	}
	return n
}

// files is every byte of the tables, the accounts and the keys, with their logs.
func (d *office) files() (text []byte) {
	d.Helper()
	names, err := filepath.Glob(filepath.Join(d.dir, "*"))
	if err != nil || len(names) < 5 {
		d.Fatal(names, err)
	}
	for _, name := range names {
		content, err := os.ReadFile(name)
		if err != nil {
			d.Fatal(err)
		}
		text = append(text, content...)
	}
	return text
}

// TestForgotten is what 个人信息保护法 第四十七条 asks for and what accountability
// asks for, both: after the erasure the persons are in no answer, no file and no
// log; the ledger has every byte it had.
func TestForgotten(t *testing.T) {
	var lines lockedBuffer
	d := newOffice(t, demo, func(s *Server) {
		s.Log = slog.New(slog.NewJSONHandler(&lines, &slog.HandlerOptions{Level: slog.LevelDebug}))
	})
	d.departments()
	d.funded()
	d.chief()
	expert, beneficiary := d.expert(), d.somebody("unit")
	d.change("finance", "participants/"+expert+"/record-statement", 1, opinionBody).entered()
	d.change("unit", "participants/"+beneficiary+"/record-statement", 1, interviewBody).entered()
	d.create("finance", "participants/enter", strings.Replace(expertBody, "990101198001010022", "990101198001010023", 1)).problem(422, "participant.malformed-id-number")
	d.change("finance", "participants/"+expert+"/record-statement", 2, strings.Replace(opinionBody, "p1", "none", 1)).problem(422, "participant.unknown-programme")

	before := d.head()
	bytesBefore, hashBefore := d.ledger(before)
	if s := leaks(t, bytesBefore); len(s) > 0 {
		t.Errorf("the ledger holds %s in the clear", s)
	}
	shown := map[string]bool{}
	for address, content := range d.everything([]string{"finance", "unit", "other-unit", "congress", "admin"}, expert, beneficiary) {
		for _, secret := range leaks(t, content) {
			shown[secret] = true
			if as, _, _ := strings.Cut(address, " "); as == "other-unit" || as == "congress" || as == "admin" {
				t.Errorf("%s shows %s", address, secret)
			}
		}
	}
	for _, secret := range secrets {
		number := strings.Trim(secret, "0123456789") == ""
		if shown[secret] == number {
			t.Errorf("%s is shown: %v", secret, shown[secret])
		}
	}
	if s := leaks(t, d.files()); len(s) > 0 {
		t.Errorf("the files beside the ledger hold %s in the clear", s)
	}
	if opened := d.opened(); opened != 7+1+2+1 {
		t.Errorf("%d protected texts of the ledger open; this test looks in the wrong place", opened)
	}

	d.change("finance", "participants/"+expert+"/erase", 2, erasureBody).entered()
	d.change("finance", "participants/"+beneficiary+"/erase", 2, erasureBody).entered()
	gone := func(when string, readers ...string) {
		t.Helper()
		pages := d.everything(readers, expert, beneficiary)
		for address, content := range pages {
			if s := leaks(t, content); len(s) > 0 {
				t.Errorf("%s: %s still shows %s", when, address, s)
			}
		}
		for _, id := range []string{expert, beneficiary} {
			if text := string(pages["finance /participants/"+id]); !strings.Contains(text, "已按个人信息保护法删除（事件") {
				t.Errorf("%s: the page of %s does not say that they are erased", when, id)
			}
		}
		if text := string(pages["finance /programmes/p1/2025"]); strings.Count(text, "已按个人信息保护法删除（事件") != 2 || !strings.Contains(text, "61.5") {
			t.Errorf("%s: the programme's page does not say that both are erased, or forgot the score", when)
		}
		if s := leaks(t, d.files()); len(s) > 0 {
			t.Errorf("%s: the files hold %s", when, s)
		}
	}
	gone("erased", "finance", "unit", "auditor")
	if err := d.server.Runner.Rebuild(t.Context(), func(eventstore.Position, eventstore.Position) {}); err != nil {
		t.Fatal(err)
	}
	gone("rebuilt", "finance")

	bytesAfter, hashAfter := d.ledger(before)
	if hashAfter != hashBefore || !bytes.Equal(bytesAfter, bytesBefore) {
		t.Error("the ledger was changed")
	}
	if whole, _ := d.ledger(d.head()); len(whole) <= len(bytesBefore) || len(leaks(t, whole)) > 0 {
		t.Error("the erasure is not in the ledger, or names whom it erased")
	}
	if opened := d.opened(); opened > 0 {
		t.Errorf("%d protected texts of the ledger still open", opened)
	}
	text := lines.String()
	if s := leaks(t, []byte(text)); len(s) > 0 {
		t.Errorf("the log holds %s", s)
	}
	if !strings.Contains(text, `"msg":"private data read"`) || !strings.Contains(text, expert) {
		t.Error("the log does not say who read about whom")
	}
}
