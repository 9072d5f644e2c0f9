package web

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	tree "text/template/parse"

	"wenxiao/domain"
)

// The content-security policy lets no script or style stand in the page itself.
func TestNoTemplateHoldsInlineScriptOrStyle(t *testing.T) {
	inline := regexp.MustCompile(`(?i)\sstyle=|\son[a-z]+=|<style|javascript:|<script(?:>|[^>]*>[^<])|https?://[^w]`)
	for _, name := range templateNames() {
		text, err := templateFiles.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if found := inline.Find(text); found != nil {
			t.Errorf("%s holds %q", name, found)
		}
	}
}

func TestEveryWordHasBothLanguages(t *testing.T) {
	for word, where := range wordsInTemplates(t) {
		if _, ok := english[word]; !ok {
			t.Errorf("%s: no English for %q", where, word)
		}
	}
	for _, s := range Vocabulary() {
		if _, ok := english[s.Word]; !ok {
			t.Errorf("no English for status %q", s.Word)
		}
	}
	for _, c := range (Frame{}).Sections() {
		if _, ok := english[c.Text]; !ok {
			t.Errorf("no English for section %q", c.Text)
		}
	}
}

// One word stands for one thing on every page, in both languages.
func TestNoWordHasTwoTranslations(t *testing.T) {
	for _, word := range ambiguous {
		t.Error(word)
	}
}

// wordsInTemplates returns every literal a template hands to t, and where.
func wordsInTemplates(t *testing.T) map[string]string {
	t.Helper()
	literal := regexp.MustCompile(`(?:\bt|\bsay [^}]*?) "([^"]+)"`)
	found := make(map[string]string)
	for _, name := range templateNames() {
		text, err := templateFiles.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range literal.FindAllSubmatch(text, -1) {
			found[string(m[1])] = name
		}
	}
	if len(found) < 20 {
		t.Fatalf("only %d words found; the search must be wrong", len(found))
	}
	return found
}

// Every page that has a template must be drawn by some page struct's test; a
// template nobody draws is found here.
func TestEveryTemplateParses(t *testing.T) {
	for name, page := range pages[false] {
		if page.Lookup("main") == nil || tree.IsEmptyTree(page.Lookup("main").Tree.Root) {
			t.Errorf("%s defines no main", name)
		}
	}
}

func TestFigures(t *testing.T) {
	d := domain.MustDecimal
	for _, c := range []struct{ got, want string }{
		{wan(domain.Money(21_545_760)), "21.55"},
		{wan((*domain.Money)(nil)), "—"},
		{exact(domain.Money(21_545_760)), "215,457.60"},
		{percent(d("0.8618304")), "86.18%"},
		{percent((*domain.Decimal)(nil)), "—"},
		{points(d("-0.3328")), "−33.28 个百分点"},
		{score(d("8.62")), "8.62"},
		{score(d("10")), "10"},
		{count(48213), "48,213"},
		{count(-48213), "-48,213"},
		{count(7), "7"},
		{day(""), "—"},
		{dash(" "), "—"},
		{dash(domain.UnitCode("101")), "101"},
	} {
		if c.got != c.want {
			t.Errorf("got %s, want %s", c.got, c.want)
		}
	}
}

func TestStaticFilesAreKeptForEverUnderTheirHash(t *testing.T) {
	get := func(address string) *httptest.ResponseRecorder {
		rec := httptest.NewRecorder()
		Static().ServeHTTP(rec, httptest.NewRequest("GET", address, nil))
		return rec
	}
	hashed := get(asset("app.css"))
	if hashed.Code != http.StatusOK || !strings.Contains(hashed.Header().Get("Cache-Control"), "immutable") {
		t.Errorf("%d %v", hashed.Code, hashed.Header())
	}
	if plain := get("/static/app.css"); plain.Header().Get("Cache-Control") != "no-cache" || plain.Header().Get("ETag") == "" {
		t.Errorf("%v", plain.Header())
	}
	if rec := get("/static/app.000000000000.css"); rec.Code != http.StatusNotFound {
		t.Errorf("a stale hash answers %d", rec.Code)
	}
}

// drawn draws p in Chinese and returns the page. With WENXIAO_DRAWN=DIR it keeps
// the page there, to be looked at.
func drawn(t *testing.T, p Page) string {
	t.Helper()
	var b bytes.Buffer
	if err := Draw(&b, p); err != nil {
		t.Fatal(err)
	}
	accessible(t, b.String())
	if dir := os.Getenv("WENXIAO_DRAWN"); dir != "" {
		name := strings.ReplaceAll(t.Name(), "/", "-") + ".html"
		if err := os.WriteFile(filepath.Join(dir, name), b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return b.String()
}

// shows reports each text the page lacks.
func shows(t *testing.T, page string, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if !strings.Contains(page, text) {
			t.Errorf("the page does not show %q", text)
		}
	}
}

var (
	control  = regexp.MustCompile(`<(?:input|select|textarea)\b[^>]*>`)
	hidden   = regexp.MustCompile(`type="(?:hidden|submit)"`)
	labelled = regexp.MustCompile(`\bid="([^"]+)"`)
	anchors  = regexp.MustCompile(`\bhref="#([^"]+)"`)
	tables   = regexp.MustCompile(`<table\b`)
	captions = regexp.MustCompile(`<caption\b`)
)

// accessible reports what a page owes to those who do not see it, or print it:
// a label for every control, a caption for every table, ids that are one, links
// within the page that lead somewhere, and nothing inline.
func accessible(t *testing.T, page string) {
	t.Helper()
	ids := map[string]int{}
	for _, m := range labelled.FindAllStringSubmatch(page, -1) {
		if ids[m[1]]++; ids[m[1]] == 2 {
			t.Errorf("two elements have the id %q", m[1])
		}
	}
	for _, c := range control.FindAllString(page, -1) {
		id := labelled.FindStringSubmatch(c)
		if !hidden.MatchString(c) && !strings.Contains(c, "aria-label=") && !strings.Contains(page, "<label>"+c) && (id == nil || !strings.Contains(page, `for="`+id[1]+`"`)) {
			t.Errorf("no label for %s", c)
		}
	}
	for _, m := range anchors.FindAllStringSubmatch(page, -1) {
		listed := strings.HasPrefix(m[1], "act-") || strings.HasPrefix(m[1], "row-") // a list may be narrowed to leave them out
		if ids[m[1]] == 0 && !listed && !strings.HasPrefix(m[1], "icon-") {
			t.Errorf("nothing has the id %q", m[1])
		}
	}
	if n, captioned := len(tables.FindAllString(page, -1)), len(captions.FindAllString(page, -1)); n != captioned {
		t.Errorf("%d tables and %d captions", n, captioned)
	}
	if strings.Contains(page, " style=") || strings.Contains(page, "ZgotmplZ") {
		t.Error("the page holds inline style, or what the templates refused to draw")
	}
}
