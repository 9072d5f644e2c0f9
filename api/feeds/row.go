package feeds

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"wenxiao/domain"
)

// A row of a table that brings no id gets one from what tells it apart: the
// business, the programme and year, and the number of the payment or of the
// document. So the same row in a file that was corrected and sent again is the
// same message, and with another amount one that was used: the ledger refuses
// that, and money is not allotted twice. The day is left out: a corrected day
// does not make another allotment.
const rowID = "row-"

// natural names, of each command that a table can give, the field with its own
// number; a budget is the only one of its year.
var natural = map[string]string{"execution.pay": "payment", "execution.allot": "document", "execution.set-budget": ""}

// numbers are those fields in the words of a head.
var numbers = map[string]string{"payment": "支付编号", "document": "文号"}

// identity is the id of a row without one. The refusal says what the row lacks.
func (m Message) identity() (string, error) {
	field, known := natural[m.Type]
	if !known {
		return "", domain.Refusal{Code: "feed.no-identity", Reason: fmt.Sprintf("办理事项是 %q，分不清与别的行是不是同一件", m.Type)}
	}
	var data map[string]any
	if err := json.Unmarshal(m.Data, &data); err != nil {
		return "", domain.Refusal{Code: "feed.malformed-data", Field: "/data", Reason: "data 应为办理内容（JSON 对象）"}
	}
	number, _ := data[field].(string)
	if number = folded(number); field != "" && number == "" {
		return "", domain.Refusal{Code: "feed.no-identity", Reason: "没有" + numbers[field]}
	}
	sum := sha256.Sum256([]byte(m.Type + "\x00" + m.Subject + "\x00" + number))
	return rowID + hex.EncodeToString(sum[:20]), nil
}

var brackets = strings.NewReplacer("〔", "[", "【", "[", "〕", "]", "】", "]")

// folded makes one of the ways to type a number: 财预〔2025〕1号 and 财预[2025] 1 号.
// Rows that differ in nothing else are then refused, not entered beside each other.
func folded(number string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || !unicode.IsGraphic(r) {
			return -1
		}
		return unicode.ToLower(r)
	}, brackets.Replace(norm.NFKC.String(number)))
}

// Reused is the refusal of a message whose id is that of another one that was
// entered.
func (m Message) Reused() domain.Refusal {
	what := "id " + m.ID + " 已用于另一件内容不同的事"
	switch {
	case strings.HasPrefix(m.ID, rowID) && m.Row != "":
		number := cmp.Or(numbers[natural[m.Type]], "项目年度")
		what = "同一项目、年度、" + number + "的这一项已经入账，金额、日期或用途与这一行不同"
	case m.Row != "":
		what = "消息编号 " + m.ID + " 已用于另一件内容不同的事"
	}
	return domain.Refusal{
		Code: "feed.entered-otherwise", Field: "/id",
		Reason: what + "，没有再办。要改已入账的，在账本里更正、收回或调整；确是另一件的，单给这一件一个没有用过的消息编号",
	}
}

// sameRow refuses a correction that turns a row without an id of its own into
// another one: sent again in its file, that would be entered beside this.
func (l Letter) sameRow(corrected []byte) error {
	if was, _ := Parse([]byte(l.Body)); was.Row == "" || !strings.HasPrefix(was.ID, rowID) {
		return nil
	}
	m, err := Parse(corrected)
	if err != nil {
		return err
	}
	if id, err := m.identity(); err != nil || id != l.Message {
		return domain.Refusal{
			Code: "feed.other-row", Field: "/body",
			Reason: "这一行没有自己的消息编号，是以项目、年度和支付编号（文号）认定的，这里不得改动它们。改好文件里的这一行重送，这一件写明理由不办",
		}
	}
	return nil
}

// unidentified gathers the rows of a file that cannot be told apart.
type unidentified struct {
	at    map[string]int // id of a row without one of its own: its line
	lines []string
}

// identify gives a message its id where it has none.
func (u *unidentified) identify(m *Message, line int) {
	if m.ID != "" {
		return
	}
	id, err := m.identity()
	first, twice := u.at[id]
	switch {
	case err != nil:
		u.lines = append(u.lines, fmt.Sprintf("第 %d 行%s", line, domain.Refused(err)[0].Reason))
	case twice:
		u.lines = append(u.lines, fmt.Sprintf("第 %d 行与第 %d 行是同一项目、年度和编号（文号）", line, first))
	default:
		m.ID, u.at[id] = id, line
	}
}

// refusal refuses the whole file, before anything of it is entered.
func (u *unidentified) refusal() error {
	const most = 5
	if len(u.lines) == 0 {
		return nil
	}
	said := strings.Join(u.lines[:min(most, len(u.lines))], "；")
	if len(u.lines) > most {
		said += fmt.Sprintf("；还有 %d 行", len(u.lines)-most)
	}
	return domain.Refusal{
		Code:   "feed.no-identity",
		Reason: said + "。整个文件没有办。补上支付编号或文号；同一文号分几笔的，加“消息编号”一栏，给这几行各写一个不变的编号（先前已入账的行不要另给编号，从文件里删去）",
	}
}
