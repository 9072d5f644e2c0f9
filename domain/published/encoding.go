package published

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"

	"wenxiao/domain"
)

// readable refuses what is no text in UTF-8, and says what it seems to be.
func readable(data []byte) error {
	switch {
	case len(bytes.TrimSpace(data)) == 0:
		return domain.Refusal{Code: "table.empty-file", Reason: "文件是空的", Field: "line 1, column 1"}
	case utf8.Valid(data):
		return nil
	}
	line := 1 + bytes.Count(data[:len(valid(data))], []byte("\n"))
	return domain.Refusal{
		Code:   "table.not-utf8",
		Reason: fmt.Sprintf("第 %d 行起不是 UTF-8 编码，%s；请另存为 UTF-8 编码的 JSON", line, guess(data)),
		Field:  fmt.Sprintf("line %d", line),
	}
}

// valid is the part of data before the first byte that is not UTF-8.
func valid(data []byte) []byte {
	for i := 0; i < len(data); {
		r, size := utf8.DecodeRune(data[i:])
		if r == utf8.RuneError && size == 1 {
			return data[:i]
		}
		i += size
	}
	return data
}

// guess names the encoding a file seems to have.
func guess(data []byte) string {
	switch {
	case bytes.HasPrefix(data, []byte("\xff\xfe")), bytes.HasPrefix(data, []byte("\xfe\xff")):
		return "看来是 UTF-16"
	case bytes.HasPrefix(data, []byte("PK\x03\x04")), bytes.HasPrefix(data, []byte("\xd0\xcf\x11\xe0")):
		return "看来是 Excel 或 Word 文件"
	case isGBK(data):
		return "看来是 GBK（GB18030）"
	}
	return "也不像 GBK"
}

// isGBK reports whether all that is not ASCII comes in the pairs of GBK or the
// fours of GB18030.
func isGBK(data []byte) bool {
	if bytes.IndexByte(data, 0) >= 0 {
		return false
	}
	text := string(data)
	for text != "" {
		switch lead := text[0]; {
		case lead < 0x80:
			text = text[1:]
		case len(text) >= 4 && between(text[1], '0', '9') && between(text[2], 0x81, 0xfe) && between(text[3], '0', '9'):
			text = text[4:]
		case len(text) >= 2 && between(lead, 0x81, 0xfe) && between(text[1], 0x40, 0xfe) && !strings.HasPrefix(text[1:], "\x7f"):
			text = text[2:]
		default:
			return false
		}
	}
	return true
}

func between(b, low, high byte) bool { return low <= b && b <= high }
