package deadline

import (
	"bytes"
	"net/url"
	"strings"

	"golang.org/x/net/html"
)

// A form is what a page would send, with what it is filled with.
type form struct {
	action  string
	files   bool // files may come with it: sent in parts
	fields  url.Values
	weights map[string]string // of a row's control, the weight printed beside it
}

// readForm reads the form on a page that does something, and whether there is one.
func readForm(page []byte) (form, bool) {
	doc, err := html.Parse(bytes.NewReader(page))
	if err != nil {
		return form{}, false
	}
	for n := range doc.Descendants() {
		if n.Type != html.ElementNode || n.Data != "form" || attribute(n, "method") != "post" {
			continue
		}
		f := form{action: attribute(n, "action"), files: attribute(n, "enctype") == "multipart/form-data", fields: url.Values{}, weights: map[string]string{}}
		for control := range n.Descendants() {
			f.read(control)
		}
		if f.fields.Has("command") {
			return f, true
		}
	}
	return form{}, false
}

// read takes a control as it stands on the page.
func (f *form) read(n *html.Node) {
	name := attribute(n, "name")
	if n.Type != html.ElementNode || name == "" {
		return
	}
	switch n.Data {
	case "input":
		switch attribute(n, "type") {
		case "file", "checkbox", "search":
		default:
			f.fields.Add(name, attribute(n, "value"))
		}
	case "textarea":
		f.fields.Add(name, text(n))
	case "select":
		f.fields.Add(name, chosen(n))
	}
	if strings.HasSuffix(name, "-score") {
		f.weights[name] = weightBeside(n)
	}
}

// weightBeside is what the fifth cell of a control's row prints.
func weightBeside(n *html.Node) string {
	for n != nil && n.Data != "tr" {
		n = n.Parent
	}
	if n == nil {
		return ""
	}
	cells := 0
	for c := range n.ChildNodes() {
		if c.Data == "td" {
			if cells++; cells == 5 {
				return text(c)
			}
		}
	}
	return ""
}

// chosen is the option that is selected, else the first.
func chosen(n *html.Node) (value string) {
	first := true
	for o := range n.Descendants() {
		if o.Data != "option" {
			continue
		}
		_, selected := find(o, "selected")
		if first || selected {
			value, first = attribute(o, "value"), false
		}
		if selected {
			break
		}
	}
	return value
}

func text(n *html.Node) string {
	var all strings.Builder
	for c := range n.Descendants() {
		if c.Type == html.TextNode {
			all.WriteString(c.Data)
		}
	}
	return strings.TrimSpace(all.String())
}

func attribute(n *html.Node, name string) string {
	value, _ := find(n, name)
	return value
}

func find(n *html.Node, name string) (string, bool) {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val, true
		}
	}
	return "", false
}
