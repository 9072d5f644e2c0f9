package story

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"unicode/utf16"

	"github.com/emmansun/gmsm/sm3"

	"wenxiao/domain/attachment"
)

// A File is one that an act of the story rests on. Its content is the same
// whenever the story is told.
type File struct {
	Name      string
	MediaType string
	Content   []byte
}

// Files are those of the story. Tell says who handed them in; their bytes are put
// where the ledger keeps files by whoever lets it be told.
func Files() []File {
	return []File{
		{"场馆满意度问卷汇总.csv", "text/csv", questionnaire()},
		{"自评表更正说明.pdf", "application/pdf", letter(
			"自评表执行率更正说明", "", "自评表印刷的执行率与执行数、预算数不符，系录入时四舍五入有误。",
			"现按 执行数 ÷ 全年预算数 更正，公开表同日更换，原表保留。", "问卷与汇总见所附表格。", "", "示例市体育中心（示例，非真实单位）",
		)},
	}
}

func (f File) digest() string {
	sum := sha256.Sum256(f.Content)
	return hex.EncodeToString(sum[:])
}

// handIn plans that who hands f in, in the matter of this programme's year.
func (c *course) handIn(w when, who role, f File) {
	do(c.city, w, who.actor(), attachment.Stored, attachment.Stream(f.digest()), func() attachment.Command {
		guomi := sm3.Sum(f.Content)
		return attachment.Deposit{
			Name: f.Name, Title: "整改佐证材料", Unit: who.unit, Programme: c.code, Year: c.year,
			Digest: f.digest(), SM3: hex.EncodeToString(guomi[:]), Size: int64(len(f.Content)), MediaType: f.MediaType, By: who.actor(),
		}
	})
}

// questionnaire is a table as Excel opens it.
func questionnaire() []byte {
	b := bytes.NewBufferString("\ufeff场馆,发放份数,回收份数,满意份数,满意率\r\n")
	for i, n := range []int{46, 47, 49, 48} {
		fmt.Fprintf(b, "示例%d号馆,50,50,%d,%d%%\r\n", i+1, n, 2*n)
	}
	b.WriteString("合计,200,200,190,95%\r\n")
	return b.Bytes()
}

// letter is a page of PDF with lines of Chinese, in the font every reader brings.
func letter(lines ...string) []byte {
	var text bytes.Buffer
	text.WriteString("BT /F1 14 Tf 72 760 Td 26 TL\n")
	for _, line := range lines {
		text.WriteByte('<')
		for _, unit := range utf16.Encode([]rune(line)) {
			fmt.Fprintf(&text, "%04X", unit)
		}
		text.WriteString("> Tj T*\n")
	}
	text.WriteString("ET")
	return document(
		"<< /Type /Catalog /Pages 2 0 R >>",
		"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
		"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << /Font << /F1 5 0 R >> >> /Contents 4 0 R >>",
		fmt.Sprintf("<< /Length %d >>\nstream\n%s\nendstream", text.Len(), text.Bytes()),
		"<< /Type /Font /Subtype /Type0 /BaseFont /STSong-Light /Encoding /UniGB-UCS2-H /DescendantFonts [6 0 R] >>",
		"<< /Type /Font /Subtype /CIDFontType0 /BaseFont /STSong-Light /CIDSystemInfo << /Registry (Adobe) /Ordering (GB1) /Supplement 4 >> /FontDescriptor 7 0 R /DW 1000 >>",
		"<< /Type /FontDescriptor /FontName /STSong-Light /Flags 6 /FontBBox [-25 -254 1000 880] /ItalicAngle 0 /Ascent 752 /Descent -271 /CapHeight 737 /StemV 58 >>",
	)
}

// document numbers objects from 1 and writes where each begins.
func document(objects ...string) []byte {
	b := bytes.NewBufferString("%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
	var at []int
	for i, o := range objects {
		at = append(at, b.Len())
		fmt.Fprintf(b, "%d 0 obj\n%s\nendobj\n", i+1, o)
	}
	start := b.Len()
	fmt.Fprintf(b, "xref\n0 %d\n0000000000 65535 f \n", len(objects)+1)
	for _, offset := range at {
		fmt.Fprintf(b, "%010d 00000 n \n", offset)
	}
	fmt.Fprintf(b, "trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n", len(objects)+1, start)
	return b.Bytes()
}
