package feeds

import (
	"archive/zip"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"

	"wenxiao/domain"
)

// A part is one message of a file, and where it stands there.
type part struct {
	where string
	body  []byte
}

// split finds the messages in a file.
func split(data []byte, s Source) ([]part, error) {
	trimmed := bytes.TrimSpace(bytes.TrimPrefix(data, []byte("\ufeff")))
	switch {
	case bytes.HasPrefix(data, []byte("PK\x03\x04")):
		rows, err := workbook(data)
		if err != nil {
			return nil, err
		}
		return table(rows, s)
	case bytes.HasPrefix(trimmed, []byte("[")), bytes.HasPrefix(trimmed, []byte("{")):
		return objects(trimmed)
	}
	rows, err := separated(data)
	if err != nil {
		return nil, err
	}
	return table(rows, s)
}

// unfinished reports data that somebody may still be writing: a workbook without
// its end, JSON that is not whole, a last line without its end.
func unfinished(data []byte) bool {
	trimmed := bytes.TrimSpace(bytes.TrimPrefix(data, []byte("\ufeff")))
	switch {
	case bytes.HasPrefix(data, []byte("PK")):
		_, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
		return err != nil
	case bytes.HasPrefix(trimmed, []byte("[")), bytes.HasPrefix(trimmed, []byte("{")):
		_, err := objects(trimmed)
		return err != nil
	}
	return !bytes.HasSuffix(bytes.TrimSuffix(data, []byte{0}), []byte("\n"))
}

// objects finds the JSON objects of a list, or one after the other, byte for
// byte.
func objects(data []byte) (list []part, err error) {
	decoder := json.NewDecoder(bytes.NewReader(data))
	if data[0] == '[' {
		if _, err := decoder.Token(); err != nil {
			return nil, notJSON
		}
	}
	for decoder.More() {
		var one json.RawMessage
		if err := decoder.Decode(&one); err != nil {
			return nil, notJSON
		}
		if list = append(list, part{fmt.Sprintf("第 %d 条", len(list)+1), one}); len(list) > maxRows {
			return nil, domain.Refusal{Code: "feed.too-many", Reason: fmt.Sprintf("一个文件至多 %d 条消息", maxRows)}
		}
	}
	if data[0] == '[' {
		if _, err := decoder.Token(); err != nil {
			return nil, notJSON
		}
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, notJSON // a list, and something after it that nobody would miss
	}
	return list, nil
}

var notJSON = domain.Refusal{Code: "feed.malformed", Reason: "文件不是完整的 JSON"}

const maxRows = 100_000

func workbook(data []byte) ([][]string, error) {
	book, err := excelize.OpenReader(bytes.NewReader(data), excelize.Options{UnzipSizeLimit: 8 * MaxFile, UnzipXMLSizeLimit: MaxFile})
	if err != nil {
		return nil, domain.Refusal{Code: "feed.not-a-workbook", Reason: "这个文件打不开：不是 .xlsx，或带有密码，或展开后过大"}
	}
	defer func() { _ = book.Close() }()
	rows, err := book.GetRows(book.GetSheetName(0), excelize.Options{RawCellValue: true})
	if err != nil {
		return nil, domain.Refusal{Code: "feed.not-a-workbook", Reason: "工作表读不出来"}
	}
	return rows, nil
}

// separated reads comma- or tab-separated values in UTF-8, UTF-16 or GB 18030.
func separated(data []byte) ([][]string, error) {
	if bytes.HasPrefix(data, []byte("\xff\xfe")) || bytes.HasPrefix(data, []byte("\xfe\xff")) { // what Excel calls Unicode text
		if decoded, err := unicode.UTF16(unicode.LittleEndian, unicode.ExpectBOM).NewDecoder().Bytes(data); err == nil {
			data = decoded
		}
	}
	text := strings.TrimPrefix(string(data), "\ufeff")
	if !utf8.ValidString(text) {
		decoded, err := simplifiedchinese.GB18030.NewDecoder().Bytes(data)
		if err != nil || bytes.ContainsRune(decoded, utf8.RuneError) {
			return nil, domain.Refusal{Code: "feed.not-text", Reason: "不是文字：应为 UTF-8 或 GB 18030 编码的表，或 .xlsx，或 JSON"}
		}
		text = string(decoded)
	}
	r := csv.NewReader(strings.NewReader(text))
	r.FieldsPerRecord = -1
	if head, _, _ := strings.Cut(text, "\n"); strings.Contains(head, "\t") {
		r.Comma = '\t'
	}
	rows, err := lines(r)
	if err != nil {
		return nil, domain.Refusal{Code: "feed.malformed-table", Reason: misquoted(err, text)}
	}
	return rows, nil
}

// lines reads all rows. From the head on each is where its line is: what is said
// of a row is looked for in the file.
func lines(r *csv.Reader) (rows [][]string, err error) {
	head := 0
	for {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			return rows, nil
		}
		if err != nil {
			return nil, err
		}
		at, _ := r.FieldPos(0)
		if rows == nil {
			head = at
		}
		for len(rows) < min(at-head, maxRows+1) { // more are refused, however many empty lines there are
			rows = append(rows, nil)
		}
		rows = append(rows, row)
	}
}

// misquoted says where a table breaks off: only its quotes can be wrong.
func misquoted(err error, text string) string {
	at := (*csv.ParseError)(nil)
	if !errors.As(err, &at) {
		return "表读不出来"
	}
	all := strings.Split(text, "\n")
	before := all[min(at.Line, len(all))-1]
	column := 1 + utf8.RuneCountInString(before[:min(max(at.Column-1, 0), len(before))])
	why := "引号没有成对：格里有引号的，整格用引号括起，里面的引号写两遍"
	if errors.Is(err, csv.ErrBareQuote) {
		why = "没有用引号括起的格里有引号：整格用引号括起，里面的引号写两遍"
	}
	if at.StartLine != at.Line {
		return fmt.Sprintf("从第 %d 行开始的引号到第 %d 行第 %d 字还没有成对：补上少的一个；格里本有引号的写两遍", at.StartLine, at.Line, column)
	}
	return fmt.Sprintf("第 %d 行第 %d 字：%s", at.Line, column, why)
}

// The columns a table may have, by the words of its head.
var heads = map[string][]string{
	"id":        {"id", "消息编号", "流水号", "编号"},
	"type":      {"type", "业务", "办理事项", "command"},
	"programme": {"programme", "项目编码", "项目"},
	"year":      {"year", "年度", "预算年度"},
	"time":      {"time", "日期", "支付日期", "发生日期", "发生时间"},
	"payment":   {"payment", "支付编号", "支付凭证号", "凭证号"},
	"amount":    {"amount", "金额", "支付金额", "下达金额", "预算金额"}, // (元) or (万元) after it says the unit; without, 元
	"document":  {"document", "文号", "依据文号"},
	"purpose":   {"purpose", "用途", "摘要"},
}

// table makes a message of each row: a payment, an allotment, a budget. It
// refuses all of them where some cannot be told apart.
func table(rows [][]string, s Source) (messages []part, err error) {
	if len(rows) < 2 || len(rows) > maxRows {
		return nil, domain.Refusal{Code: "feed.no-rows", Reason: fmt.Sprintf("表须有表头和 1—%d 行，有 %d 行", maxRows-1, len(rows))}
	}
	columns, unit, err := header(rows[0])
	if err != nil {
		return nil, err
	}
	unclear := unidentified{at: map[string]int{}}
	for i, row := range rows[1:] {
		if strings.TrimSpace(strings.Join(row, "")) == "" {
			continue
		}
		cell := func(name string) string {
			if j, ok := columns[name]; ok && j < len(row) {
				return strings.TrimSpace(row[j])
			}
			return ""
		}
		m, err := compose(row, cell, unit, s)
		if err != nil {
			return nil, err
		}
		unclear.identify(&m, i+2)
		body, err := json.Marshal(m)
		if err != nil {
			return nil, err
		}
		messages = append(messages, part{fmt.Sprintf("第 %d 行", i+2), body})
	}
	if err := unclear.refusal(); err != nil {
		return nil, err
	}
	return messages, nil
}

func header(row []string) (columns map[string]int, unit domain.Money, err error) {
	columns, unit = map[string]int{}, domain.Yuan
	for j, cell := range row {
		word := strings.ToLower(strings.NewReplacer("（", "(", "）", ")", " ", "").Replace(strings.TrimSpace(cell)))
		bare, in, _ := strings.Cut(word, "(")
		for name, words := range heads {
			if !slices.Contains(words, bare) {
				continue
			}
			if _, twice := columns[name]; twice {
				return nil, 0, domain.Refusal{Code: "feed.malformed-table", Reason: "表头里“" + cell + "”与另一栏是同一项"}
			}
			columns[name] = j
			if name == "amount" && strings.HasPrefix(in, "万") {
				unit = domain.WanYuan
			}
		}
	}
	for _, name := range []string{"programme", "year", "amount"} {
		if _, ok := columns[name]; !ok {
			return nil, 0, domain.Refusal{Code: "feed.malformed-table", Reason: "表头缺少“" + heads[name][1] + "”一栏"}
		}
	}
	return columns, unit, nil
}

// compose makes one. A figure that is none is passed on as it stands, for the
// letter to show: data that no command takes is refused by itself.
func compose(row []string, cell func(string) string, unit domain.Money, s Source) (m Message, err error) {
	m = Message{SpecVersion: "1.0", ID: cell("id"), Source: "file", Type: cell("type"), Subject: cell("programme") + "/" + cell("year"), Time: day(cell("time")), Row: strings.Join(row, "\t")}
	if m.Type == "" && len(s.Commands) == 1 {
		m.Type = s.Commands[0]
	}
	data := map[string]any{"amount": cell("amount")}
	if amount, err := domain.ParseMoney(cell("amount"), unit); err == nil {
		data["amount"] = amount
	}
	for _, name := range []string{"payment", "document", "purpose"} {
		if text := cell(name); text != "" {
			data[name] = text
		}
	}
	m.Data, err = json.Marshal(data)
	return m, err
}

// day reads a day as workbooks keep it: counted from 1900.
func day(text string) string {
	if serial, err := strconv.ParseFloat(text, 64); err == nil && serial > 20_000 && serial < 80_000 {
		if t, err := excelize.ExcelDateToTime(serial, false); err == nil {
			return t.Format(time.DateOnly)
		}
	}
	if d, err := domain.ParseDay(text); err == nil {
		return string(d)
	}
	return text
}

// refusedBy turns the domain's word for it into ours.
func refusedBy(err error) Refused {
	if all := domain.Refused(err); len(all) > 0 {
		return Refused{Code: all[0].Code, Reason: all[0].Reason, Field: all[0].Field, Basis: all[0].Basis}
	}
	return Refused{Code: "feed.unreadable", Reason: "文件读不出来"}
}
