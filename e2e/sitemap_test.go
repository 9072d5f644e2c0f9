package e2e_test

import (
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"wenxiao/e2e/browser"
)

// kinds are the pages that finance must be able to reach by following links
// from the workbench. A kind is an address with everything that names one thing
// replaced by *.
var kinds = []string{
	"/",
	"/programmes",
	"/programmes/*/*",
	"/programmes/*/*/replay",
	"/programmes/*/*/replay?at",
	"/programmes/*/*/chain",
	"/goals",
	"/monitoring",
	"/rectifications",
	"/rectifications/*",
	"/attachments/*",
	"/people",
	"/people/*",
	"/participants",
	"/participants/*",
	"/check",
	"/record",
	"/receipt/*",
	"/verify",
	"/deliveries",
	"/dead-letters",
}

// A sitemap holds the pages to read, by kind.
type sitemap map[string][]string

// one returns an address of each of kinds that was found.
func (s sitemap) one() (addresses []string) {
	for _, k := range kinds {
		addresses = append(addresses, s[k][:min(1, len(s[k]))]...)
	}
	return addresses
}

// Links are followed once for all tests.
var (
	asFinance = sync.OnceValues(func() (sitemap, error) { return explore(finance) })
	asFiler   = sync.OnceValues(func() (sitemap, error) { return explore(filer) })
)

// pages returns what finance reaches by following links.
func pages(t *testing.T) sitemap { return reached(t, asFinance) }

func reached(t *testing.T, by func() (sitemap, error)) sitemap {
	t.Helper()
	found, err := by()
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// explore follows links from the workbench, until it has seen a few pages of
// every kind that the role can reach.
func explore(role string) (sitemap, error) {
	p, err := openAs(browser.Desk, role)
	if err != nil {
		return nil, err
	}
	defer p.Close()
	found := sitemap{"/": {"/"}}
	for queue := []string{"/"}; len(queue) > 0; queue = queue[1:] {
		if _, err := p.Visit(site + queue[0]); err != nil {
			return nil, err
		}
		links, err := p.Links()
		if err != nil {
			return nil, err
		}
		for _, link := range links {
			if found.wants(link) {
				found[kind(link)] = append(found[kind(link)], link)
				queue = append(queue, link)
			}
		}
	}
	return found, nil
}

// wants reports whether the address is a page of which too few are known: two
// without a question, one for each way of asking.
func (s sitemap) wants(address string) bool {
	k, enough := kind(address), 2
	if strings.Contains(k, "?") {
		enough = 1
	}
	return k != "" && len(s[k]) < enough && !slices.Contains(s[k], address)
}

// notPages are read by programs, or by their own tests.
var notPages = regexp.MustCompile(`^/(api|static|docs|files|sign-in|sign-out|healthz|openapi|checkpoint|policy|tile|evidence|record/[0-9]+)\b|\.(csv|xlsx|json|svg|css|js|txt)$`)

// kind returns the kind of page at the address, "" for what is no page or a
// question of many parts, whose parts are pages too.
func kind(address string) string {
	at, err := url.Parse(address)
	if err != nil || notPages.MatchString(at.Path) || at.Query().Has("lang") || at.Query().Has("format") {
		return ""
	}
	parts := strings.Split(at.Path, "/")
	for i, part := range parts {
		if i > 1 && !slices.Contains(words, part) {
			parts[i] = "*"
		}
	}
	asked := slices.Sorted(maps.Keys(at.Query()))
	switch k := strings.Join(parts, "/"); len(asked) {
	case 0:
		return k
	case 1, 2:
		return k + "?" + strings.Join(asked, "&")
	}
	return ""
}

// words are the parts of addresses, after the first, that name no one thing.
var words = []string{"replay", "chain", "compare", "history", "form", "print", "new", "file", "edit", "findings", "money", "withdraw"}

func TestKindsOfAddress(t *testing.T) {
	for address, want := range map[string]string{
		"/":                                      "/",
		"/programmes?year=2022&q=x":              "/programmes?q&year",
		"/programmes/sports-01/2022":             "/programmes/*/*",
		"/programmes/sports-01/2022/replay?at=7": "/programmes/*/*/replay?at",
		"/people/p-4/chain":                      "/people/*/chain",
		"/static/app.css":                        "",
		"/record?format=csv":                     "",
		"/programmes.csv":                        "",
		"/programmes?year=2022&q=x&sort=name":    "",
		"/programmes?lang=en":                    "",
		"/api/v1/programmes":                     "",
		"/record/7/receipt":                      "",
		"/receipt/7":                             "/receipt/*",
	} {
		if got := kind(address); got != want {
			t.Errorf("%s is a %q, want %q", address, got, want)
		}
	}
}
