package api

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"wenxiao/domain"
	"wenxiao/eventstore"
)

// A form is what a person sent: text by the names of controls. Reading a figure
// that is none notes a refusal at its control, so that all of them are told at
// once.
type form struct {
	url.Values
	seen    eventstore.Revision
	command string

	attachments []string // digests of the files chosen
	wrong       domain.Refusals
}

// readForm reads a page's form. Every one carries the revision seen and the key
// under which it counts once.
func readForm(r *http.Request) (*form, error) {
	if err := r.ParseForm(); err != nil {
		return nil, err
	}
	return newForm(r.PostForm)
}

func newForm(sent url.Values) (*form, error) {
	if slices.ContainsFunc(typed(sent), illegible) {
		return nil, notText()
	}
	f := &form{Values: sent, command: sent.Get("command"), attachments: digests(sent["attachments"]...)}
	seen, err := strconv.ParseUint(f.Get("seen"), 10, 63)
	if err != nil || !plain(f.command, 255) {
		return nil, domain.Refusal{Code: "request.malformed-form", Reason: "表单不完整：缺少版本或编号，重新打开本页再办"}
	}
	f.seen = eventstore.Revision(seen)
	return f, nil
}

// otherwise returns what was wrong with the form itself before any other error.
func (f *form) otherwise(err error) error {
	if len(f.wrong) > 0 {
		return domain.Refuse(f.wrong...)
	}
	return err
}

// bad reports whether anything read so far was wrong.
func (f *form) bad() bool { return len(f.wrong) > 0 }

func (f *form) refuse(name, code, reason string) {
	f.wrong = append(f.wrong, domain.Refusal{Code: code, Reason: reason, Field: "/" + strings.ReplaceAll(name, "-", "/")})
}

// text returns what was typed, trimmed.
func (f *form) text(name string) string { return strings.TrimSpace(f.Get(name)) }

// lines returns the lines typed, without empty ones.
func (f *form) lines(name string) (lines []string) {
	for _, line := range strings.Split(f.Get(name), "\n") {
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, line)
		}
	}
	return lines
}

// wan reads an amount in 万元.
func (f *form) wan(name string) domain.Money {
	m, err := domain.ParseMoney(f.Get(name), domain.WanYuan)
	f.note(name, "金额", err)
	return m
}

// decimal reads a score or a share.
func (f *form) decimal(name string) domain.Decimal {
	d, err := domain.ParseDecimal(plainFigure(f.Get(name)))
	if err != nil {
		f.refuse(name, "request.malformed-number", "“"+f.text(name)+"”不是数字")
	}
	return d
}

// optional reads a score that may be left out.
func (f *form) optional(name string) *domain.Decimal {
	if f.text(name) == "" {
		return nil
	}
	d := f.decimal(name)
	return &d
}

// day reads a day; an empty one is no day.
func (f *form) day(name string) domain.Day {
	if f.text(name) == "" {
		return ""
	}
	d, err := domain.ParseDay(f.text(name))
	f.note(name, "日期", err)
	return d
}

// note keeps an error in reading a control, at that control.
func (f *form) note(name, what string, err error) {
	if err == nil {
		return
	}
	if f.text(name) == "" {
		f.refuse(name, "request.empty", "没有填"+what)
		return
	}
	if no := (domain.Refusal{}); errors.As(err, &no) {
		f.refuse(name, no.Code, no.Reason)
		return
	}
	f.refuse(name, "request.malformed", "“"+f.text(name)+"”不是"+what)
}

// plainFigure turns full-width digits into plain ones and drops blanks and commas.
func plainFigure(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == ',' || r == '，' || r == ' ' || r == '\u3000':
			return -1
		case r == '−' || r == '－':
			return '-'
		case r >= '！' && r <= '～':
			return r - '！' + '!'
		}
		return r
	}, strings.TrimSpace(text))
}
