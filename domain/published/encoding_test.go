package published_test

import (
	"strings"
	"testing"

	"wenxiao/domain/published"
)

// TestEncodingsAreNamed decodes what Excel and Notepad save.
func TestEncodingsAreNamed(t *testing.T) {
	for data, says := range map[string]string{
		"{\n\"kind\":\"\xcf\xee\xc4\xbf\"}":    "第 2 行起不是 UTF-8 编码，看来是 GBK（GB18030）", // 项目
		"\xff\xfe{\x00}\x00":                   "看来是 UTF-16",
		"PK\x03\x04\xff":                       "看来是 Excel 或 Word 文件",
		"{\"kind\":\"\x80\x00\xff\"}":          "也不像 GBK",
		" \r\n":                                "文件是空的",
		`{"indicators":[{"weight":1e300}]}`:    "/indicators/0/weight 1e300 超出表内可有的数",
		`{"indicators":[{"weight":1e-99999}]}`: "超出表内可有的数",
		"{\"cases\":[\n{\"indicators\":[":      "第 2 行第 15 字附近不是 JSON：文件在此中断",
	} {
		if _, err := published.Decode([]byte(data)); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %v, want %s", data, err, says)
		}
	}
	for _, data := range []string{"\ufeff{\"indicators\":[]}", "{\r\n\"indicators\":\r\n[]}"} {
		if tables, err := published.Decode([]byte(data)); err != nil || len(tables) != 1 {
			t.Errorf("%q: %v", data, err)
		}
	}
}
