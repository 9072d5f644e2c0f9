package e2e_test

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"wenxiao/e2e/browser"
)

// kinds are the pages that must be reachable by following links from the
// workbench. A kind is an address with everything that names one thing
// replaced by *.
var kinds = []string{
	"/",
	"/programmes",
	"/programmes/*/*",
	"/programmes/*/*/replay",
	"/programmes/*/*/replay?at",
	"/programmes/*/*/chain",
	"/people/*/chain",
	"/monitoring",
	"/rectifications",
	"/record",
	"/check",
}

// perKind is how many pages of a kind are read: the first two found.
const perKind = 2

// sitemap follows links from the workbench and returns the pages to read, by
// kind. A page belongs to one kind only.
func sitemap(t *testing.T) map[string][]string {
	t.Helper()
	p := open(t, browser.Desk)
	found := map[string][]string{"/": {"/"}}
	for queue := []string{"/"}; len(queue) > 0; queue = queue[1:] {
		visit(t, p, queue[0])
		links, err := p.Links()
		if err != nil {
			t.Fatal(err)
		}
		for _, link := range links {
			k := kind(link)
			if k == "" || len(found[k]) >= perKind || slices.Contains(found[k], link) {
				continue
			}
			found[k] = append(found[k], link)
			queue = append(queue, link)
		}
	}
	return found
}

// notPages are read by programs, or by their own tests.
var notPages = regexp.MustCompile(`^/(api|static|docs|sign-in|sign-out|healthz|openapi)\b|\.(csv|xlsx|json|svg|css|js|txt)$`)

// kind returns the kind of page at the address, "" for what is no page.
func kind(address string) string {
	at, err := url.Parse(address)
	if err != nil || notPages.MatchString(at.Path) || at.Query().Has("lang") {
		return ""
	}
	parts := strings.Split(at.Path, "/")
	for i, part := range parts {
		if i > 1 && !slices.Contains(words, part) {
			parts[i] = "*"
		}
	}
	k := strings.Join(parts, "/")
	var asked []string
	for name := range at.Query() {
		asked = append(asked, name)
	}
	if slices.Sort(asked); len(asked) > 0 {
		k += "?" + strings.Join(asked, "&")
	}
	return k
}

// words are the parts of addresses, after the first, that name no one thing.
var words = []string{"replay", "chain", "compare", "history", "form", "print", "new", "file", "edit", "findings", "money"}

func TestKindsOfAddress(t *testing.T) {
	for address, want := range map[string]string{
		"/":                                      "/",
		"/programmes?year=2022&q=x":              "/programmes?q&year",
		"/programmes/sports-01/2022":             "/programmes/*/*",
		"/programmes/sports-01/2022/replay?at=7": "/programmes/*/*/replay?at",
		"/people/p-4/chain":                      "/people/*/chain",
		"/static/app.css":                        "",
		"/programmes.csv":                        "",
		"/programmes?lang=en":                    "",
		"/api/v1/programmes":                     "",
	} {
		if got := kind(address); got != want {
			t.Errorf("%s is a %q, want %q", address, got, want)
		}
	}
}
