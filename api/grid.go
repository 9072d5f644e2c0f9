package api

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"

	"wenxiao/domain"
)

// A grid is cells as a person hands them in: rows pasted from Excel, a file of
// separated values, a sheet of a workbook. Row and column count from 0.
type grid struct {
	cells    [][]string
	workbook bool // places are named as Excel names them: C7
}

const (
	maxRows    = 2_000
	maxColumns = 64
	maxCell    = 4_000   // characters
	maxSheet   = 8 << 20 // bytes of one unpacked part of a workbook
)

// readGrid tells a workbook from text and reads either. Nothing is guessed about
// what the cells mean.
func readGrid(data []byte) (grid, error) {
	var (
		g   grid
		err error
	)
	if bytes.HasPrefix(data, []byte("PK\x03\x04")) {
		g, err = readWorkbook(data)
	} else {
		g, err = readText(data)
	}
	if err != nil {
		return grid{}, err
	}
	return g, g.check()
}

func readWorkbook(data []byte) (grid, error) {
	book, err := excelize.OpenReader(bytes.NewReader(data), excelize.Options{UnzipSizeLimit: 4 * maxSheet, UnzipXMLSizeLimit: maxSheet})
	if err != nil {
		return grid{}, domain.Refusal{Code: "table.not-a-workbook", Reason: "这个文件打不开：不是 .xlsx，或带有密码，或展开后过大"}
	}
	defer func() { _ = book.Close() }()
	for _, sheet := range book.GetSheetList() {
		cells, err := readSheet(book, sheet)
		if err != nil {
			return grid{}, domain.Refusal{Code: "table.not-a-workbook", Reason: fmt.Sprintf("工作表“%s”读不出来", sheet)}
		}
		if g := (grid{cells, true}); g.holdsTable() {
			return g, nil
		}
	}
	return grid{}, noTable()
}

// readSheet reads one row more than a table may have, for the check to see, and
// no further: a small file unpacks to a great many.
func readSheet(book *excelize.File, sheet string) (cells [][]string, err error) {
	rows, err := book.Rows(sheet)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() && len(cells) <= maxRows {
		row, err := rows.Columns()
		if err != nil {
			return nil, err
		}
		cells = append(cells, row)
	}
	return cells, rows.Error()
}

// readText reads tab- or comma-separated values in UTF-8, UTF-16 with its mark,
// or GB 18030, which is how Excel here saves text.
func readText(data []byte) (grid, error) {
	text, err := decoded(data)
	if err != nil {
		return grid{}, err
	}
	comma := '\t'
	if head, _, _ := strings.Cut(text, "\n"); !strings.Contains(text, "\t") && strings.Contains(head+text, ",") {
		comma = ','
	}
	r := csv.NewReader(strings.NewReader(text))
	r.Comma, r.FieldsPerRecord, r.LazyQuotes = comma, -1, true
	g := grid{}
	for {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			return g, nil
		}
		if err != nil {
			line := len(g.cells) + 1
			return grid{}, domain.Refusal{Code: "table.malformed-text", Field: fmt.Sprintf("line %d", line), Reason: fmt.Sprintf("第 %d 行读不出来，引号没有配对", line)}
		}
		line, _ := r.FieldPos(0)
		for len(g.cells) < line-1 && len(g.cells) <= maxRows { // empty lines keep their numbers
			g.cells = append(g.cells, nil)
		}
		if g.cells = append(g.cells, row); len(g.cells) > maxRows {
			return g, nil
		}
	}
}

func decoded(data []byte) (string, error) {
	switch {
	case bytes.HasPrefix(data, []byte("\xff\xfe")), bytes.HasPrefix(data, []byte("\xfe\xff")):
		text, err := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewDecoder().Bytes(data)
		if err == nil {
			return string(text), nil
		}
	case utf8.Valid(data):
		return strings.TrimPrefix(string(data), "\ufeff"), nil
	default:
		text, err := simplifiedchinese.GB18030.NewDecoder().Bytes(data)
		if err == nil && !bytes.ContainsRune(text, utf8.RuneError) && !bytes.ContainsRune(text, 0) {
			return string(text), nil
		}
	}
	return "", domain.Refusal{Code: "table.not-text", Reason: "不是文字：应为 UTF-8、UTF-16 或 GB 18030 编码的文字，或 .xlsx"}
}

// check refuses what is larger than an official form can be, at its place.
func (g grid) check() error {
	if len(g.cells) > maxRows {
		return domain.Refusal{Code: "table.too-many-rows", Field: g.place(maxRows, 0), Reason: fmt.Sprintf("超过 %d 行，不像一张绩效表", maxRows)}
	}
	for i, row := range g.cells {
		if len(row) > maxColumns {
			return domain.Refusal{Code: "table.too-many-columns", Field: g.place(i, maxColumns), Reason: fmt.Sprintf("第 %d 行有 %d 栏，至多 %d 栏", i+1, len(row), maxColumns)}
		}
		for j, cell := range row {
			if utf8.RuneCountInString(cell) > maxCell {
				return domain.Refusal{Code: "table.cell-too-long", Field: g.place(i, j), Reason: fmt.Sprintf("%s 有 %d 字，至多 %d 字", g.place(i, j), utf8.RuneCountInString(cell), maxCell)}
			}
		}
	}
	return nil
}

// place names a cell as the person who handed it in finds it.
func (g grid) place(row, column int) string {
	if g.workbook {
		if name, err := excelize.CoordinatesToCellName(column+1, row+1); err == nil {
			return name
		}
	}
	return fmt.Sprintf("第 %d 行第 %d 栏", row+1, column+1)
}

// cell returns the text at a place, trimmed, empty where there is none.
func (g grid) cell(row, column int) string {
	if row < 0 || column < 0 || row >= len(g.cells) || column >= len(g.cells[row]) {
		return ""
	}
	return strings.TrimSpace(g.cells[row][column])
}

func noTable() domain.Refusal {
	return domain.Refusal{Code: "table.no-header", Reason: "没有找到表头：应有一行写着 三级指标（或指标名称）、指标值、完成值、分值、得分"}
}
