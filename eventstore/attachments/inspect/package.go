package inspect

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"encoding/xml"
	"errors"
	"io"
	"path"
	"slices"
	"strings"
)

// packages are the endings of files that are ZIPs inside.
var packages = []string{".docx", ".xlsx", ".ofd"}

const (
	mostInflated = 256 << 20 // bytes that a file may grow to when opened
	mostParts    = 10_000    // files inside one
	mostNested   = 2         // packages inside packages
)

func checkWord(c content) error  { return c.pack("Word（docx）", "word/document.xml", 0) }
func checkExcel(c content) error { return c.pack("Excel（xlsx）", "xl/workbook.xml", 0) }
func checkOFD(c content) error   { return c.pack("OFD", "OFD.xml", 0) }

// pack opens a package and reads all of it: what is in it adds up to what it
// says, stays within bounds, and does nothing when opened.
func (c content) pack(title, main string, depth int) error {
	if !bytes.HasPrefix(c.start(4), []byte("PK\x03\x04")) {
		return c.otherwise(title)
	}
	z, err := zip.NewReader(c, c.size)
	if err != nil {
		return c.damaged(title, "压缩结构不完整，可能没有传完")
	}
	if err := c.exact(z, title); err != nil {
		return err
	}
	if !slices.ContainsFunc(z.File, func(f *zip.File) bool { return f.Name == main }) {
		return c.refuse("attachment.not-as-named", safe, "是压缩包，里面不是 %s 的内容", title)
	}
	return c.parts(z, title, depth)
}

// exact refuses a ZIP with anything before or behind it: such a file is two files,
// and which one opens depends on the reader.
func (c content) exact(z *zip.Reader, title string) error {
	const tail = 22 // of a ZIP without a comment
	if end := c.end(tail); len(end) < tail || !bytes.HasPrefix(end, []byte("PK\x05\x06")) {
		return c.refuse("attachment.not-as-named", safe, "在 %s 的内容之后还有别的内容", title)
	}
	first := c.size
	for _, f := range z.File {
		at, err := f.DataOffset()
		if err != nil {
			return c.damaged(title, "里面的文件找不到")
		}
		first = min(first, at)
	}
	if head := c.start(30); len(head) < 30 || first != 30+int64(binary.LittleEndian.Uint16(head[26:]))+int64(binary.LittleEndian.Uint16(head[28:])) {
		return c.refuse("attachment.not-as-named", safe, "在 %s 的内容之前还有别的内容", title)
	}
	return nil
}

func (c content) parts(z *zip.Reader, title string, depth int) error {
	if len(z.File) > mostParts {
		return c.bomb()
	}
	room, seen := int64(mostInflated), map[string]bool{}
	for _, f := range z.File {
		name := strings.ToLower(f.Name)
		switch {
		case seen[name] || strings.Contains(name, "..") || strings.HasPrefix(name, "/") || strings.Contains(name, `\`):
			return c.refuse("attachment.not-as-named", safe, "里有两个同名的文件，或指向外面的文件名")
		case f.Flags&1 != 0:
			return c.refuse("attachment.encrypted", usable, "加了密，将来未必打得开；去掉密码再交")
		case f.UncompressedSize64 > uint64(room): // as it says; below it is counted
			return c.bomb()
		}
		seen[name] = true
		if why := actsByName(name); why != "" {
			return c.active(why)
		}
		n, err := c.part(f, name, room, depth)
		if err != nil {
			if errors.Is(err, zip.ErrFormat) || errors.Is(err, zip.ErrChecksum) || errors.Is(err, zip.ErrAlgorithm) || errors.Is(err, io.ErrUnexpectedEOF) {
				return c.damaged(title, "里面的“"+path.Base(f.Name)+"”读不出")
			}
			return err
		}
		if room -= n; room <= 0 {
			return c.bomb()
		}
	}
	return nil
}

// part reads one file of the package to its end and returns its size.
func (c content) part(f *zip.File, name string, room int64, depth int) (int64, error) {
	r, err := f.Open()
	if err != nil {
		return 0, zip.ErrFormat
	}
	defer r.Close()
	bounded := io.LimitReader(r, room+1)
	if !looksInto(name) {
		n, err := io.Copy(io.Discard, bounded)
		return n, unreadable(err)
	}
	data, err := io.ReadAll(bounded)
	if err != nil {
		return 0, unreadable(err)
	}
	return int64(len(data)), c.actsInside(name, data, depth)
}

// unreadable makes one error of all that a broken compression can say.
func unreadable(err error) error {
	if err != nil {
		return zip.ErrFormat
	}
	return nil
}

// looksInto tells the parts that say what the package does: what kinds of parts
// it has, what it draws from elsewhere, and packages inside it.
func looksInto(name string) bool {
	return strings.HasSuffix(name, ".rels") || name == "[content_types].xml" || nested(name)
}

func nested(name string) bool { return slices.Contains(packages, path.Ext(name)) }

// actsByName says what a part does, by where it lies.
func actsByName(name string) string {
	base := path.Base(name)
	switch {
	case strings.HasPrefix(base, "vbaproject"), strings.HasPrefix(base, "vbadata"), strings.Contains(name, "macrosheets/"):
		return "含有宏"
	case strings.Contains(name, "activex/"):
		return "含有控件（ActiveX）"
	case strings.HasPrefix(base, "oleobject"), strings.Contains(name, "embeddings/") && !nested(name):
		return "内嵌了别的程序的对象（OLE）"
	}
	switch path.Ext(name) {
	case ".exe", ".dll", ".scr", ".com", ".msi", ".bat", ".cmd", ".ps1", ".vbs", ".js", ".jar", ".hta", ".lnk", ".html", ".htm", ".docm", ".xlsm", ".swf":
		return "里藏有程序或网页（" + base + "）"
	}
	return ""
}

// actsInside refuses what a part that was looked into does.
func (c content) actsInside(name string, data []byte, depth int) error {
	switch {
	case nested(name):
		if depth >= mostNested {
			return c.bomb()
		}
		return c.inner(name, data, depth+1)
	}
	elements, err := attributes(data)
	if err != nil {
		return c.damaged("压缩文档", "里面的“"+path.Base(name)+"”读不出")
	}
	for _, of := range elements {
		switch kind := of["contenttype"]; {
		case strings.Contains(kind, "macroenabled"), strings.Contains(kind, "vbaproject"):
			return c.active("含有宏")
		case of["targetmode"] == "external" && loads(of["type"]):
			return c.active("会从别处取模板或对象")
		}
	}
	return nil
}

var errDirective = errors.New("a document type")

// attributes reads a list of parts or relationships to its end: of each element
// its attributes as a reader takes them, in small letters, by their local name. A
// document type, which could say anything, is an error.
func attributes(data []byte) (elements []map[string]string, err error) {
	d := xml.NewDecoder(bytes.NewReader(data))
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return elements, nil
		}
		if err != nil {
			return nil, err
		}
		switch t := token.(type) {
		case xml.Directive:
			return nil, errDirective
		case xml.StartElement:
			of := map[string]string{}
			for _, a := range t.Attr {
				of[strings.ToLower(a.Name.Local)] = strings.ToLower(strings.TrimSpace(a.Value))
			}
			elements = append(elements, of)
		}
	}
}

// inner looks into a package inside: the table behind a chart, say.
func (c content) inner(name string, data []byte, depth int) error {
	inside := content{c.name, bytes.NewReader(data), int64(len(data))}
	switch path.Ext(name) {
	case ".docx":
		return inside.pack("内嵌的 Word", "word/document.xml", depth)
	case ".xlsx":
		return inside.pack("内嵌的 Excel", "xl/workbook.xml", depth)
	}
	return inside.pack("内嵌的 OFD", "OFD.xml", depth)
}

// loads reports whether what a relationship of this kind leads to is loaded
// without asking. A hyperlink is not.
func loads(kind string) bool {
	return slices.Contains([]string{"attachedtemplate", "oleobject", "frame", "subdocument", "package"}, path.Base(kind))
}

func (c content) bomb() error {
	return c.refuse("attachment.bomb", safe, "展开后超过 %d MiB 或 %d 个文件，不收", mostInflated>>20, mostParts)
}
