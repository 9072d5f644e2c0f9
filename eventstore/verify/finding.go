package verify

import (
	"fmt"
	"strings"

	"wenxiao/eventstore"
)

// A Finding is one thing that is not as it was written, and its place.
type Finding struct {
	Code     string              `json:"code"`               // for programs, such as "data.sha256"
	Position eventstore.Position `json:"position,omitempty"` // of the record, or of the first
	Last     eventstore.Position `json:"last,omitempty"`     // of several: the last
	Stream   string              `json:"stream,omitempty"`
	Revision eventstore.Revision `json:"revision,omitempty"`
	Digest   string              `json:"digest,omitempty"` // SHA-256 of an attachment
	Place    string              `json:"place,omitempty"`  // table.column, index, file or page
	Offset   *int                `json:"offset,omitempty"` // of the first wrong byte
	Text     string              `json:"text"`             // in Chinese, for people
}

// String is the finding as it is printed: place first.
func (f Finding) String() string {
	var where string
	switch {
	case f.Last > f.Position:
		where = fmt.Sprintf("账本位置 %d–%d", f.Position, f.Last)
	case f.Position > 0:
		where = fmt.Sprintf("账本位置 %d", f.Position)
	}
	if f.Stream != "" {
		where += fmt.Sprintf(" %s@%d", f.Stream, f.Revision)
	}
	if f.Digest != "" {
		where += " 附件 SHA-256 " + f.Digest
	}
	if f.Place != "" {
		where += " " + f.Place
	}
	if f.Offset != nil {
		where += fmt.Sprintf(" 第 %d 字节", *f.Offset+1)
	}
	if where != "" {
		where += "："
	}
	return fmt.Sprintf("%s%s [%s]", strings.TrimSpace(where), f.Text, f.Code)
}

// most is how many findings a report lists; further ones are only counted.
const most = 200

// A Report is what was read and what was found.
type Report struct {
	Size     eventstore.Position `json:"size"` // records read
	Root     string              `json:"root"` // of the tree over them, in base64
	Streams  int                 `json:"streams"`
	From     eventstore.Position `json:"from,omitempty"` // continued after this position
	SM3      bool                `json:"sm3"`            // data were held against SM3, too
	Indexes  bool                `json:"indexes"`        // columns and indexes were read
	Found    int                 `json:"found"`
	Findings []Finding           `json:"findings"`
}

// Checks are what the records were held against, in words.
func (r *Report) Checks() []string {
	list := []string{"信封写法", "SHA-256", "位置", "版次", "时间", "哈希树"}
	if r.SM3 {
		list = append(list, "SM3")
	}
	if r.Indexes {
		list = append(list, "各列", "索引", "流名", "库表结构")
	}
	return list
}

// Conclusion says in words what a report without findings is worth: one that was
// continued vouches for what it read itself.
func (r *Report) Conclusion() string {
	if r.From == 0 {
		return "没有发现问题"
	}
	return fmt.Sprintf("自 %d 起没有发现问题，之前的部分是本机上次核验的；要作证据，用 --fresh 从头核", r.From+1)
}

// Add notes findings.
func (r *Report) Add(findings ...Finding) {
	for _, f := range findings {
		if last := len(r.Findings) - 1; f.Code == missing && last >= 0 && r.Findings[last].adjoins(f) {
			r.Findings[last].Last = f.Last
			continue
		}
		if r.Found++; len(r.Findings) < most {
			r.Findings = append(r.Findings, f)
		}
	}
}

// adjoins reports whether next lacks the positions after those f lacks.
func (f Finding) adjoins(next Finding) bool {
	return f.Code == missing && f.Last+1 == next.Position
}
