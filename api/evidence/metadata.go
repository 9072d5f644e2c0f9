package evidence

import (
	"bufio"
	"encoding/xml"
	"io"
	"time"

	"wenxiao/eventstore"
	"wenxiao/projections"
)

// A described is one record as the metadata have it. The elements have the sense
// of those of DA/T 46-2009 that a record of a ledger has. Numbers that the archive
// gives (全宗号, 档号, 保管期限, 密级) are not there, and the file is no
// encapsulation after DA/T 48-2009.
type described struct {
	XMLName     xml.Name  `xml:"记录"`
	Position    uint64    `xml:"账本位置"`
	ID          string    `xml:"电子文件号"`
	Stream      string    `xml:"聚合"`
	Revision    uint64    `xml:"版次"`
	Title       string    `xml:"题名"`
	Type        string    `xml:"业务行为"`
	Person      string    `xml:"责任者>人员编号"`
	Name        string    `xml:"责任者>姓名"`
	Post        string    `xml:"责任者>岗位,omitempty"`
	Unit        string    `xml:"责任者>单位编码,omitempty"`
	UnitName    string    `xml:"责任者>单位名称,omitempty"`
	Capacity    string    `xml:"责任者>身份,omitempty"`
	OnBehalfOf  string    `xml:"责任者>代,omitempty"`
	EffectiveAt time.Time `xml:"发生时间"`
	RecordedAt  time.Time `xml:"登记时间"`
	Basis       []string  `xml:"依据,omitempty"`
	Rulebook    string    `xml:"规则,omitempty"`
	Format      string    `xml:"格式信息"`
	Path        string    `xml:"计算机文件名"`
	Size        int       `xml:"计算机文件大小"`
	SHA256      string    `xml:"摘要>SHA-256"`
	SM3         string    `xml:"摘要>SM3,omitempty"`
	Signature   string    `xml:"电子签名"`
}

func describe(r eventstore.Record, title, unitName string) described {
	return described{
		Position: uint64(r.Position), ID: r.ID, Stream: r.Stream, Revision: uint64(r.Revision), Title: title, Type: r.Type,
		Person: r.Actor.Person, Name: r.Actor.Name, Post: r.Actor.Post, Unit: r.Actor.Unit, UnitName: unitName, Capacity: r.Actor.Capacity, OnBehalfOf: r.Actor.OnBehalfOf,
		EffectiveAt: r.EffectiveAt, RecordedAt: r.RecordedAt, Basis: r.Basis, Rulebook: r.Rulebook,
		Format: "application/json; charset=utf-8", Path: folder(r.Position) + dataFile, Size: len(r.Data), SHA256: r.DataHash, SM3: r.DataSM3,
		Signature: folder(r.Position) + receiptFile,
	}
}

const metadataStart = xml.Header + `<!-- 元素取 DA/T 46-2009 中账本记录所有的各项之意；全宗号、档号、保管期限、密级由立档单位另编。不是 DA/T 48-2009 封装包。 -->
<电子文件元数据>
`

// metadata writes what archives want to know of each record.
func (a *account) metadata(w io.Writer) error {
	out := bufio.NewWriter(w)
	if _, err := out.WriteString(metadataStart); err != nil {
		return err
	}
	enc := xml.NewEncoder(out)
	enc.Indent("", " ")
	tell := projections.NewTeller()
	for r, err := range a.each() {
		if err != nil {
			return err
		}
		e := told(tell, r)
		if err := enc.Encode(describe(r, e.Text, e.UnitName)); err != nil {
			return err
		}
	}
	if _, err := out.WriteString("\n</电子文件元数据>\n"); err != nil {
		return err
	}
	return out.Flush()
}
