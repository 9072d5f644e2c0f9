package inspect

import (
	"bytes"
	"compress/zlib"
	"io"
)

// actions are the names by which a PDF says that it acts, or holds what nobody
// looked into (ISO 32000-2, 12.6.4, 7.11.4, 13.7).
var actions = map[string]string{
	"JavaScript": "含有脚本（JavaScript）", "Launch": "会启动别的程序", "RichMedia": "内嵌了多媒体程序", "XFA": "是动态表单（XFA），含有脚本",
	"EmbeddedFile": "内嵌了别的文件", "EmbeddedFiles": "内嵌了别的文件", "SubmitForm": "会把内容发往别处", "ImportData": "会从别处取数据",
}

// checkPDF looks at every name in the file, also in object streams, which are
// compressed. It trusts no cross-reference table: readers repair broken ones, each
// in its own way, so an object nobody refers to counts too.
func checkPDF(c content) error {
	data, err := c.bytes()
	if err != nil {
		return err
	}
	if !bytes.HasPrefix(data, []byte("%PDF-1.")) && !bytes.HasPrefix(data, []byte("%PDF-2.")) {
		return c.otherwise("PDF")
	}
	last := bytes.LastIndex(data, []byte("%%EOF"))
	if last < 0 || !bytes.Contains(data, []byte("startxref")) {
		return c.damaged("PDF", "没有文件尾，可能没有传完")
	}
	if rest := bytes.Trim(data[last+len("%%EOF"):], "\x00\t\n\f\r "); len(rest) > 0 {
		return c.refuse("attachment.not-as-named", safe, "在 PDF 的文件尾之后还有 %d 字节别的内容", len(rest))
	}
	if err := c.names(data); err != nil {
		return err
	}
	return c.objectStreams(data)
}

// names refuses a PDF by a name in data.
func (c content) names(data []byte) error {
	for at := bytes.IndexByte(data, '/'); at >= 0; {
		name, next := nameAt(data, at)
		if why, found := actions[name]; found {
			return c.active(why)
		}
		if name == "Encrypt" {
			return c.refuse("attachment.encrypted", usable, "加了密或限制了使用，将来未必打得开；去掉密码和限制再交")
		}
		step := bytes.IndexByte(data[next:], '/')
		if step < 0 {
			break
		}
		at = next + step
	}
	return nil
}

// nameAt reads the name whose slash is at data[at], with #53 for S undone, and
// returns where to go on. What is longer than any name looked for is cut.
func nameAt(data []byte, at int) (name string, next int) {
	var b [16]byte
	n, i := 0, at+1
	for ; i < len(data) && n < len(b) && regular(data[i]); i++ {
		b[n] = data[i]
		if data[i] == '#' && i+2 < len(data) && digit(data[i+1]) >= 0 && digit(data[i+2]) >= 0 {
			b[n] = byte(digit(data[i+1])<<4 | digit(data[i+2]))
			i += 2
		}
		n++
	}
	return string(b[:n]), i
}

// regular tells the characters a name may have (ISO 32000-2, 7.2.3).
func regular(b byte) bool {
	return b > ' ' && bytes.IndexByte([]byte("()<>[]{}/%"), b) < 0
}

func digit(b byte) int {
	switch {
	case '0' <= b && b <= '9':
		return int(b - '0')
	case 'a' <= b && b <= 'f':
		return int(b-'a') + 10
	case 'A' <= b && b <= 'F':
		return int(b-'A') + 10
	}
	return -1
}

// objectStreams looks into the streams that hold objects. One that cannot be
// read is refused: what nobody can look into, nobody can vouch for.
func (c content) objectStreams(data []byte) error {
	const keyword = "stream"
	room := int64(mostInflated)
	for from := 0; ; {
		i := bytes.Index(data[from:], []byte(keyword))
		if i < 0 {
			return nil
		}
		at := from + i
		from = at + len(keyword)
		if bytes.HasSuffix(data[:at], []byte("end")) || !holdsObjects(dictionaryBefore(data, at)) {
			continue
		}
		objects, err := inflate(bytes.TrimLeft(data[from:], "\r\n"), room)
		if err != nil {
			return c.refuse("attachment.opaque", safe, "里有读不出的对象流，无法查验；另存为 PDF 1.4 或 PDF/A 再交")
		}
		if room -= int64(len(objects)); room <= 0 {
			return c.bomb()
		}
		if err := c.names(objects); err != nil {
			return err
		}
	}
}

// dictionaryBefore is the dictionary of the stream whose keyword is at data[at].
func dictionaryBefore(data []byte, at int) []byte {
	const longest = 4096
	part := data[max(0, at-longest):at]
	if i := bytes.LastIndex(part, []byte("obj")); i >= 0 {
		return part[i:]
	}
	return part
}

// holdsObjects reports whether a dictionary is that of an object stream: by its
// type, or by the two entries that only such a one has.
func holdsObjects(dictionary []byte) bool {
	first, number := false, false
	for at := bytes.IndexByte(dictionary, '/'); at >= 0; {
		name, next := nameAt(dictionary, at)
		switch name {
		case "ObjStm":
			return true
		case "First":
			first = true
		case "N":
			number = true
		}
		step := bytes.IndexByte(dictionary[next:], '/')
		if step < 0 {
			break
		}
		at = next + step
	}
	return first && number
}

// inflate returns what data holds compressed, at most room bytes and one more.
func inflate(data []byte, room int64) ([]byte, error) {
	z, err := zlib.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	defer z.Close()
	return io.ReadAll(io.LimitReader(z, room+1))
}
