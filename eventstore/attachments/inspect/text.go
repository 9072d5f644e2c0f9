package inspect

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"regexp"
	"strconv"
	"strings"
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

// command is a cell by which a spreadsheet starts a program (DDE).
var command = regexp.MustCompile(`(?m)(?:^|[,;\t])"?[=+\-@][^,;\t\n]{0,80}\|[^,;\t\n]{0,200}!`)

func checkTable(c content) error {
	data, err := c.text("CSV")
	if err != nil {
		return err
	}
	if i := command.FindIndex(data); i != nil {
		return c.active("第 " + line(data[:i[1]]) + " 行有会启动程序的公式")
	}
	return nil
}

func line(before []byte) string { return strconv.Itoa(1 + bytes.Count(before, []byte("\n"))) }

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
