package e2e_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// TestAFileWithTheReport reports rectification work with two files, as a unit does
// without script: a program in disguise is refused at the control, the good file
// stays chosen, and in the end the report rests on it.
func TestAFileWithTheReport(t *testing.T) {
	dir := t.TempDir()
	write := func(name, content string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	good, bad := write("整改台账.csv", "事项,办结\n更正公开表,是\n"), write("说明.pdf", "MZ\x90\x00")

	p, err := openAs(noScript, "示例市东关镇卫生院") // whose report was sent back
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	visit(t, p, "/rectifications?status=with-unit")
	press(t, p, `//main//tbody//tr[contains(., "示例市东关镇卫生院")]//a[starts-with(@href, "/rectifications/")]`)
	press(t, p, `//main//a[contains(@href, "/report")]`)
	do(t, p, chromedp.SetUploadFiles("input[type=file][name=files]", []string{good, bad}, chromedp.ByQuery))
	if status := press(t, p, submit); status != http.StatusUnprocessableEntity {
		t.Errorf("a program was taken: %d", status)
	}
	for _, want := range []string{"整改台账.csv", "已交存", "程序（Windows）"} {
		if seen := text(t, p); !strings.Contains(seen, want) {
			t.Errorf("does not show %s:\n%s", want, seen)
		}
	}
	var fields int
	ask(t, p, `(() => { const all = document.querySelectorAll('main form textarea'); all.forEach(t => t.value = '已更正并重新公开'); return all.length })()`, &fields)
	if fields == 0 {
		t.Fatal("nothing to report on")
	}
	press(t, p, submit)
	if seen := text(t, p); !strings.Contains(seen, "再次核对") || !strings.Contains(seen, "整改台账.csv") {
		t.Fatalf("the check page does not name the file:\n%s", seen)
	}
	press(t, p, `main button[name=do][value=done]`)
	if seen := text(t, p); !strings.Contains(seen, "已入账") || !strings.Contains(seen, "整改台账.csv") {
		t.Errorf("the notice does not show the file:\n%s", seen)
	}
	press(t, p, `//main//ul[@class="files"]//a`)
	if seen := text(t, p); !strings.Contains(seen, "以它为依据的办理") || !strings.Contains(seen, "报送整改报告") || !strings.Contains(seen, "一致") {
		t.Errorf("the page of the file:\n%s", seen)
	}
}
