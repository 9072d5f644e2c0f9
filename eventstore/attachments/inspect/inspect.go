// Package inspect says what a file is by its content, and refuses what an
// archive cannot keep for good: files that are not what they are called, that
// act when opened, that are encrypted, or that grow without end.
//
// The types taken are those that the four properties of electronic archives
// (DA/T 70-2018) want: open, lasting, and shown alike everywhere. No archive of
// files is among them: each file stands for itself, under its own digest.
package inspect

import (
	"archive/zip"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"

	"wenxiao/domain"
)

// A Kind is a type of file that is taken.
type Kind struct {
	Endings   []string // of the name, in small letters
	MediaType string
	Title     string

	check func(content) error
}

// Kinds are the types taken, in the order people are told of them.
var Kinds = []Kind{
	{[]string{".pdf"}, "application/pdf", "PDF", checkPDF},
	{[]string{".ofd"}, "application/ofd", "OFD", checkOFD},
	{[]string{".docx"}, "application/vnd.openxmlformats-officedocument.wordprocessingml.document", "Word（docx）", checkWord},
	{[]string{".xlsx"}, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "Excel（xlsx）", checkExcel},
	{[]string{".csv"}, "text/csv", "CSV", checkTable},
	{[]string{".txt"}, "text/plain", "纯文本（txt）", checkText},
	{[]string{".xml"}, "application/xml", "XML", checkXML},
	{[]string{".png"}, "image/png", "PNG", checkPNG},
	{[]string{".jpg", ".jpeg"}, "image/jpeg", "JPEG", checkJPEG},
}

// Accept lists the endings, as the control of a form wants them: .pdf,.ofd.
func Accept() string {
	var all []string
	for _, k := range Kinds {
		all = append(all, k.Endings...)
	}
	return strings.Join(all, ",")
}

// Titles lists the types for people.
func Titles() string {
	var all []string
	for _, k := range Kinds {
		all = append(all, k.Title)
	}
	return strings.Join(all, "、")
}

// content is a file to look into.
type content struct {
	name string
	io.ReaderAt
	size int64
}

func (c content) reader() *io.SectionReader { return io.NewSectionReader(c, 0, c.size) }

// start is the beginning of the file, at most n bytes.
func (c content) start(n int64) []byte {
	b := make([]byte, min(n, c.size))
	read, _ := c.ReadAt(b, 0)
	return b[:read]
}

// end is the end of the file, at most n bytes.
func (c content) end(n int64) []byte {
	n = min(n, c.size)
	b := make([]byte, n)
	read, _ := c.ReadAt(b, c.size-n)
	return b[:read]
}

// bytes is the whole file. Its size was limited when it was received.
func (c content) bytes() ([]byte, error) { return io.ReadAll(c.reader()) }

// File returns the media type of the file of size bytes in r that is called
// name. Its error is a [domain.Refusal] where the file is at fault.
func File(name string, r io.ReaderAt, size int64) (mediaType string, err error) {
	c := content{name, r, size}
	ending := strings.ToLower(path.Ext(name))
	i := slices.IndexFunc(Kinds, func(k Kind) bool { return slices.Contains(k.Endings, ending) })
	if size == 0 {
		return "", c.refuse("attachment.empty", usable, "是空的")
	}
	if i < 0 {
		return "", c.notTaken(ending)
	}
	if err := Kinds[i].check(c); err != nil {
		return "", err
	}
	if !slices.Contains(packages, ending) && c.opensAsPackage() {
		return "", c.refuse("attachment.not-as-named", safe, "既是 %s，又能当压缩包打开，两种内容藏在一个文件里", Kinds[i].Title)
	}
	return Kinds[i].MediaType, nil
}

// What the refusals rest on.
const (
	usable = "DA/T 70-2018 可用性"
	safe   = "DA/T 70-2018 安全性"
)

// refuse says what is wrong with this file.
func (c content) refuse(code, basis, why string, args ...any) error {
	return domain.Refusal{Code: code, Field: "/attachments", Basis: basis, Reason: fmt.Sprintf("文件“%s”%s", c.name, fmt.Sprintf(why, args...))}
}

// damaged says that the file cannot be opened as what it is called.
func (c content) damaged(title, why string) error {
	return c.refuse("attachment.damaged", usable, "不是完好的 %s：%s", title, why)
}

// otherwise says that the file is something else than its name says.
func (c content) otherwise(title string) error {
	if what := c.looksLike(); what != "" {
		return c.refuse("attachment.not-as-named", safe, "的名称说是 %s，内容是%s", title, what)
	}
	return c.refuse("attachment.not-as-named", safe, "的内容不是 %s，与名称不符", title)
}

func (c content) active(why string) error {
	return c.refuse("attachment.active-content", safe, "%s，打开时会有动作；去掉后另存再交", why)
}

// opensAsPackage reports whether some reader would find a ZIP in the file.
func (c content) opensAsPackage() bool {
	z, err := zip.NewReader(c, c.size)
	return err == nil && len(z.File) > 0
}
