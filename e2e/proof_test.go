package e2e_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"wenxiao/e2e/browser"
)

// TestVerifyingWithoutSigningIn pastes the ledger's checkpoint into the page, as
// a citizen would, and then one that somebody changed.
func TestVerifyingWithoutSigningIn(t *testing.T) {
	answer, err := http.Get(site + "/checkpoint")
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK {
		t.Fatalf("%d, %v", answer.StatusCode, err)
	}
	p, err := chrome.Open(browser.Desk) // signed in as nobody
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	changed := strings.Replace(string(text), "\n", "0\n", 1) // of another ledger
	for pasted, verdict := range map[string]string{string(text): "已验证", changed: "不符"} {
		if status, err := p.Visit(site + "/verify"); err != nil || status != http.StatusOK {
			t.Fatalf("%d, %v", status, err)
		}
		_, err := p.Follow(chromedp.Tasks{
			chromedp.SetValue("#text", pasted, chromedp.ByQuery),
			chromedp.Click(`form[action="/verify"] button`, chromedp.ByQuery),
		})
		if err != nil {
			t.Fatal(err)
		}
		var said string
		if err := p.Ask(`document.querySelector("#result").innerText`, &said); err != nil || !strings.Contains(said, verdict) {
			t.Errorf("%q: %q, %v", pasted, said, err)
		}
	}
}
