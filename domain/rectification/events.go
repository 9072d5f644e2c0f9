// Package rectification follows one rectification notice (整改通知) from issue
// to closure (忻州办法 第四十条第一项; 南通 第十二条). A notice is never closed by
// the unit it was issued to.
package rectification

import "wenxiao/domain"

// Stream returns the stream of the notice with id.
func Stream(id string) string { return "rectification-" + id }

// Event is one of the facts below.
type Event interface {
	domain.Event
	rectification()
}

// Command is one of the requests in commands.go.
type Command = domain.Command[State, Event]

type (
	// Issue is one thing to put right.
	Issue struct {
		No          int    `json:"no"`
		Problem     string `json:"problem"`
		Requirement string `json:"requirement"`
		Finding     string `json:"finding,omitempty"` // code, where a check found it
	}

	// Answer is what the unit says of one issue.
	Answer struct {
		No    int      `json:"no"`
		Done  string   `json:"done"`
		Files []string `json:"files,omitempty"` // names or SHA-256 of what shows it
	}

	// NoticeIssued starts a rectification: unit must put the issues right by Due.
	NoticeIssued struct {
		Programme domain.ProgrammeCode `json:"programme"`
		Year      domain.FiscalYear    `json:"year"`
		Unit      domain.UnitCode      `json:"unit"`
		UnitName  string               `json:"unitName"`
		Issuer    domain.UnitCode      `json:"issuer"`
		Issues    []Issue              `json:"issues"`
		Due       domain.Day           `json:"due"` // the last day
		Document  string               `json:"document"`
	}

	// PlanFiled is what the unit means to do, and who answers for it.
	PlanFiled struct {
		Measures    []Answer   `json:"measures"`
		Responsible string     `json:"responsible"` // person
		Name        string     `json:"name"`
		By          domain.Day `json:"by"`
	}

	// ProgressReported tells how far the work is.
	ProgressReported struct {
		Progress string `json:"progress"`
	}

	// WorkReported is the unit's claim to have finished.
	WorkReported struct {
		Answers []Answer `json:"answers"`
		By      string   `json:"by,omitempty"` // person who reported, who may not close
	}

	// WorkReturned sends the report back; the notice stays open.
	WorkReturned struct {
		Reason string     `json:"reason"`
		Due    domain.Day `json:"due,omitempty"` // a new last day, if given
	}

	// NoticeClosed (销号) ends the rectification.
	NoticeClosed struct {
		Closer  domain.UnitCode `json:"closer"`
		Opinion string          `json:"opinion"`
	}
)

func (NoticeIssued) EventType() string     { return "rectification.notice-issued.v1" }
func (PlanFiled) EventType() string        { return "rectification.plan-filed.v1" }
func (ProgressReported) EventType() string { return "rectification.progress-reported.v1" }
func (WorkReported) EventType() string     { return "rectification.work-reported.v1" }
func (WorkReturned) EventType() string     { return "rectification.work-returned.v1" }
func (NoticeClosed) EventType() string     { return "rectification.notice-closed.v1" }

func (NoticeIssued) rectification()     {}
func (PlanFiled) rectification()        {}
func (ProgressReported) rectification() {}
func (WorkReported) rectification()     {}
func (WorkReturned) rectification()     {}
func (NoticeClosed) rectification()     {}

// Stored is everything this package ever wrote.
var Stored = domain.Decoders[Event]{
	"rectification.notice-issued.v1":     domain.As(func(e NoticeIssued) Event { return e }),
	"rectification.plan-filed.v1":        domain.As(func(e PlanFiled) Event { return e }),
	"rectification.progress-reported.v1": domain.As(func(e ProgressReported) Event { return e }),
	"rectification.work-reported.v1":     domain.As(func(e WorkReported) Event { return e }),
	"rectification.work-returned.v1":     domain.As(func(e WorkReturned) Event { return e }),
	"rectification.notice-closed.v1":     domain.As(func(e NoticeClosed) Event { return e }),
}
