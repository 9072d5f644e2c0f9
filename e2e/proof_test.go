package e2e_test

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"wenxiao/e2e/browser"
)

// checkpoint waits for the ledger's first one.
func checkpoint(t *testing.T) string {
	t.Helper()
	for end := time.Now().Add(time.Minute); ; time.Sleep(100 * time.Millisecond) {
		answer, err := http.Get(site + "/checkpoint")
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(answer.Body)
		if err = errors.Join(err, answer.Body.Close()); err != nil || answer.StatusCode != http.StatusOK && time.Now().After(end) {
			t.Fatalf("%d, %v", answer.StatusCode, err)
		}
		if answer.StatusCode == http.StatusOK {
			return string(text)
		}
	}
}

// TestVerifyingWithoutSigningIn pastes the ledger's checkpoint into the page, as
// a citizen would, and then one that somebody changed.
func TestVerifyingWithoutSigningIn(t *testing.T) {
	text := checkpoint(t)
	p, err := chrome.Open(browser.Desk) // signed in as nobody
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	changed := strings.Replace(text, "\n", "0\n", 1) // of another ledger
	for pasted, verdict := range map[string]string{text: "已验证", changed: "不符"} {
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
