package browser

import (
	"context"
	_ "embed"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// Page is one tab.
type Page struct {
	ctx   context.Context
	leave func()

	mu         sync.Mutex
	complaints []string
}

// Close closes the tab.
func (p *Page) Close() { p.leave() }

// hear keeps what the browser reports as an error: script exceptions,
// console.error, resources that did not load, content-security violations.
func (p *Page) hear(event any) {
	var said string
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		said = e.ExceptionDetails.Error()
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.APITypeError || e.Type == runtime.APITypeAssert {
			said = "console: " + arguments(e.Args)
		}
	case *log.EventEntryAdded:
		if e.Entry.Level == log.LevelError {
			said = fmt.Sprintf("%s: %s %s", e.Entry.Source, e.Entry.Text, e.Entry.URL)
		}
	}
	if said == "" {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.complaints = append(p.complaints, said)
}

func arguments(args []*runtime.RemoteObject) string {
	var said []string
	for _, a := range args {
		said = append(said, strings.TrimSpace(string(a.Value)+" "+a.Description))
	}
	return strings.Join(said, " ")
}

// Complaints hands over what the browser complained of since the last call.
func (p *Page) Complaints() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	said := p.complaints
	p.complaints = nil
	return said
}

// Visit opens the address and waits until it has loaded and something of it is
// painted. It answers with the status of the response.
func (p *Page) Visit(address string) (int, error) {
	response, err := chromedp.RunResponse(p.ctx, chromedp.Navigate(address))
	if err != nil {
		return 0, fmt.Errorf("visit %s: %w", address, err)
	}
	return int(response.Status), p.awaitPaint()
}

// Follow does something that leads to another page, waits for it as [Page.Visit]
// does and answers with its status.
func (p *Page) Follow(action chromedp.Action) (int, error) {
	response, err := chromedp.RunResponse(p.ctx, action)
	if err != nil {
		return 0, err
	}
	return int(response.Status), p.awaitPaint()
}

// awaitPaint asks from outside, because with script switched off no callback
// of the page's own would run. An empty page never paints: it gives up quietly.
func (p *Page) awaitPaint() error {
	for end := time.Now().Add(time.Minute); time.Now().Before(end); {
		var painted bool
		if err := p.Ask(`performance.getEntriesByName('first-contentful-paint').length > 0`, &painted); err != nil || painted {
			return err
		}
		time.Sleep(20 * time.Millisecond)
	}
	return nil
}

// SetCookie gives the browser a cookie for the address's host.
func (p *Page) SetCookie(address, name, value string) error {
	return p.Run(network.SetCookie(name, value).WithURL(address))
}

// Run carries out chromedp actions in this tab.
func (p *Page) Run(actions ...chromedp.Action) error { return chromedp.Run(p.ctx, actions...) }

// Ask evaluates an expression in the page, also where the page's own scripts
// are switched off. A promise is waited for.
func (p *Page) Ask(expression string, answer any) error {
	return p.Run(chromedp.Evaluate(expression, answer, func(e *runtime.EvaluateParams) *runtime.EvaluateParams {
		return e.WithAwaitPromise(true)
	}))
}

//go:embed look.js
var look string

// Look is what an eye sees at once and a request does not.
type Look struct {
	Title      string   `json:"title"`
	Language   string   `json:"language"`   // of the document
	Headings   int      `json:"headings"`   // h1
	Text       string   `json:"text"`       // all of it that shows
	Overflow   int      `json:"overflow"`   // CSS pixels wider than the window
	TooWide    []string `json:"tooWide"`    // the elements that stick out
	Unlabelled []string `json:"unlabelled"` // form controls without a name
	Faint      []string `json:"faint"`      // text with a contrast below WCAG AA
	Heads      []string `json:"heads"`      // of the tables, first cell of each thead
	FirstPaint float64  `json:"firstPaint"` // milliseconds after navigation began
}

// Look inspects the page as it is now.
func (p *Page) Look() (seen Look, err error) {
	err = p.Ask(look, &seen)
	return seen, err
}

// Links lists the addresses on this host that the page links to, without
// fragments, each once, in document order.
func (p *Page) Links() (links []string, err error) {
	err = p.Ask(`[...new Set([...document.querySelectorAll('a[href]')]
		.filter(a => a.origin === location.origin && !a.hasAttribute('download'))
		.map(a => a.pathname + a.search))]`, &links)
	return links, err
}

// Screenshot is a PNG of the window, or of the whole page.
func (p *Page) Screenshot(whole bool) (png []byte, err error) {
	shot := chromedp.CaptureScreenshot(&png)
	if whole {
		shot = chromedp.FullScreenshot(&png, 100)
	}
	err = p.Run(shot)
	return png, err
}
