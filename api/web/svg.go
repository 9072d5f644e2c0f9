package web

import (
	"fmt"
	"html"
	"html/template"
	"strconv"
	"strings"
)

// A drawing gathers the elements of one SVG. Text and attribute values are
// escaped as they are written; nothing else from outside reaches the page.
type drawing struct{ b strings.Builder }

// attrs are alternating names and values; a value that is "" is left out.
type attrs []any

func (d *drawing) tag(end, name string, a attrs) {
	d.b.WriteString("<" + name)
	for i := 0; i+1 < len(a); i += 2 {
		if v := svgValue(a[i+1]); v != "" {
			fmt.Fprintf(&d.b, ` %s="%s"`, a[i], html.EscapeString(v))
		}
	}
	d.b.WriteString(end)
}

func (d *drawing) open(name string, a ...any) { d.tag(">", name, a) }
func (d *drawing) add(name string, a ...any)  { d.tag("/>", name, a) }
func (d *drawing) close(name string)          { d.b.WriteString("</" + name + ">") }
func (d *drawing) words(s string)             { d.b.WriteString(html.EscapeString(s)) }
func (d *drawing) title(s string)             { d.wrap("title", s) }
func (d *drawing) markup() template.HTML      { return template.HTML(d.b.String()) } // all of it was escaped on the way in
func (d *drawing) wrap(name, s string, a ...any) {
	d.open(name, a...)
	d.words(s)
	d.close(name)
}

func (d *drawing) line(class string, x1, y1, x2, y2 float64) {
	d.add("line", "class", class, "x1", x1, "y1", y1, "x2", x2, "y2", y2)
}

func (d *drawing) rect(class string, x, y, w, h float64) {
	d.add("rect", "class", class, "x", x, "y", y, "width", w, "height", h)
}

// text writes s with its baseline at y; anchor is start, middle or end.
func (d *drawing) text(class, anchor string, x, y float64, s string) {
	d.wrap("text", s, "class", class, "x", x, "y", y, "text-anchor", anchor)
}

// svgValue prints coordinates with one decimal, which is finer than any screen.
func svgValue(v any) string {
	switch v := v.(type) {
	case float64:
		return strings.TrimSuffix(strconv.FormatFloat(v, 'f', 1, 64), ".0")
	case string:
		return v
	}
	return fmt.Sprint(v)
}

// textWidth guesses how wide s is drawn, in units of the font size: a Chinese
// character is as wide as it is high, a Latin letter or digit a little over half.
func textWidth(s string) float64 {
	var w float64
	for _, r := range s {
		if r < 0x2000 {
			w += 0.56
		} else {
			w++
		}
	}
	return w
}

// shorten cuts s to at most width (in units of the font size) with an ellipsis.
// The whole text must stand in a title beside it.
func shorten(s string, width float64) string {
	if textWidth(s) <= width {
		return s
	}
	cut := []rune(s)
	for len(cut) > 1 && textWidth(string(cut))+1 > width {
		cut = cut[:len(cut)-1]
	}
	return string(cut) + "…"
}
