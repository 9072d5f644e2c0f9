package inspect

import (
	"bytes"
	"strings"
)

// advice says of endings that are not taken why, and what to do instead.
var advice = map[string]string{
	".docm": "可能含宏，不收；另存为 docx 或 PDF 再交", ".xlsm": "可能含宏，不收；另存为 xlsx 或 PDF 再交", ".xlsb": "可能含宏，不收；另存为 xlsx 再交",
	".dotm": "可能含宏，不收；另存为 docx 或 PDF 再交", ".pptm": "可能含宏，不收；另存为 PDF 再交",
	".doc": "是旧版格式，可能含宏，不收；另存为 docx 或 PDF 再交", ".xls": "是旧版格式，可能含宏，不收；另存为 xlsx 或 PDF 再交",
	".wps": "是专有格式，不收；另存为 docx、OFD 或 PDF 再交", ".et": "是专有格式，不收；另存为 xlsx 或 PDF 再交",
	".ppt": "不收；另存为 PDF 再交", ".pptx": "不收；另存为 PDF 再交",
	".html": "是网页，可能含脚本，不收；另存为 PDF 再交", ".htm": "是网页，可能含脚本，不收；另存为 PDF 再交", ".svg": "可能含脚本，不收；另存为 PNG 或 PDF 再交",
	".zip": "是压缩包，不收；解开后逐个交", ".rar": "是压缩包，不收；解开后逐个交", ".7z": "是压缩包，不收；解开后逐个交",
	".exe": "是程序，不收", ".msi": "是程序，不收", ".bat": "是程序，不收", ".cmd": "是程序，不收", ".js": "是程序，不收", ".vbs": "是程序，不收", ".ps1": "是程序，不收",
}

func (c content) notTaken(ending string) error {
	why := advice[ending]
	switch {
	case why != "":
	case ending == "":
		why = "的名称没有扩展名，看不出类型"
	default:
		why = "的类型（" + ending + "）不收"
	}
	return c.refuse("attachment.type-not-taken", usable, "%s。可交：%s", why, Titles())
}

// marks are how files of other types begin.
var marks = []struct{ start, what string }{
	{"%PDF-", " PDF"},
	{"PK\x03\x04", "压缩包，或 Word、Excel、OFD 文件"},
	{"MZ", "程序（Windows）"},
	{"\x7fELF", "程序（Linux）"},
	{"\xca\xfe\xba\xbe", "程序"},
	{"\xcf\xfa\xed\xfe", "程序（macOS）"},
	{"\xd0\xcf\x11\xe0", "旧版 Office 文件，或加了密的 Office 文件"},
	{"7z\xbc\xaf", "压缩包（7z）"},
	{"Rar!", "压缩包（rar）"},
	{"\x1f\x8b", "压缩包（gzip）"},
	{"\x89PNG", " PNG 图片"},
	{"\xff\xd8\xff", " JPEG 图片"},
	{"GIF8", " GIF 图片"},
	{"RIFF", "音视频或 WebP 图片"},
	{"{\\rtf", " RTF 文件"},
	{"\xff\xfe", " UTF-16 文本；另存为 UTF-8 再交"},
	{"\xfe\xff", " UTF-16 文本；另存为 UTF-8 再交"},
}

// looksLike says what the file seems to be, "" when nothing is known of it.
func (c content) looksLike() string {
	start := c.start(512)
	for _, m := range marks {
		if bytes.HasPrefix(start, []byte(m.start)) {
			return m.what
		}
	}
	return scriptIn(start)
}

// scriptIn tells texts that programs run or browsers draw.
func scriptIn(start []byte) string {
	text := strings.ToLower(string(bytes.TrimLeft(bytes.TrimPrefix(start, []byte("\xef\xbb\xbf")), " \t\r\n\f\v\x00")))
	for _, page := range []string{"<!doctype html", "<html", "<head", "<body", "<script", "<iframe", "<svg", "<img", "<object", "<embed", "<meta"} {
		if strings.HasPrefix(text, page) {
			return "网页或可含脚本的图形"
		}
	}
	for _, script := range []string{"#!", "<?php", "<%", "@echo off"} {
		if strings.HasPrefix(text, script) {
			return "脚本程序"
		}
	}
	return ""
}
