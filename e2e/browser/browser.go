// Package browser drives a headless Chromium as a reader of our pages would:
// one window of a stated size, with or without script, and everything the
// browser complained about kept for the asking.
package browser

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"
)

// Browser is one running Chromium with a profile of its own.
type Browser struct {
	ctx   context.Context
	close []func()
}

// Start runs Chromium. WENXIAO_CHROMIUM names another executable than the
// "chromium" on the path.
func Start(ctx context.Context) (*Browser, error) {
	profile, err := os.MkdirTemp("", "wenxiao-browser-")
	if err != nil {
		return nil, err
	}
	allocated, stop := chromedp.NewExecAllocator(ctx, options(profile)...)
	browsing, leave := chromedp.NewContext(allocated)
	b := &Browser{ctx: browsing, close: []func(){leave, stop, func() { os.RemoveAll(profile) }}}
	if err := chromedp.Run(browsing); err != nil {
		b.Close()
		return nil, fmt.Errorf("start chromium: %w", err)
	}
	return b, nil
}

// options keep the browser to the page it is given: nothing is fetched that
// the page does not ask for, so a request to elsewhere is the page's own fault.
func options(profile string) []chromedp.ExecAllocatorOption {
	path := os.Getenv("WENXIAO_CHROMIUM")
	if path == "" {
		path = "chromium"
	}
	opts := []chromedp.ExecAllocatorOption{
		chromedp.ExecPath(path), chromedp.UserDataDir(profile),
		chromedp.WSURLReadTimeout(2 * time.Minute), // a machine may have much else to do
	}
	for _, flag := range []string{
		"headless", "no-sandbox", "disable-gpu", "disable-quic", "no-first-run",
		"disable-background-networking", "disable-component-update", "disable-sync",
		"disable-dev-shm-usage", "hide-scrollbars",
	} {
		opts = append(opts, chromedp.Flag(flag, true))
	}
	return append(opts, chromedp.Flag("lang", "zh-CN"))
}

// Close ends the browser and removes its profile.
func (b *Browser) Close() {
	for _, f := range b.close {
		f()
	}
}

// Window says how a page is looked at.
type Window struct {
	Width, Height int64   // in CSS pixels
	NoScript      bool    // as a browser with script switched off
	Slowdown      float64 // of the processor; 0 and 1 leave it as it is
}

// Desk is the window the screens were drawn for.
var Desk = Window{Width: 1280, Height: 800}

// Open opens a tab with cookies of its own. Close it with the returned page's
// Close.
func (b *Browser) Open(w Window) (*Page, error) {
	id, err := b.blank()
	if err != nil {
		return nil, fmt.Errorf("open a tab: %w", err)
	}
	ctx, leave := chromedp.NewContext(b.ctx, chromedp.WithTargetID(id))
	p := &Page{ctx: ctx, leave: leave}
	chromedp.ListenTarget(ctx, p.hear)
	setup := []chromedp.Action{
		log.Enable(), runtime.Enable(), network.Enable(),
		chromedp.EmulateViewport(w.Width, w.Height),
		emulation.SetScriptExecutionDisabled(w.NoScript),
	}
	if w.Slowdown > 1 {
		setup = append(setup, emulation.SetCPUThrottlingRate(w.Slowdown))
	}
	if err := chromedp.Run(ctx, setup...); err != nil {
		leave()
		return nil, fmt.Errorf("open a tab: %w", err)
	}
	return p, nil
}

// blank makes an empty tab in a window and with cookies of its own.
func (b *Browser) blank() (id target.ID, err error) {
	ctx := cdp.WithExecutor(b.ctx, chromedp.FromContext(b.ctx).Browser)
	apart, err := target.CreateBrowserContext().WithDisposeOnDetach(true).Do(ctx)
	if err != nil {
		return "", err
	}
	return target.CreateTarget("about:blank").WithBrowserContextID(apart).WithNewWindow(true).Do(ctx)
}
