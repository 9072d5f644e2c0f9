package e2e_test

import (
	"strings"
	"testing"

	"wenxiao/e2e/browser"
)

// TestOnPaper prints one page of each kind to A4.
func TestOnPaper(t *testing.T) {
	p := open(t, browser.Desk)
	for _, address := range pages(t).one() {
		t.Run(address, func(t *testing.T) { printed(t, p, address) })
	}
}

func printed(t *testing.T, p *browser.Page, address string) {
	visit(t, p, address)
	table := longestTable(t, p)
	paper, err := p.Paper()
	if err != nil {
		t.Fatal(err)
	}
	if !paper.A4 {
		t.Error("is not A4")
	}
	t.Logf("%d sheets", len(paper.Sheets))
	for i, sheet := range paper.Sheets {
		if sheet == "" {
			t.Errorf("sheet %d is empty", i+1)
		}
		if below := table.on(sheet); below != "" && !strings.Contains(sheet, table.head) {
			t.Errorf("sheet %d has the row %s without the head %s", i+1, below, table.head)
		}
	}
	if table.head != "" && !strings.Contains(strings.Join(paper.Sheets, ""), table.head) {
		t.Errorf("the table's head %s is on no sheet", table.head)
	}
}

// table is the page's longest one: its first head cell, and for each row a text
// that stands nowhere else on the page.
type table struct {
	head string
	rows []string
}

// on returns a row of the table that is on the sheet, "" if none is.
func (t table) on(sheet string) string {
	for _, row := range t.rows {
		if strings.Contains(sheet, row) {
			return row
		}
	}
	return ""
}

func longestTable(t *testing.T, p *browser.Page) table {
	t.Helper()
	var found struct {
		Head string
		Rows []string
	}
	err := p.Ask(`(() => {
		const tables = [...document.querySelectorAll('main table')].filter(t => t.tHead);
		const t = tables.sort((a, b) => b.rows.length - a.rows.length)[0];
		if (!t) return { Head: '', Rows: [] };
		const squeeze = s => s.replace(/\s+/g, '');
		const all = squeeze(document.body.innerText);
		const once = s => s.length > 3 && s.length < 14 && all.split(s).length === 2;
		const own = row => [...row.cells].map(c => squeeze(c.innerText)).find(once);
		return {
			Head: [...t.tHead.querySelectorAll('th')].map(c => squeeze(c.innerText)).find(s => s),
			Rows: [...t.tBodies].flatMap(b => [...b.rows]).map(own).filter(Boolean),
		};
	})()`, &found)
	if err != nil {
		t.Fatal(err)
	}
	return table{head: found.Head, rows: found.Rows}
}
