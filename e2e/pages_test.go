package e2e_test

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"wenxiao/e2e/browser"
)

// A way to look at the pages.
type way struct {
	name   string
	window browser.Window
	kept   bool // as pictures, when asked to
}

var ways = []way{
	{"with script", browser.Desk, true},
	{"without script", browser.Window{Width: 1280, Height: 800, NoScript: true}, false},
}

// TestEveryPage reads every kind of page there is, with script and without.
func TestEveryPage(t *testing.T) {
	found := pages(t)
	for _, k := range kinds {
		if len(found[k]) == 0 {
			t.Errorf("no link leads to %s", k)
		}
	}
	for _, w := range ways {
		t.Run(w.name, func(t *testing.T) { readAll(t, open(t, w.window), w, found) })
	}
}

// TestEveryForm reads what only a unit that files can open.
func TestEveryForm(t *testing.T) {
	found, known := maps.Clone(reached(t, asFiler)), pages(t)
	maps.DeleteFunc(found, func(k string, _ []string) bool { return k != "/" && len(known[k]) > 0 })
	if len(found) < 3 {
		t.Errorf("the filer reaches only %v beyond what finance does", found)
	}
	p, err := openAs(browser.Desk, filer)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	readAll(t, p, ways[0], found)
}

func readAll(t *testing.T, p *browser.Page, w way, found sitemap) {
	for _, k := range slices.Sorted(maps.Keys(found)) {
		for _, address := range found[k] {
			t.Run(address, func(t *testing.T) { read(t, p, w, address) })
		}
	}
}

func read(t *testing.T, p *browser.Page, w way, address string) {
	p.Complaints() // what an earlier page left
	visit(t, p, address)
	seen, err := p.Look()
	if err != nil {
		t.Fatal(err)
	}
	judge(t, seen)
	for _, said := range p.Complaints() {
		t.Errorf("the browser complains: %s", said)
	}
	if w.kept {
		keep(t, p, address)
	}
}

// judge holds what was seen to what every page owes its reader.
func judge(t *testing.T, seen browser.Look) {
	t.Helper()
	if seen.Title == "" || seen.Headings != 1 || seen.Language == "" {
		t.Errorf("title %q, %d main headings, language %q", seen.Title, seen.Headings, seen.Language)
	}
	if !strings.Contains(seen.Text, "演示") {
		t.Error("does not say that this is a demonstration")
	}
	if seen.Overflow > 0 {
		t.Errorf("%d px wider than the window: %q", seen.Overflow, seen.TooWide)
	}
	for _, what := range seen.Unlabelled {
		t.Errorf("no label: %s", what)
	}
	for _, what := range seen.Faint {
		t.Errorf("too faint: %s", what)
	}
	for _, mark := range unfilled.FindAllString(seen.Text, -1) {
		t.Errorf("shows %q to the reader", mark)
	}
}

// unfilled are what a template shows when it was given too little.
var unfilled = regexp.MustCompile(`<no value>|%!\w?\(|\{\{|\bNaN\b|\bundefined\b|<nil>|0001-01-01`)

// keep puts a picture of the page into WENXIAO_SCREENS, if that is set.
func keep(t *testing.T, p *browser.Page, address string) {
	dir := os.Getenv("WENXIAO_SCREENS")
	if dir == "" {
		return
	}
	png, err := p.Screenshot(false)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	name := strings.Trim(regexp.MustCompile(`[^A-Za-z0-9]+`).ReplaceAllString(address, "-"), "-")
	if name == "" {
		name = "start"
	}
	if err := os.WriteFile(filepath.Join(dir, name+".png"), png, 0o644); err != nil {
		t.Fatal(err)
	}
}
