// Shoot takes a picture of a page as a reader sees it, and says what is wrong
// with how it looks.
//
//	go run -C e2e ./shoot [flags] URL /absolute/OUT.png
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"time"

	"wenxiao/e2e/browser"
)

type order struct {
	address, png, pdf, cookie, as string
	whole                         bool
	window                        browser.Window
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	if err := shoot(ctx, parse(os.Args[1:])); err != nil {
		fmt.Fprintln(os.Stderr, "shoot:", err)
		os.Exit(1)
	}
}

// parse takes flags before, between and after the two arguments.
func parse(args []string) (o order) {
	o.window = browser.Desk
	fs := flag.NewFlagSet("shoot", flag.ExitOnError)
	fs.Usage = func() {
		fmt.Fprintln(fs.Output(), "shoot [flags] URL OUT.png")
		fs.PrintDefaults()
	}
	fs.Int64Var(&o.window.Width, "width", o.window.Width, "window width in CSS pixels")
	fs.Int64Var(&o.window.Height, "height", o.window.Height, "window height in CSS pixels")
	fs.Float64Var(&o.window.Slowdown, "throttle", 1, "slow the processor so many times")
	fs.BoolVar(&o.window.NoScript, "nojs", false, "switch script off")
	fs.BoolVar(&o.whole, "full", false, "the whole page, not just the window")
	fs.StringVar(&o.pdf, "pdf", "", "also print to A4 into this file")
	fs.StringVar(&o.cookie, "cookie", "", "name=value, e.g. a session taken from a sign-in")
	fs.StringVar(&o.as, "as", "", "sign in first at /sign-in with the button whose text contains this (\"-\": the first)")
	var rest []string
	for len(args) > 0 {
		_ = fs.Parse(args) // leaves by itself when it cannot
		if args = fs.Args(); len(args) > 0 {
			rest, args = append(rest, args[0]), args[1:]
		}
	}
	if len(rest) != 2 {
		fs.Usage()
		os.Exit(2)
	}
	o.address, o.png = rest[0], rest[1]
	return o
}

func shoot(ctx context.Context, o order) error {
	b, err := browser.Start(ctx)
	if err != nil {
		return err
	}
	defer b.Close()
	page, err := b.Open(o.window)
	if err != nil {
		return err
	}
	defer page.Close()
	if err := enter(page, o); err != nil {
		return err
	}
	status, err := page.Visit(o.address)
	if err != nil {
		return err
	}
	if err := describe(page, status); err != nil {
		return err
	}
	return save(page, o)
}

// enter makes the browser somebody the pages open for.
func enter(page *browser.Page, o order) error {
	if name, value, ok := strings.Cut(o.cookie, "="); ok {
		if err := page.SetCookie(o.address, name, value); err != nil {
			return err
		}
	}
	if o.as == "" {
		return nil
	}
	return page.SignIn(o.address, strings.TrimPrefix(o.as, "-"))
}

func describe(page *browser.Page, status int) error {
	seen, err := page.Look()
	if err != nil {
		return err
	}
	fmt.Printf("%d %s · first paint %.0f ms · %d px too wide\n", status, seen.Title, seen.FirstPaint, seen.Overflow)
	for _, list := range []struct {
		what string
		of   []string
	}{
		{"browser complains", page.Complaints()},
		{"sticks out", seen.TooWide},
		{"control without a label", seen.Unlabelled},
		{"contrast below 4.5:1", seen.Faint},
	} {
		for _, one := range list.of {
			fmt.Printf("  %s: %s\n", list.what, one)
		}
	}
	return nil
}

func save(page *browser.Page, o order) error {
	png, err := page.Screenshot(o.whole)
	if err != nil {
		return err
	}
	if err := os.WriteFile(o.png, png, 0o644); err != nil || o.pdf == "" {
		return err
	}
	pdf, err := page.PDF()
	if err != nil {
		return err
	}
	return os.WriteFile(o.pdf, pdf, 0o644)
}
