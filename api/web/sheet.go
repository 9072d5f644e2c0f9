package web

import (
	"net/url"
	"strings"

	"wenxiao/domain"
)

// Sheet is an official form as it lies on paper: its own words, columns and
// order, nothing of ours. What the ledger says about it stands in the margin,
// beside each row, and is never mistaken for it.
//
// Columns of the paper, left to right: first level, second level, third level
// (two columns), target, actual, weight, score, reason.
type Sheet struct {
	Title  string
	Under  string // （2022 年度）　金额单位：万元
	Rows   []SheetRow
	Margin []string // head of the margin; none when the sheet has no margin
	Origin string   // address that shows where a cell comes from, when a key is put behind it
}

// SheetRow is one ruled line of the form.
type SheetRow struct {
	Cells []SheetCell
	Total bool
	Notes []MarginNote
	Key   string // of the row: notes about any of its cells go here
}

// SheetCell is one cell. Cells with a key have an origin in the ledger; keys are
// those of a replayed form, such as evaluation/rows/3/score.
type SheetCell struct {
	Key     string
	Text    string
	Scope   string // row, col, rowgroup or colgroup for a head cell; empty for a value
	Columns int    // how many columns it spans, 1 when zero
	Lines   int    // how many rows it spans, 1 when zero
	Align   string // number, middle; empty is left
	Wrong   bool   // a finding is about this cell
	Changed bool   // it was set by the event being looked at
	Was     string // what stood here before, when Changed
	Picked  bool   // its origin is being shown
}

// MarginNote is what the ledger says about a row.
type MarginNote struct {
	Status Status
	Text   string
}

// Note writes into the margin of the row that holds key, and marks the cell when
// the note is bad. A key no row holds goes to the last row.
func (s *Sheet) Note(key string, note MarginNote) {
	row, cell := s.find(key)
	if row == nil {
		row = &s.Rows[len(s.Rows)-1]
	}
	if cell != nil && note.Status.Kind == "bad" {
		cell.Wrong = true
	}
	row.Notes = append(row.Notes, note)
}

// Cell returns the cell with key, nil when there is none.
func (s *Sheet) Cell(key string) *SheetCell {
	_, cell := s.find(key)
	return cell
}

// find returns the row and the cell with key, or the row alone when key names
// the row.
func (s *Sheet) find(key string) (*SheetRow, *SheetCell) {
	for i := range s.Rows {
		row := &s.Rows[i]
		if row.Key != "" && row.Key == key {
			return row, nil
		}
		for j := range row.Cells {
			if row.Cells[j].Key == key && key != "" {
				return row, &row.Cells[j]
			}
		}
	}
	return nil, nil
}

// head is a cell of the form's own print.
func head(scope, text string, columns, lines int) SheetCell {
	return SheetCell{Scope: scope, Text: text, Columns: columns, Lines: lines}
}

// value is a cell somebody filled.
func value(key, text, align string, columns int) SheetCell {
	return SheetCell{Key: key, Text: text, Align: align, Columns: columns}
}

// printed shows a score or weight as it stands on the form; empty stays empty.
func printed(d *domain.Decimal) string {
	if d == nil {
		return ""
	}
	return d.String()
}

// printedMoney shows an amount in the unit the form names, to two places or to
// as many as it has; empty stays empty.
func printedMoney(m *domain.Money, unit domain.Money) string {
	if m == nil {
		return ""
	}
	text, fraction := m.Format(unit), m.In(unit).Trim().String()
	if _, places, _ := strings.Cut(fraction, "."); len(places) > 2 {
		whole, _, _ := strings.Cut(text, ".")
		return whole + "." + places
	}
	return text
}

// runs tells for each element how many follow with the same key, itself
// included, and 0 where it continues the one before: the rowspans of a column.
func runs(keys []string) []int {
	spans := make([]int, len(keys))
	for i := len(keys) - 1; i >= 0; i-- {
		spans[i] = 1
		if i+1 < len(keys) && keys[i+1] == keys[i] {
			spans[i] += spans[i+1]
			spans[i+1] = 0
		}
	}
	return spans
}

// levels returns the first two cells of each indicator row, spanning the rows
// they have in common as the form prints them.
func levels(indicators []domain.Indicator) [][]SheetCell {
	first, second := make([]string, len(indicators)), make([]string, len(indicators))
	for i, row := range indicators {
		first[i], second[i] = row.Level1, row.Level1+"\x00"+row.Level2
	}
	cells, firstRuns, secondRuns := make([][]SheetCell, len(indicators)), runs(first), runs(second)
	for i, row := range indicators {
		if firstRuns[i] > 0 {
			cells[i] = append(cells[i], head("rowgroup", row.Level1, 1, firstRuns[i]))
		}
		if secondRuns[i] > 0 {
			cells[i] = append(cells[i], SheetCell{Text: row.Level2, Align: "is-label", Lines: secondRuns[i]})
		}
	}
	return cells
}

// placedCell is a cell with the address of its origin.
type placedCell struct {
	SheetCell
	Address string
}

// cellOn gives a cell of s the address of its origin, where it has one.
func cellOn(s Sheet, c SheetCell) placedCell {
	if c.Key == "" || c.Text == "" || s.Origin == "" {
		return placedCell{SheetCell: c}
	}
	return placedCell{c, s.Origin + url.QueryEscape(c.Key)}
}
