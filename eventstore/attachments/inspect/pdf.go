package inspect

import "bytes"

// actions are the names by which a PDF says that it acts, or holds what nobody
// looked into (ISO 32000-2, 12.6.4, 7.11.4, 13.7).
var actions = map[string]string{
	"JavaScript": "含有脚本（JavaScript）", "Launch": "会启动别的程序", "RichMedia": "内嵌了多媒体程序", "XFA": "是动态表单（XFA），含有脚本",
	"EmbeddedFile": "内嵌了别的文件", "EmbeddedFiles": "内嵌了别的文件", "SubmitForm": "会把内容发往别处", "ImportData": "会从别处取数据",
}

// checkPDF looks at every name in the file and in every stream that is compressed:
// any of them may hold objects. It trusts no cross-reference table: readers repair broken ones, each
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
	if err := c.objectStreams(data); err != nil {
		return err
	}
	return c.streams(data)
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
