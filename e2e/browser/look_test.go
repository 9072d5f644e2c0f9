package browser_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"wenxiao/e2e/browser"
)

// A page on which everything is wrong that a look should notice, and one on
// which nothing is.
var long = strings.Repeat("很长", 400)

var (
	bad = `<!doctype html><html lang="zh-CN"><title>坏</title><link rel="icon" href="data:,">
<body><p style="margin:0">内联样式被策略拦下</p><font color="#bbbbbb">太淡</font>
<form><input name="x"></form><pre>` + long + `</pre><script>alert(1)</script></body></html>`
	good = `<!doctype html><html lang="zh-CN"><title>好</title><link rel="icon" href="/icon.svg">
<body><h1>看得清</h1><form><label>姓名 <input name="x"></label><button>好</button></form>
<table><thead><tr><th>项目</th></tr></thead><tbody><tr><td><a href="/good?at=1#row">甲</a></td></tr></tbody></table></body></html>`
)

func serve(t *testing.T) string {
	mux := http.NewServeMux()
	page := func(html string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Security-Policy", "default-src 'self'; img-src 'self' data:")
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			_, _ = w.Write([]byte(html))
		}
	}
	mux.HandleFunc("/bad", page(bad))
	mux.HandleFunc("/good", page(good))
	mux.HandleFunc("/icon.svg", func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Content-Type", "image/svg+xml") })
	site := httptest.NewServer(mux)
	t.Cleanup(site.Close)
	return site.URL
}

func open(t *testing.T, w browser.Window) *browser.Page {
	t.Helper()
	b, err := browser.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	p, err := b.Open(w)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestALookNoticesWhatIsWrong(t *testing.T) {
	site := serve(t)
	for _, w := range []browser.Window{browser.Desk, {Width: 1280, Height: 800, NoScript: true}} {
		p := open(t, w)
		if status, err := p.Visit(site + "/bad"); err != nil || status != http.StatusOK {
			t.Fatal(status, err)
		}
		seen, err := p.Look()
		if err != nil {
			t.Fatal(err)
		}
		if seen.Overflow == 0 || len(seen.TooWide) == 0 {
			t.Error("a line wider than the window went unnoticed")
		}
		if len(seen.Unlabelled) != 1 {
			t.Errorf("controls without a label: %q", seen.Unlabelled)
		}
		if len(seen.Faint) != 1 {
			t.Errorf("faint text: %q", seen.Faint)
		}
		if said := strings.Join(p.Complaints(), "\n"); !strings.Contains(said, "Content Security Policy") {
			t.Errorf("the blocked style was not reported: %q", said)
		}
	}
}

func TestALookLetsAGoodPagePass(t *testing.T) {
	site := serve(t)
	p := open(t, browser.Desk)
	if _, err := p.Visit(site + "/good"); err != nil {
		t.Fatal(err)
	}
	seen, err := p.Look()
	if err != nil {
		t.Fatal(err)
	}
	if seen.Overflow != 0 || len(seen.TooWide)+len(seen.Unlabelled)+len(seen.Faint) != 0 {
		t.Errorf("found fault: %+v", seen)
	}
	if said := p.Complaints(); len(said) != 0 {
		t.Errorf("complained: %q", said)
	}
	if seen.Title != "好" || len(seen.Heads) != 1 || seen.Heads[0] != "项目" || seen.FirstPaint <= 0 {
		t.Errorf("saw %+v", seen)
	}
	if links, err := p.Links(); err != nil || len(links) != 1 || links[0] != "/good?at=1" {
		t.Errorf("links %q, %v", links, err)
	}
}

func TestPaper(t *testing.T) {
	site := serve(t)
	p := open(t, browser.Desk)
	if _, err := p.Visit(site + "/good"); err != nil {
		t.Fatal(err)
	}
	paper, err := p.Paper()
	if err != nil {
		t.Fatal(err)
	}
	if len(paper.Sheets) != 1 || !strings.Contains(paper.Sheets[0], "看得清") || !paper.A4 {
		t.Errorf("printed %+v", paper)
	}
}
