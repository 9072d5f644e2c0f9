package programme

import "wenxiao/domain"

type (
	// Register enters a programme into the ledger.
	Register struct {
		Code           domain.ProgrammeCode `json:"code"`
		Name           string               `json:"name"`
		Kind           Kind                 `json:"kind"`
		Unit           domain.UnitCode      `json:"unit"`
		UnitName       string               `json:"unitName"`
		Department     domain.UnitCode      `json:"department"`
		DepartmentName string               `json:"departmentName"`
		FundBook       FundBook             `json:"fundBook"`
		Parent         domain.ProgrammeCode `json:"parent,omitempty"`
		Attribute      string               `json:"attribute,omitempty"`
		From           domain.FiscalYear    `json:"from"`
		To             domain.FiscalYear    `json:"to,omitempty"`
		Major          bool                 `json:"major,omitempty"`
		Jurisdiction   string               `json:"jurisdiction"`
		Source         *domain.Source       `json:"source,omitempty"`
	}

	// AssignResponsible names the first responsible person.
	AssignResponsible struct {
		Person string          `json:"person"`
		Name   string          `json:"name"`
		Post   string          `json:"post"`
		Unit   domain.UnitCode `json:"unit"`
		Since  domain.Day      `json:"since"`

		Today domain.Day `json:"-"`
	}

	// HandOver passes the duty from the responsible person in office to another.
	HandOver struct {
		To            string          `json:"to"`
		ToName        string          `json:"toName"`
		Post          string          `json:"post"`
		Unit          domain.UnitCode `json:"unit"`
		Day           domain.Day      `json:"day"`
		Reason        string          `json:"reason"`
		Pending       []string        `json:"pending,omitempty"`
		Countersigned string          `json:"countersigned,omitempty"` // person

		Today domain.Day `json:"-"`
	}

	// MarkMajor makes duty for life attach.
	MarkMajor struct {
		Reason   string `json:"reason"`
		Document string `json:"document"`
	}

	// Correct puts a field of the registration right.
	Correct struct {
		Corrects string `json:"corrects"`
		Field    string `json:"field"`
		Is       string `json:"is"`
		Reason   string `json:"reason"`
	}

	// Exit ends the programme.
	Exit struct {
		Day    domain.Day `json:"day"`
		Reason string     `json:"reason"`

		Today domain.Day `json:"-"`
	}
)
