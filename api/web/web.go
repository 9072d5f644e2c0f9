// Package web draws the pages. Each page is a struct whose fields are all it
// shows, and has one template; every page works without script, prints, and
// speaks Chinese or English.
package web

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"io"
	"io/fs"
	"path"
	"strings"
)

//go:embed templates/*.html
var templateFiles embed.FS

// A Page can be drawn. Embedding [Frame] makes a struct half a page; naming its
// template is the other half.
type Page interface {
	template() string // file name without .html
	english() bool
}

// Draw writes p to w, or nothing if its template fails.
func Draw(w io.Writer, p Page) error {
	page := pages[p.english()][p.template()]
	if page == nil {
		return fmt.Errorf("no template %q", p.template())
	}
	var b bytes.Buffer
	if err := page.ExecuteTemplate(&b, "layout.html", p); err != nil {
		return err
	}
	_, err := b.WriteTo(w)
	return err
}

// pages holds every template twice: its words are Chinese or English once and
// for all, so that drawing looks nothing up.
var pages = map[bool]map[string]*template.Template{false: parse(chinese), true: parse(inEnglish)}

// parse gives each page a copy of the layout and of the parts (files whose name
// begins with part-), so that two pages may both define "main".
func parse(translate func(string) string) map[string]*template.Template {
	shared := template.Must(template.New("").Funcs(funcs(translate)).
		ParseFS(templateFiles, "templates/layout.html", "templates/part-*.html"))
	set := make(map[string]*template.Template)
	for _, file := range templateNames() {
		name := strings.TrimSuffix(path.Base(file), ".html")
		if name == "layout" || strings.HasPrefix(name, "part-") {
			continue
		}
		set[name] = template.Must(template.Must(shared.Clone()).ParseFS(templateFiles, file))
	}
	return set
}

func templateNames() []string {
	names, err := fs.Glob(templateFiles, "templates/*.html")
	if err != nil {
		panic(err) // only for a malformed pattern
	}
	return names
}
