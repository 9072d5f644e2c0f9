package e2e_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"wenxiao/e2e/browser"
)

var noScript = ways[1].window

// TestAnActWithoutScript explains a warning as a unit does, with nothing but
// links and forms: sent empty it is refused where it stands, sent with a reason
// it is in the ledger.
func TestAnActWithoutScript(t *testing.T) {
	p, err := openAs(noScript, filer)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	visit(t, p, "/")
	press(t, p, `//main//a[normalize-space(.)="说明"]`)

	if status := press(t, p, submit); status != http.StatusUnprocessableEntity {
		t.Errorf("the empty form was answered with %d", status)
	}
	if n := count(t, p, ".error-summary a[href^='#']"); n == 0 {
		t.Error("no error leads to its field")
	}
	fill(t, p, "main form textarea", "供货延迟，已与供应商约定补货日期")
	press(t, p, submit)
	if asked := count(t, p, `main button[name=do][value=done]`); asked > 0 {
		press(t, p, `main button[name=do][value=done]`)
	}
	if seen := text(t, p); !strings.Contains(seen, "已入账") {
		t.Errorf("does not say that it is in the ledger:\n%s", seen)
	}
}

// TestFilter narrows the register: a changed choice sends itself; without
// script the button does.
func TestFilter(t *testing.T) {
	for _, w := range ways {
		t.Run(w.name, func(t *testing.T) {
			p := open(t, w.window)
			visit(t, p, "/programmes")
			all := count(t, p, "main tbody tr")
			choose := chromedp.SetValue("main select[name=year]", "2025", chromedp.ByQuery)
			if w.window.NoScript {
				do(t, p, choose)
				press(t, p, submit)
			} else {
				follow(t, p, choose) // as a person does: with its change event
			}
			if year := query(t, p).Get("year"); year != "2025" {
				t.Errorf("asked for year %q", year)
			}
			if some := count(t, p, "main tbody tr"); some == 0 || some > all {
				t.Errorf("%d rows of %d", some, all)
			}
		})
	}
}

// TestReplay goes back one event by a link, and with script by a key and by the
// slider.
func TestReplay(t *testing.T) {
	replay := pages(t)["/programmes/*/*/replay"][0]
	t.Run("by the button", func(t *testing.T) {
		p := open(t, noScript)
		visit(t, p, replay)
		do(t, p, chromedp.SetValue("form[data-replay] input[type=range]", "2", chromedp.ByQuery))
		press(t, p, "form[data-replay] button[type=submit]")
		second(t, p)
	})
	t.Run("by the slider", func(t *testing.T) {
		p := open(t, browser.Desk)
		visit(t, p, replay)
		follow(t, p, chromedp.SetValue("form[data-replay] input[type=range]", "2", chromedp.ByQuery))
		second(t, p)
	})
	t.Run("by a key", func(t *testing.T) {
		p := open(t, browser.Desk)
		visit(t, p, replay)
		before := slide(t, p)
		follow(t, p, chromedp.KeyEvent(kb.ArrowLeft))
		if after := slide(t, p); after != before-1 {
			t.Errorf("the key led from event %d to %d", before, after)
		}
	})
}

func second(t *testing.T, p *browser.Page) {
	t.Helper()
	if at := slide(t, p); at != 2 {
		t.Errorf("shows event %d, asked for 2", at)
	}
	if seen := text(t, p); !strings.Contains(seen, "回看") {
		t.Error("does not say that it looks back")
	}
}

// slide returns the event the replay shows.
func slide(t *testing.T, p *browser.Page) (n int) {
	t.Helper()
	ask(t, p, `Number(document.querySelector('form[data-replay] input[type=range]').value)`, &n)
	return n
}

// TestWeightsAddUpWhileTyping changes a weight in the goal form and reads the sum.
func TestWeightsAddUpWhileTyping(t *testing.T) {
	forms := reached(t, asFiler)["/goals/*/*/file"]
	if len(forms) == 0 {
		t.Fatal("no goal form to fill")
	}
	p, err := openAs(browser.Desk, filer)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	visit(t, p, forms[0])
	before := sum(t, p)
	fill(t, p, "input[data-weight]", "1")
	if after := sum(t, p); after == before {
		t.Errorf("the sum stays %s", before)
	}
}

func sum(t *testing.T, p *browser.Page) (s string) {
	t.Helper()
	ask(t, p, `document.querySelector('[data-weight-sum=all] [data-sum]').textContent`, &s)
	return s
}

// submit is the one main button of the form in the page.
const submit = "main form button.button-main[type=submit]"

// press clicks a link or button and returns the status of the page it leads to.
func press(t *testing.T, p *browser.Page, what string) int {
	t.Helper()
	by := chromedp.ByQuery
	if strings.HasPrefix(what, "//") {
		by = chromedp.BySearch
	}
	return follow(t, p, chromedp.Click(what, by))
}

// follow does what leads to another page and returns that page's status.
func follow(t *testing.T, p *browser.Page, actions ...chromedp.Action) int {
	t.Helper()
	status, err := p.Follow(chromedp.Tasks(actions))
	if err != nil {
		t.Fatal(err)
	}
	return status
}

func do(t *testing.T, p *browser.Page, actions ...chromedp.Action) {
	t.Helper()
	if err := p.Run(actions...); err != nil {
		t.Fatal(err)
	}
}

func ask(t *testing.T, p *browser.Page, expression string, answer any) {
	t.Helper()
	if err := p.Ask(expression, answer); err != nil {
		t.Fatal(err)
	}
}

func fill(t *testing.T, p *browser.Page, where, with string) {
	t.Helper()
	do(t, p, chromedp.SendKeys(where, with, chromedp.ByQuery))
}

// waitFor waits until the text shows.
func waitFor(text string) chromedp.Action {
	return chromedp.Poll(fmt.Sprintf(`document.body.innerText.includes(%q)`, text), nil, chromedp.WithPollingTimeout(2*time.Minute))
}

func count(t *testing.T, p *browser.Page, selector string) (n int) {
	t.Helper()
	ask(t, p, fmt.Sprintf(`document.querySelectorAll(%q).length`, selector), &n)
	return n
}

func text(t *testing.T, p *browser.Page) (s string) {
	t.Helper()
	ask(t, p, `document.body.innerText`, &s)
	return s
}

func query(t *testing.T, p *browser.Page) url.Values {
	t.Helper()
	var search string
	ask(t, p, `location.search`, &search)
	values, err := url.ParseQuery(strings.TrimPrefix(search, "?"))
	if err != nil {
		t.Fatal(err)
	}
	return values
}
