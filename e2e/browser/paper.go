package browser

import (
	"bytes"
	"context"
	"fmt"
	"os/exec"
	"regexp"
	"strconv"
	"strings"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// PDF prints the page to A4; the page's own @page rule may turn the sheet.
func (p *Page) PDF() (pdf []byte, err error) {
	const a4Width, a4Height = 8.27, 11.69 // inches
	err = p.Run(chromedp.ActionFunc(func(ctx context.Context) (err error) {
		pdf, _, err = page.PrintToPDF().WithPaperWidth(a4Width).WithPaperHeight(a4Height).
			WithPreferCSSPageSize(true).WithPrintBackground(true).Do(ctx)
		return err
	}))
	return pdf, err
}

// Paper is a page as printed.
type Paper struct {
	PDF    []byte
	A4     bool     // upright or turned
	Sheets []string // the text of each, without any white space
}

// Paper prints the page and reads the sheets back with Poppler's pdfinfo and pdftotext.
func (p *Page) Paper() (Paper, error) {
	pdf, err := p.PDF()
	if err != nil {
		return Paper{}, err
	}
	info, err := poppler(p.ctx, pdf, "pdfinfo", "-")
	if err != nil {
		return Paper{}, err
	}
	text, err := poppler(p.ctx, pdf, "pdftotext", "-", "-")
	if err != nil {
		return Paper{}, err
	}
	paper := Paper{PDF: pdf, A4: isA4(info)}
	for sheet := range strings.SplitSeq(strings.TrimSuffix(text, "\f"), "\f") {
		paper.Sheets = append(paper.Sheets, Squeeze(sheet))
	}
	return paper, nil
}

// Squeeze removes all white space: a PDF has no words, only places of letters.
func Squeeze(s string) string { return strings.Join(strings.Fields(s), "") }

func poppler(ctx context.Context, pdf []byte, name string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Stdin = bytes.NewReader(pdf)
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("%s: %w", name, err)
	}
	return string(out), nil
}

var size = regexp.MustCompile(`Page size:\s+([\d.]+) x ([\d.]+) pts`)

func isA4(info string) bool {
	found := size.FindStringSubmatch(info)
	if found == nil {
		return false
	}
	w, _ := strconv.ParseFloat(found[1], 64)
	h, _ := strconv.ParseFloat(found[2], 64)
	const short, long = 595.0, 842.0 // points
	return near(min(w, h), short) && near(max(w, h), long)
}

func near(a, b float64) bool { return a-b < 2 && b-a < 2 }
