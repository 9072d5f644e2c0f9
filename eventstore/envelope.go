package eventstore

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Most of the time spent on a record went into encoding/json, so envelopes are
// written and read by hand here, in the field order of [Header]. What is written
// is byte for byte what encoding/json writes; what is read is what it reads, or
// left to it. Both are fuzzed against it.

// appendEnvelope returns json.Marshal(h), appended to b. The times must be in
// UTC, in the years 0 to 9999.
func appendEnvelope(b []byte, h *Header) []byte {
	b = strconv.AppendInt(append(b, `{"v":`...), int64(h.V), 10)
	b = appendString(append(b, `,"id":`...), h.ID)
	b = appendString(append(b, `,"stream":`...), h.Stream)
	b = strconv.AppendUint(append(b, `,"revision":`...), uint64(h.Revision), 10)
	b = appendString(append(b, `,"type":`...), h.Type)
	b = appendTime(append(b, `,"recordedAt":`...), h.RecordedAt)
	b = appendTime(append(b, `,"effectiveAt":`...), h.EffectiveAt)
	b = appendString(append(b, `,"actor":{"person":`...), h.Actor.Person)
	b = appendString(append(b, `,"name":`...), h.Actor.Name)
	b = appendUnlessEmpty(b, `,"post":`, h.Actor.Post)
	b = appendString(append(b, `,"unit":`...), h.Actor.Unit)
	b = appendUnlessEmpty(b, `,"capacity":`, h.Actor.Capacity)
	b = appendUnlessEmpty(b, `,"onBehalfOf":`, h.Actor.OnBehalfOf)
	b = appendString(append(b, `},"command":`...), h.Command)
	b = appendString(append(b, `,"correlation":`...), h.Correlation)
	b = appendUnlessEmpty(b, `,"causation":`, h.Causation)
	for i, basis := range h.Basis {
		b = appendString(append(b, [...]string{`,"basis":[`, `,`}[min(i, 1)]...), basis)
	}
	if len(h.Basis) > 0 {
		b = append(b, ']')
	}
	b = appendUnlessEmpty(b, `,"rulebook":`, h.Rulebook)
	b = appendString(append(b, `,"dataHash":`...), h.DataHash)
	b = appendUnlessEmpty(b, `,"dataSM3":`, h.DataSM3)
	return append(b, '}')
}

func appendUnlessEmpty(b []byte, key, s string) []byte {
	if s == "" {
		return b
	}
	return appendString(append(b, key...), s)
}

func appendString(b []byte, s string) []byte {
	if !plain(s) {
		quoted, _ := json.Marshal(s) // a string has no error
		return append(b, quoted...)
	}
	return append(append(append(b, '"'), s...), '"')
}

func appendTime(b []byte, t time.Time) []byte {
	return append(t.AppendFormat(append(b, '"'), time.RFC3339Nano), '"')
}

// plain reports whether encoding/json writes s as it is. It escapes what HTML
// and JavaScript would stumble over: the two line separators begin with E2.
func plain(s string) bool {
	var met byte
	for i := range len(s) {
		met |= classes[s[i]]
	}
	return met&escaped == 0 && (met&beyondASCII == 0 || utf8.ValidString(s)) &&
		(met&separator == 0 || !strings.ContainsAny(s, "\u2028\u2029"))
}

const (
	escaped = 1 << iota
	beyondASCII
	separator
)

var classes = func() (c [256]byte) {
	for i := range c {
		switch b := byte(i); {
		case b < ' ', strings.IndexByte(`\"<>&`, b) >= 0:
			c[i] = escaped
		case b == 0xE2:
			c[i] = beyondASCII | separator
		case b >= utf8.RuneSelf:
			c[i] = beyondASCII
		}
	}
	return c
}()

// parseEnvelope reads what appendEnvelope writes into h, and nothing else: when it
// returns true, appendEnvelope writes these very bytes. Otherwise h is of no use.
func parseEnvelope(envelope []byte, h *Header) bool {
	text := string(envelope) // once: the header's strings are parts of it
	if !unescaped(text) {
		return false
	}
	p := parser{rest: text, ok: true}
	h.V = int(p.number(`{"v":`))
	h.ID = p.text(`,"id":`)
	h.Stream = p.text(`,"stream":`)
	h.Revision = Revision(p.number(`,"revision":`))
	h.Type = p.text(`,"type":`)
	h.RecordedAt = p.time(`,"recordedAt":`)
	h.EffectiveAt = p.time(`,"effectiveAt":`)
	h.Actor.Person = p.text(`,"actor":{"person":`)
	h.Actor.Name = p.text(`,"name":`)
	h.Actor.Post = p.textIfThere(`,"post":`)
	h.Actor.Unit = p.text(`,"unit":`)
	h.Actor.Capacity = p.textIfThere(`,"capacity":`)
	h.Actor.OnBehalfOf = p.textIfThere(`,"onBehalfOf":`)
	h.Command = p.text(`},"command":`)
	h.Correlation = p.text(`,"correlation":`)
	h.Causation = p.textIfThere(`,"causation":`)
	if p.next(`,"basis":[`) {
		h.Basis = append(h.Basis, p.text(""))
		for p.next(`,`) {
			h.Basis = append(h.Basis, p.text(""))
		}
		p.must(`]`)
	}
	h.Rulebook = p.textIfThere(`,"rulebook":`)
	h.DataHash = p.text(`,"dataHash":`)
	h.DataSM3 = p.textIfThere(`,"dataSM3":`)
	p.must(`}`)
	return p.ok && p.rest == ""
}

// unescaped reports whether text is UTF-8 without any of the characters that
// encoding/json escapes, but for control characters and quotes.
func unescaped(text string) bool {
	for _, c := range [...]byte{'\\', '<', '>', '&'} {
		if strings.IndexByte(text, c) >= 0 {
			return false
		}
	}
	return utf8.ValidString(text) && (strings.IndexByte(text, 0xE2) < 0 || !strings.ContainsAny(text, "\u2028\u2029"))
}

type parser struct {
	rest string
	ok   bool
}

// next skips literal if it comes next.
func (p *parser) next(literal string) bool {
	rest, found := strings.CutPrefix(p.rest, literal)
	p.rest = rest
	return found
}

func (p *parser) must(literal string) { p.ok = p.next(literal) && p.ok }

func (p *parser) text(key string) string {
	p.must(key)
	p.must(`"`)
	s, rest, found := strings.Cut(p.rest, `"`)
	p.rest, p.ok = rest, p.ok && found && printable(s)
	return s
}

func (p *parser) textIfThere(key string) string {
	if !strings.HasPrefix(p.rest, key) {
		return ""
	}
	s := p.text(key)
	p.ok = p.ok && s != "" // an empty one is left out
	return s
}

// number reads digits that fit into every integer of the header.
func (p *parser) number(key string) (n uint64) {
	p.must(key)
	digits := 0
	for digits < len(p.rest) && '0' <= p.rest[digits] && p.rest[digits] <= '9' {
		n = 10*n + uint64(p.rest[digits]-'0')
		digits++
	}
	leadingZero := digits > 1 && p.rest[0] == '0'
	p.rest, p.ok = p.rest[digits:], p.ok && 0 < digits && digits < 19 && !leadingZero
	return n
}

// time reads only the form in which times are written: in UTC, with at most nine
// digits behind the point, the last not 0.
func (p *parser) time(key string) time.Time {
	s := p.text(key)
	if len(s) < 20 || s[4] != '-' || s[7] != '-' || s[10] != 'T' || s[13] != ':' || s[16] != ':' || s[len(s)-1] != 'Z' {
		p.ok = false
		return time.Time{}
	}
	year, month, day := p.digits(s[:4]), p.digits(s[5:7]), p.digits(s[8:10])
	hour, minute, second := p.digits(s[11:13]), p.digits(s[14:16]), p.digits(s[17:19])
	t := time.Date(year, time.Month(month), day, hour, minute, second, p.fraction(s[19:len(s)-1]), time.UTC)
	sameDay := t.Day() == day && t.Month() == time.Month(month) // nothing was carried over
	p.ok = p.ok && sameDay && hour < 24 && minute < 60 && second < 60
	return t
}

// fraction reads nothing, or a point and nanoseconds without zeros at the end.
func (p *parser) fraction(s string) (nanoseconds int) {
	if s == "" {
		return 0
	}
	p.ok = p.ok && s[0] == '.' && 2 <= len(s) && len(s) <= 10 && s[len(s)-1] != '0'
	nanoseconds = p.digits(s[1:])
	for range 10 - len(s) {
		nanoseconds *= 10
	}
	return nanoseconds
}

func (p *parser) digits(s string) (n int) {
	for i := range len(s) {
		p.ok = p.ok && '0' <= s[i] && s[i] <= '9'
		n = 10*n + int(s[i]-'0')
	}
	return n
}

func printable(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' {
			return false
		}
	}
	return true
}
