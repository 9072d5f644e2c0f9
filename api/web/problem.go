package web

import "time"

// Problem is shown in place of a page that could not be: what happened, why,
// what now.
type Problem struct {
	Frame
	Status Status // 没有办成, 不能审核, …: an icon and a few words
	Reason string
	Basis  string // the article, and the code
	More   []Said // further refusals of the same command
	Moved  *Moved // what others did meanwhile, for a stale page
	Ways   []Crumb
}

func (Problem) template() string { return "problem" }

// Moved says what happened to a record after the reader opened it.
type Moved struct {
	Acts []MovedAct
	Now  string // address of the record as it is
	Kept []Kept // what the reader had typed
}

// MovedAct is one thing somebody else did meanwhile.
type MovedAct struct {
	At       time.Time
	By       string
	Sentence string
}

// Kept is one thing the reader had typed, so that it is not lost.
type Kept struct{ Label, Text string }
