package inspect

import (
	"bytes"
	"encoding/csv"
	"encoding/xml"
	"errors"
	"io"
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"
)

// checkText takes UTF-8 and GB 18030, without the control characters that no text
// has.
func checkText(c content) error {
	_, err := c.text("纯文本")
	return err
}

func (c content) text(title string) ([]byte, error) {
	data, err := c.bytes()
	if err != nil {
		return nil, err
	}
	if c.looksLike() != "" {
		return nil, c.otherwise(title)
	}
	if !utf8.Valid(data) {
		if data, err = simplifiedchinese.GB18030.NewDecoder().Bytes(data); err != nil || bytes.ContainsRune(data, utf8.RuneError) {
			return nil, c.refuse("attachment.not-as-named", usable, "的内容不是文本：既不是 UTF-8，也不是 GB 18030")
		}
	}
	if i := bytes.IndexFunc(data, func(r rune) bool { return r < ' ' && !strings.ContainsRune("\t\n\r\f", r) || r == 0x7f }); i >= 0 {
		return nil, c.refuse("attachment.not-as-named", usable, "的内容不是文本：第 %d 行有控制字符", 1+bytes.Count(data[:i], []byte("\n")))
	}
	return data, nil
}

// number is a cell that is a number and nothing else, or a dash where there is
// none.
var number = regexp.MustCompile(`^(?:[+-]?(?:[0-9][0-9,]*(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?%?|-+)$`)

// checkTable refuses cells that a spreadsheet would calculate: such a cell can
// send the others away, or start a program. Which sign parts the cells each
// program chooses for itself, so each is tried.
func checkTable(c content) error {
	data, err := c.text("CSV")
	if err != nil {
		return err
	}
	data = bytes.ReplaceAll(bytes.TrimPrefix(data, []byte("\xef\xbb\xbf")), []byte("\r\n"), []byte("\n"))
	data = bytes.ReplaceAll(data, []byte("\r"), []byte("\n"))
	for _, comma := range ",;\t" {
		if err := c.cells(data, comma); err != nil {
			return err
		}
	}
	return nil
}

func (c content) cells(data []byte, comma rune) error {
	r := csv.NewReader(bytes.NewReader(data))
	r.Comma, r.LazyQuotes, r.FieldsPerRecord, r.ReuseRecord = comma, true, -1, true
	for {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return c.damaged("CSV", "有读不出的行")
		}
		for i, cell := range row {
			if calculates(cell) {
				at, _ := r.FieldPos(i)
				return c.refuse("attachment.active-content", safe, "第 %d 行有以“%c”开头的单元格，表格软件会当公式计算；只写数值，或改以文字开头再交", at, firstSign(cell))
			}
		}
	}
}

// calculates reports whether a cell begins as a formula does, in the forms of
// both widths. Blanks and tabs before it some programs leave out. A number is none,
// also where the sign that parts the cells was another one.
func calculates(cell string) bool {
	if !strings.ContainsRune("=+-@＝＋－＠", firstSign(cell)) {
		return false
	}
	cell = strings.Trim(cell, " \t\n\"")
	first, _, _ := strings.Cut(strings.NewReplacer(";", ",", "\t", ",").Replace(cell), ",")
	return !number.MatchString(cell) && !number.MatchString(strings.Trim(first, " \""))
}

// firstSign is what a cell begins with; a space, if it is empty.
func firstSign(cell string) rune {
	for _, sign := range cell {
		if !unicode.IsSpace(sign) && sign != '"' {
			return sign
		}
	}
	return ' '
}

// checkXML reads the document to its end. A document type could draw in other
// files or grow without end, a style sheet or the elements of a page could act.
func checkXML(c content) error {
	start := bytes.TrimLeft(bytes.TrimPrefix(c.start(512), []byte("\xef\xbb\xbf")), " \t\r\n")
	if !bytes.HasPrefix(start, []byte("<")) || scriptIn(start) != "" {
		return c.otherwise("XML")
	}
	d := xml.NewDecoder(c.reader())
	d.CharsetReader = chinese
	depth, roots := 0, 0
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			at, _ := d.InputPos()
			return c.damaged("XML", "第 "+strconv.Itoa(at)+" 行读不出")
		}
		switch t := token.(type) {
		case xml.Directive:
			return c.active("有文档类型声明（DOCTYPE）")
		case xml.ProcInst:
			if t.Target == "xml-stylesheet" {
				return c.active("引用了样式表")
			}
		case xml.StartElement:
			if depth == 0 {
				roots++
			}
			depth++
			if strings.Contains(t.Name.Space, "www.w3.org/1999/xhtml") || strings.Contains(t.Name.Space, "www.w3.org/2000/svg") || strings.EqualFold(t.Name.Local, "script") {
				return c.active("含有网页、脚本或图形的元素（" + t.Name.Local + "）")
			}
		case xml.EndElement:
			depth--
		}
	}
	if roots != 1 {
		return c.damaged("XML", "应有且只有一个根元素")
	}
	return nil
}

var errCharset = errors.New("no charset of ours")

// chinese reads the encodings that Chinese documents name.
func chinese(charset string, in io.Reader) (io.Reader, error) {
	switch strings.ToLower(charset) {
	case "gb18030", "gbk", "gb2312":
		return simplifiedchinese.GB18030.NewDecoder().Reader(in), nil
	case "utf-8", "us-ascii", "":
		return in, nil
	}
	return nil, errCharset
}
