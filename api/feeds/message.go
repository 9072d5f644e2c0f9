package feeds

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"wenxiao/domain"
)

// A Message is one command from another system, as a CloudEvent 1.0: type names
// the command, subject the programme and year it is on (p1/2025), time when it
// happened, and data is the command as the API takes it.
type Message struct {
	SpecVersion string          `json:"specversion"`
	ID          string          `json:"id"`
	Source      string          `json:"source,omitempty"`
	Type        string          `json:"type"`
	Subject     string          `json:"subject"`
	Time        string          `json:"time,omitempty"`
	Row         string          `json:"row,omitempty"` // an extension of ours: the row of a table as it was, cells apart by tabs
	Data        json.RawMessage `json:"data"`
}

// maxID keeps the command's id within what an Idempotency-Key may be.
const maxID = 160

// Parse reads a message. What it does not know it leaves be: extensions are
// allowed to CloudEvents.
func Parse(body []byte) (m Message, err error) {
	if !utf8.Valid(body) {
		return m, domain.Refusal{Code: "feed.not-text", Reason: "内容不是 UTF-8 文字"}
	}
	if err := json.Unmarshal(body, &m); err != nil {
		return m, domain.Refusal{Code: "feed.malformed", Reason: "内容不是一个 CloudEvents 1.0 消息（JSON）"}
	}
	var no domain.Refusals
	no.If(m.SpecVersion != "1.0", domain.Refusal{Code: "feed.not-cloudevents", Field: "/specversion", Reason: fmt.Sprintf("specversion 应为 1.0，是 %q", m.SpecVersion)})
	no.If(!plain(m.ID), domain.Refusal{Code: "feed.malformed-id", Field: "/id", Reason: fmt.Sprintf("id 应为 1—%d 个可见的 ASCII 字符", maxID)})
	_, _, err = m.About()
	no.CheckAt("/subject", err)
	return m, domain.Refuse(no...)
}

func plain(id string) bool {
	return id != "" && len(id) <= maxID && !strings.ContainsFunc(id, func(r rune) bool { return r <= ' ' || r > '~' })
}

// About reads which programme and year the message is on.
func (m Message) About() (domain.ProgrammeCode, domain.FiscalYear, error) {
	code, text, _ := strings.Cut(m.Subject, "/")
	year, err := strconv.Atoi(text)
	if err != nil || domain.ProgrammeCode(code).Check() != nil || !domain.FiscalYear(year).Valid() {
		return "", 0, domain.Refusal{Code: "feed.malformed-subject", Field: "/subject", Reason: fmt.Sprintf("subject 应为项目编码/年度，如 p1/2025，是 %q", m.Subject)}
	}
	return domain.ProgrammeCode(code), domain.FiscalYear(year), nil
}

// Happened returns when it happened; the zero time where the message does not
// say.
func (m Message) Happened() (time.Time, error) {
	if m.Time == "" {
		return time.Time{}, nil
	}
	if t := domain.Day(m.Time).Time(); !t.IsZero() {
		return t, nil
	}
	t, err := time.Parse(time.RFC3339Nano, m.Time)
	if err != nil || !domain.DayOf(t).Year().Valid() {
		return t, domain.Refusal{Code: "feed.malformed-time", Field: "/time", Reason: fmt.Sprintf("time 应如 2025-03-31T09:00:00+08:00，是 %q", m.Time)}
	}
	return t, nil
}

// key tells messages of one source apart: by id where there is one, else by
// their bytes.
func key(body []byte) string {
	var m struct {
		ID string `json:"id"`
	}
	if json.Unmarshal(body, &m) == nil && plain(m.ID) {
		return m.ID
	}
	return digestKey(body)
}

func digestKey(body []byte) string {
	sum := sha256.Sum256(body)
	return "sha256:" + hex.EncodeToString(sum[:])
}
