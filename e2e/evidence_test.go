package e2e_test

import (
	"archive/zip"
	"bytes"
	"encoding/base64"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"wenxiao/e2e/browser"
)

// TestEvidenceIsTakenAndRead follows the button of a programme's page as an
// auditor does, unpacks what comes, and reads the account and the report in a
// browser that knows nothing of the ledger.
func TestEvidenceIsTakenAndRead(t *testing.T) {
	p, err := openAs(browser.Desk, "审计")
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	visit(t, p, "/programmes/401002-venue/2025")
	var packed string
	err = p.Ask(`(async () => {
		const answer = await fetch(document.querySelector('a[href^="/evidence.zip"]').href);
		if (answer.headers.get('Content-Type') !== 'application/zip') return '';
		return btoa(Array.from(new Uint8Array(await answer.arrayBuffer()), b => String.fromCharCode(b)).join(''));
	})()`, &packed)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	b, err := base64.StdEncoding.DecodeString(packed)
	if err != nil {
		t.Fatal(err)
	}
	z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(dir, z); err != nil {
		t.Fatal(err)
	}
	for name, says := range map[string]string{"说明.html": "体育中心与委托运营方结算费用", "四性检测报告.html": "办理过程"} {
		if _, err := p.Visit("file://" + filepath.ToSlash(filepath.Join(dir, name))); err != nil {
			t.Fatal(err)
		}
		seen, err := p.Look()
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(seen.Text, says) || seen.Headings != 1 || seen.Language != "zh-CN" || seen.Overflow > 0 || len(seen.Faint) > 0 {
			t.Errorf("%s: %d headings in %q, %d px too wide %v, faint %v", name, seen.Headings, seen.Language, seen.Overflow, seen.TooWide, seen.Faint)
		}
		paper, err := p.Paper()
		if err != nil {
			t.Fatal(err)
		}
		if !paper.A4 || !strings.Contains(paper.Sheets[0], browser.Squeeze("体育中心与委托运营方结算费用")) {
			t.Errorf("%s on paper: A4 %v, %d sheets, the first: %s", name, paper.A4, len(paper.Sheets), paper.Sheets[0])
		}
		if complaints := p.Complaints(); len(complaints) > 0 {
			t.Errorf("%s: %q", name, complaints)
		}
	}
}
