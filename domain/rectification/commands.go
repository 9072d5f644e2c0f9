package rectification

import "wenxiao/domain"

type (
	// IssueNotice tells a unit what to put right by when.
	IssueNotice struct {
		Programme domain.ProgrammeCode `json:"programme"`
		Year      domain.FiscalYear    `json:"year"`
		Unit      domain.UnitCode      `json:"unit"`
		UnitName  string               `json:"unitName"`
		Issuer    domain.UnitCode      `json:"issuer"`
		Issues    []Issue              `json:"issues"`
		Due       domain.Day           `json:"due"`
		Document  string               `json:"document"`

		Today domain.Day `json:"-"`
	}

	// FilePlan says what the unit means to do, and who answers for it.
	FilePlan struct {
		Measures    []Answer   `json:"measures"`
		Responsible string     `json:"responsible"`
		Name        string     `json:"name"`
		DoneBy      domain.Day `json:"by"`

		By domain.Actor `json:"-"`
	}

	// ReportProgress tells how far the work is.
	ReportProgress struct {
		Progress string `json:"progress"`

		By domain.Actor `json:"-"`
	}

	// ReportWork claims the work is done, and shows it.
	ReportWork struct {
		Answers []Answer `json:"answers"`

		By domain.Actor `json:"-"`
	}

	// ReturnWork sends the report back; the notice stays open.
	ReturnWork struct {
		Reason string     `json:"reason"`
		Due    domain.Day `json:"due,omitempty"`

		By    domain.Actor `json:"-"`
		Today domain.Day   `json:"-"`
	}

	// CloseNotice (销号) accepts the work. The closer is the actor's unit.
	CloseNotice struct {
		Opinion string `json:"opinion"`

		By domain.Actor `json:"-"`
	}
)
