package feeds

import (
	"bytes"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"
)

var payments = Source{Name: "files", Commands: []string{"execution.pay"}}

func TestATableInEveryFormIsTheSameMessages(t *testing.T) {
	const text = "项目编码,年度,支付编号,支付金额（万元）,支付日期,用途\np1,2025,0331-001,1.5,2025-03-31,培训费\n"
	gb, err := simplifiedchinese.GB18030.NewEncoder().Bytes([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	wide, err := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().Bytes([]byte(strings.ReplaceAll(text, ",", "\t")))
	if err != nil {
		t.Fatal(err)
	}
	book := excelize.NewFile()
	for i, row := range [][]any{{"项目编码", "年度", "支付编号", "支付金额（万元）", "支付日期", "用途"}, {"p1", 2025, "0331-001", 1.5, 45747, "培训费"}} {
		cell, _ := excelize.CoordinatesToCellName(1, i+1)
		if err := book.SetSheetRow("Sheet1", cell, &row); err != nil {
			t.Fatal(err)
		}
	}
	var workbook bytes.Buffer
	if err := book.Write(&workbook); err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{
		"UTF-8": []byte(text), "with its mark": []byte("\ufeff" + text), "GB 18030": gb,
		"tabs": []byte(strings.ReplaceAll(text, ",", "\t")), "workbook": workbook.Bytes(), "UTF-16": wide,
	} {
		messages, err := split(data, payments)
		if err != nil || len(messages) != 1 {
			t.Fatalf("%s: %d %v", name, len(messages), err)
		}
		m, err := Parse(messages[0].body)
		if err != nil || m.Type != "execution.pay" || m.Subject != "p1/2025" || m.Time != "2025-03-31" || string(m.Data) != `{"amount":1500000,"payment":"0331-001","purpose":"培训费"}` || m.ID != "row-874371f17c5ee716456685ddf117bf932bbc0d5f" || m.Row == "" { // with other ids, what was entered would be entered again
			t.Errorf("%s: %s %v", name, messages[0], err)
		}
	}
}

// TestUnfinishedFiles tells what somebody may still be writing.
func TestUnfinishedFiles(t *testing.T) {
	book := excelize.NewFile()
	var whole bytes.Buffer
	if err := book.Write(&whole); err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]bool{
		"项目编码,年度,金额\np1,2025,1200\n":    false,
		"项目编码,年度,金额\np1,2025,12":        true,
		"":                              true,
		`{"id":1}`:                      false,
		"{\"id\":1}\n{\"id\"":           true,
		`[{"id":1}]`:                    false,
		`[{"id":1},`:                    true,
		whole.String():                  false,
		whole.String()[:whole.Len()-30]: true,
		"a\x00\n\x00":                   false, // UTF-16
	} {
		if unfinished([]byte(text)) != want {
			t.Errorf("%.40q is unfinished: %t", text, !want)
		}
	}
}

func TestATableThatCannotBeRead(t *testing.T) {
	for text, want := range map[string]string{
		"项目编码,年度\np1,2025\n":            "feed.malformed-table",
		"项目编码,项目,年度,金额\np1,p1,2025,1\n": "feed.malformed-table",
		"项目编码,年度,金额\n":                  "feed.no-rows",
		"项目编码,年度,金额\n\"p1,2025,1\n":     "feed.malformed-table",
		"[{\"id\":1},":               "feed.malformed",
		"{\"id\":1":                  "feed.malformed",
		"[{\"id\":1}]\n[{\"id\":2}]": "feed.malformed", // the second list was never read
		"\xff\xff\xff":               "feed.not-text",
		"项目编码,年度,金额\n" + strings.Repeat("\n", 2*maxRows) + "p1,2025,1\n": "feed.no-rows",
		"PK\x03\x04": "feed.not-a-workbook",
	} {
		if _, err := split([]byte(text), payments); err == nil || refusedBy(err).Code != want {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}

// TestWhereATableBreaksOff counts characters, not bytes, from one.
func TestWhereATableBreaksOff(t *testing.T) {
	for text, want := range map[string]string{
		"项目编码,年度,金额\np1,2025,1\np1,培\"训,1\n":   "第 3 行第 5 字：没有用引号括起的格里有引号：整格用引号括起，里面的引号写两遍",
		"项目编码,年度,金额\np1,\"培\"训,1\n":            "第 2 行第 6 字：引号没有成对：格里有引号的，整格用引号括起，里面的引号写两遍",
		"项目编码,年度,金额\n\"p1,2025,1\np2,2025,1\n": "从第 2 行开始的引号到第 3 行第 10 字还没有成对：补上少的一个；格里本有引号的写两遍",
	} {
		if _, err := split([]byte(text), payments); err == nil || refusedBy(err).Reason != want {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}

var allotments = Source{Name: "files", Commands: []string{"execution.allot"}}

// TestRowsWithoutAnIDAreWhatTheyAreAbout: whatever else of them is corrected.
func TestRowsWithoutAnIDAreWhatTheyAreAbout(t *testing.T) {
	id := func(row string) string {
		t.Helper()
		messages, err := split([]byte("项目编码,年度,文号,金额,日期,用途\n"+row+"\n"), allotments)
		if err != nil || len(messages) != 1 {
			t.Fatalf("%s: %v", row, err)
		}
		m, err := Parse(messages[0].body)
		if err != nil {
			t.Fatal(err)
		}
		return m.ID
	}
	first := id("p1,2025,财预〔2025〕1号,100,2025-03-01,一季度")
	for row, same := range map[string]bool{
		"p1,2025,财预〔2025〕1号,200,2025-03-01,一季度":  true,
		"p1,2025,财预〔2025〕1号,100,2025-03-02,":     true,
		"p1,2025,财预[２０２５] 1号,100,2025-03-01,一季度": true,
		"p1,2025,财预〔2025〕2号,100,2025-03-01,一季度":  false,
		"p1,2026,财预〔2025〕1号,100,2025-03-01,一季度":  false,
		"p2,2025,财预〔2025〕1号,100,2025-03-01,一季度":  false,
	} {
		if (id(row) == first) != same {
			t.Errorf("%s is the same: %t", row, !same)
		}
	}
}

// TestRowsThatCannotBeToldApart refuses their whole file, before any is entered.
func TestRowsThatCannotBeToldApart(t *testing.T) {
	for rows, want := range map[string]string{
		"p1,2025,一号,100\np2,2025,一号,1\np1,2025,一号,100":     "第 4 行与第 2 行是同一项目",
		"p1,2025,一号,100\n\n\np1,2025,一号,100":               "第 5 行与第 2 行是同一项目",
		"p1,2025,\"一\n号\",100\np2,2025,,100":               "第 4 行没有文号",
		"p1,2025,一号,100\np1,2025,,1":                       "第 3 行没有文号。",
		"p1,2025,,1\n" + strings.Repeat("p2,2025,,1\n", 8): "；还有 4 行。",
	} {
		messages, err := split([]byte("项目编码,年度,文号,金额\n"+rows+"\n"), allotments)
		if err == nil || refusedBy(err).Code != "feed.no-identity" || !strings.Contains(refusedBy(err).Reason, want) {
			t.Errorf("%s: %d messages, %v", rows, len(messages), err)
		}
	}
	for _, s := range []Source{{Name: "files", Commands: []string{"execution.recall"}}, {Name: "files", Commands: []string{"execution.pay", "execution.allot"}}} {
		if _, err := split([]byte("项目编码,年度,文号,金额\np1,2025,一号,100\n"), s); refusedBy(err).Code != "feed.no-identity" {
			t.Errorf("%v: %v", s.Commands, err)
		}
		messages, err := split([]byte("项目编码,年度,文号,金额,消息编号\np1,2025,一号,100,a\np1,2025,一号,100,b\n"), s)
		if err != nil || len(messages) != 2 {
			t.Errorf("%v, with ids: %d, %v", s.Commands, len(messages), err)
		}
	}
}

// FuzzFile looks for a file that upsets the reader.
func FuzzFile(f *testing.F) {
	f.Add([]byte("项目编码,年度,金额\np1,2025,100\n"))
	f.Add([]byte(`[{"specversion":"1.0","id":"1","type":"execution.pay","subject":"p1/2025","data":{}}]`))
	f.Add([]byte("{}\n{}"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if bytes.HasPrefix(data, []byte("PK")) {
			return // another's reader, slow to fuzz
		}
		messages, err := split(data, payments)
		if err != nil && refusedBy(err).Code == "feed.unreadable" {
			t.Fatalf("no refusal: %v", err)
		}
		for _, m := range messages {
			if key(m.body) == "" {
				t.Fatal("a message without a key")
			}
			_, _ = Parse(m.body)
		}
	})
}
