package web

import (
	"fmt"
	"html/template"
	"strings"

	"rsc.io/qr"
)

// QR draws text as a code to scan, with the quiet margin of four modules the
// standard asks for. The path has one run of dark modules after another.
func QR(text, label string) (template.HTML, error) {
	code, err := qr.Encode(text, qr.M)
	if err != nil {
		return "", fmt.Errorf("draw the code to scan: %w", err)
	}
	const margin = 4
	var path strings.Builder
	for y := range code.Size {
		for x := 0; x < code.Size; x++ {
			run := 0
			for code.Black(x+run, y) {
				run++
			}
			if run > 0 {
				fmt.Fprintf(&path, "M%d %dh%dv1h-%dz", x+margin, y+margin, run, run)
				x += run
			}
		}
	}
	var d drawing
	side := fmt.Sprint(code.Size + 2*margin)
	d.open("svg", "class", "qr", "viewBox", "0 0 "+side+" "+side, "role", "img", "aria-label", label)
	d.add("rect", "width", side, "height", side, "fill", "#fff")
	d.add("path", "d", path.String(), "fill", "#000")
	d.close("svg")
	return d.markup(), nil
}
