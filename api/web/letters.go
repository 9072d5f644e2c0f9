package web

import (
	"strings"
	"time"
)

// Letters lists what other systems sent and the ledger refused.
type Letters struct {
	Frame
	State   string
	Rows    []LetterRow
	Total   int
	Sources []FeedSource
}

func (Letters) template() string { return "letters" }

// LetterRow is one of them.
type LetterRow struct {
	ID, Source, Message, Code, Reason, State string
	At                                       time.Time
}

// FeedSource is another system that sends.
type FeedSource struct{ Name, From, Account, Commands string }

var letterStates = []struct {
	code   string
	status Status
}{
	{"open", Waiting.Saying("待处理")},
	{"entered", Done.Saying("已入账")},
	{"dismissed", Done.Saying("不办")},
}

func letterStatus(code string) Status {
	for _, s := range letterStates {
		if s.code == code {
			return s.status
		}
	}
	return Status{"none", "none", code}
}

// Chips choose a state.
func (p Letters) Chips() (chips []Chip) {
	for _, s := range letterStates {
		chips = append(chips, Chip{Status: s.status, Address: p.With("state", s.code), Chosen: p.State == s.code})
	}
	return chips
}

// Status says what became of a letter.
func (r LetterRow) Status() Status { return letterStatus(r.State) }

// Letter is one refused message with its bytes and what was done about it.
type Letter struct {
	Frame
	ID, Source, Message, Body, Code, Reason, Field, Basis, State string
	At                                                           time.Time
	Typed                                                        string // in the form
	Acts                                                         []LetterAct
	Handles                                                      bool   // the reader may retry or dismiss it
	Account                                                      string // that carries it out
	Whole                                                        string // what to do about a whole file, of which no message can be tried again; else empty
}

func (Letter) template() string { return "letter" }

// Status says what became of it.
func (p Letter) Status() Status { return letterStatus(p.State) }

// LetterAct is what somebody did about it.
type LetterAct struct {
	At                               time.Time
	Name, Act, Reason, Body, Outcome string
}

// Result says what came of it; a rule that said no again is named by its code.
func (a LetterAct) Result() string {
	first, _, _ := strings.Cut(a.Outcome, " ")
	return Word(letterResults, first)
}

// Code is that of the rule.
func (a LetterAct) Code() string { _, code, _ := strings.Cut(a.Outcome, " "); return code }

var letterResults = []Option{
	{"entered", "已入账"},
	{"dismissed", "不办"},
	{"refused", "仍没有收"},
	{"failed", "没有办成"},
	{"ordered", "没有等到结果"},
	{"open", "先前没有收"},
	{"settled", "别人已先办理"},
}

// Word says what was done.
func (a LetterAct) Word() string {
	switch a.Act {
	case "dismiss":
		return "不办"
	case "resent":
		return "对方重发"
	}
	if a.Body != "" {
		return "更正后再办"
	}
	return "再办"
}
