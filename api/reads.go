package api

import (
	"context"

	"wenxiao/api/accounts"
	"wenxiao/domain"
	"wenxiao/domain/evaluation"
	"wenxiao/domain/execution"
	"wenxiao/domain/goal"
	"wenxiao/domain/monitoring"
	"wenxiao/domain/programme"
	"wenxiao/domain/rectification"
	"wenxiao/domain/unit"
	"wenxiao/eventstore"
	"wenxiao/projections"
)

// Paged is one page of a list.
type Paged struct {
	Page    int `query:"page" minimum:"1" doc:"从 1 起"`
	PerPage int `query:"perPage" minimum:"1" maximum:"1000" doc:"不写即 50"`
}

func (p Paged) paging() projections.Paging {
	return projections.Paging{Page: p.Page, PerPage: p.PerPage}
}

// OfYear names a programme's year.
type OfYear struct {
	Code domain.ProgrammeCode `path:"code" doc:"项目编码"`
	Year domain.FiscalYear    `path:"year" doc:"预算年度"`
	Fresh
}

// Each of these names the stream whose revision goes with the answer.
type (
	goalOf       struct{ OfYear }
	accountOf    struct{ OfYear }
	monitoringOf struct{ OfYear }
	evaluationOf struct{ OfYear }
	yearOf       struct{ OfYear }
)

func (in goalOf) stream() string       { return goal.Stream(in.Code, in.Year) }
func (in accountOf) stream() string    { return execution.Stream(in.Code, in.Year) }
func (in monitoringOf) stream() string { return monitoring.Stream(in.Code, in.Year) }
func (in yearOf) stream() string       { return programme.Stream(in.Code) }
func (in evaluationOf) stream() string {
	return evaluation.Stream(evaluation.SelfID(in.Code, in.Year))
}

type programmesOf struct {
	Fresh
	Paged
	Text       string            `query:"text" doc:"项目、单位、编码或拼音首字母"`
	Unit       domain.UnitCode   `query:"unit"`
	Department domain.UnitCode   `query:"department"`
	FundBook   string            `query:"fundBook"`
	Kind       string            `query:"kind"`
	Stage      string            `query:"stage" enum:"ex-ante,goal,execution,evaluation,result"`
	Status     string            `query:"status" enum:"alert,warning,waiting,normal,done"`
	Year       domain.FiscalYear `query:"year"`
	Major      bool              `query:"major"`
	Attested   string            `query:"attested" enum:"true,false" doc:"true：取自公开表；false：在本账本办理"`
	Sort       string            `query:"sort" doc:"code name unit year stage budget paid rate score status updated，前加 - 倒序"`
}

func (s *Server) askProgrammes(ctx context.Context, in *programmesOf) (projections.ProgrammeList, error) {
	f := projections.ProgrammeFilter{
		Text: in.Text, Unit: in.Unit, Department: in.Department, FundBook: in.FundBook, Kind: in.Kind,
		Stage: in.Stage, Status: in.Status, Year: in.Year, Major: in.Major, Sort: in.Sort, Paging: in.paging(),
	}
	if in.Attested != "" {
		attested := in.Attested == "true"
		f.Attested = &attested
	}
	return s.Views.Programmes(ctx, f)
}

func (s *Server) askProgramme(ctx context.Context, in *yearOf) (projections.Programme, error) {
	return s.Views.Programme(ctx, in.Code, in.Year)
}

type programmeOf struct {
	Code domain.ProgrammeCode `path:"code" doc:"项目编码"`
	Fresh
}

func (in programmeOf) stream() string { return programme.Stream(in.Code) }

// Years lists the years of a programme.
type Years struct {
	Years   []domain.FiscalYear `json:"years"`
	Streams []string            `json:"streams"`
}

func (s *Server) askYears(ctx context.Context, in *programmeOf) (Years, error) {
	years, err := s.Views.ProgrammeYears(ctx, in.Code)
	if err != nil {
		return Years{}, err
	}
	streams, err := s.Views.ProgrammeStreams(ctx, in.Code)
	if err == nil && len(streams) == 0 {
		err = projections.ErrNotFound
	}
	return Years{years, streams}, err
}

type goalsOf struct {
	Fresh
	Paged
	Text        string               `query:"text"`
	Programme   domain.ProgrammeCode `query:"programme"`
	Unit        domain.UnitCode      `query:"unit"`
	Department  domain.UnitCode      `query:"department"`
	Status      string               `query:"status" enum:"filed,returned,reviewed,approved"`
	Year        domain.FiscalYear    `query:"year"`
	AllVersions bool                 `query:"allVersions" doc:"各版都列；否则只列最新一版"`
}

func (s *Server) askGoals(ctx context.Context, in *goalsOf) (projections.List[projections.Goal], error) {
	return s.Views.Goals(ctx, projections.GoalFilter{
		Text: in.Text, Programme: in.Programme, Unit: in.Unit, Department: in.Department,
		Status: in.Status, Year: in.Year, AllVersions: in.AllVersions, Paging: in.paging(),
	})
}

// askGoal lists every version of one programme's goals of a year.
func (s *Server) askGoal(ctx context.Context, in *goalOf) (projections.List[projections.Goal], error) {
	list, err := s.Views.Goals(ctx, projections.GoalFilter{Programme: in.Code, Year: in.Year, AllVersions: true, Paging: projections.Paging{PerPage: projections.MaxPerPage}})
	return list, orNotFound(err, list.Total)
}

// orNotFound turns an empty answer about one thing into "no such record".
func orNotFound(err error, total int) error {
	if err == nil && total == 0 {
		return projections.ErrNotFound
	}
	return err
}

func (s *Server) askAccount(ctx context.Context, in *accountOf) (projections.Ledger, error) {
	return s.Views.Account(ctx, in.Code, in.Year)
}

type boardOf struct {
	Fresh
	Paged
	Text          string            `query:"text"`
	Unit          domain.UnitCode   `query:"unit"`
	Department    domain.UnitCode   `query:"department"`
	Year          domain.FiscalYear `query:"year"`
	Status        string            `query:"status" enum:"normal,warning,alert,missing"`
	Contradiction bool              `query:"contradiction" doc:"只列两条线相互矛盾的"`
	Sort          string            `query:"sort"`
}

func (s *Server) askBoard(ctx context.Context, in *boardOf) (projections.MonitoringBoard, error) {
	return s.Views.MonitoringBoard(ctx, projections.MonitoringFilter{
		Text: in.Text, Unit: in.Unit, Department: in.Department, Year: in.Year,
		Status: in.Status, Contradiction: in.Contradiction, Sort: in.Sort, Paging: in.paging(),
	})
}

func (s *Server) askSnapshots(ctx context.Context, in *monitoringOf) (projections.Lines, error) {
	return s.Views.Snapshots(ctx, in.Code, in.Year)
}

type scoresOf struct {
	Fresh
	Paged
	Text        string               `query:"text"`
	Programme   domain.ProgrammeCode `query:"programme"`
	Unit        domain.UnitCode      `query:"unit"`
	Department  domain.UnitCode      `query:"department"`
	Year        domain.FiscalYear    `query:"year"`
	Status      string               `query:"status" enum:"filed,checked,returned,finalised,fed-back"`
	Grade       string               `query:"grade"`
	Finding     string               `query:"finding" doc:"只列有这种发现的，如 total-differs"`
	WithFinding bool                 `query:"withFinding"`
	AllVersions bool                 `query:"allVersions"`
}

func (s *Server) askScores(ctx context.Context, in *scoresOf) (projections.List[projections.Score], error) {
	return s.Views.Scores(ctx, projections.ScoreFilter{
		Text: in.Text, Programme: in.Programme, Unit: in.Unit, Department: in.Department, Year: in.Year,
		Status: in.Status, Grade: in.Grade, Finding: in.Finding, WithFinding: in.WithFinding, AllVersions: in.AllVersions, Paging: in.paging(),
	})
}

// askEvaluation lists every version of one programme's self-evaluation of a year.
func (s *Server) askEvaluation(ctx context.Context, in *evaluationOf) (projections.List[projections.Score], error) {
	list, err := s.Views.Scores(ctx, projections.ScoreFilter{Programme: in.Code, Year: in.Year, AllVersions: true, Paging: projections.Paging{PerPage: projections.MaxPerPage}})
	return list, orNotFound(err, list.Total)
}

type rectificationsOf struct {
	Fresh
	Paged
	Text       string               `query:"text"`
	Unit       domain.UnitCode      `query:"unit"`
	Department domain.UnitCode      `query:"department"`
	Status     string               `query:"status" enum:"with-unit,under-review,closed"`
	Programme  domain.ProgrammeCode `query:"programme"`
	Year       domain.FiscalYear    `query:"year"`
	OverdueOn  domain.Day           `query:"overdueOn" doc:"只列那一天已逾期的"`
	Sort       string               `query:"sort"`
}

func (s *Server) askRectifications(ctx context.Context, in *rectificationsOf) (projections.RectificationList, error) {
	return s.Views.Rectifications(ctx, projections.RectificationFilter{
		Text: in.Text, Unit: in.Unit, Department: in.Department, Status: in.Status,
		Programme: in.Programme, Year: in.Year, OverdueOn: in.OverdueOn, Sort: in.Sort, Paging: in.paging(),
	})
}

type rectificationOf struct {
	ID string `path:"id" doc:"通知编号"`
	Fresh
}

func (in rectificationOf) stream() string { return rectification.Stream(in.ID) }

func (s *Server) askRectification(ctx context.Context, in *rectificationOf) (projections.Rectification, error) {
	return s.Views.Rectification(ctx, in.ID)
}

func (s *Server) askUnits(ctx context.Context, _ *struct{ Fresh }) ([]projections.Unit, error) {
	return s.Views.Units(ctx)
}

type unitOf struct {
	Code domain.UnitCode `path:"code" doc:"单位编码"`
	Fresh
}

func (in unitOf) stream() string { return unit.Stream(in.Code) }

func (s *Server) askUnit(ctx context.Context, in *unitOf) (projections.Unit, error) {
	units, err := s.Views.Units(ctx)
	for _, u := range units {
		if u.Code == in.Code {
			return u, err
		}
	}
	return projections.Unit{}, orNotFound(err, 0)
}

type peopleOf struct {
	Fresh
	Text string `query:"text" doc:"姓名、岗位或编号"`
}

func (s *Server) askPeople(ctx context.Context, in *peopleOf) ([]projections.Person, error) {
	return s.Views.People(ctx, in.Text)
}

type overviewOf struct {
	Fresh
	Unit domain.UnitCode `query:"unit" doc:"不写即全部单位"`
}

func (s *Server) askOverview(ctx context.Context, in *overviewOf) (projections.Overview, error) {
	return s.Views.Overview(ctx, s.today(), in.Unit)
}

type chainOf struct {
	OfYear
	AsOf domain.Day `query:"asOf" doc:"当日的任职与期限；不写即今天"`
	At   string     `query:"at" doc:"账本当时所知：位置、日期或时刻"`
}

func (s *Server) askChain(ctx context.Context, in *chainOf) (projections.Chain, error) {
	at, err := s.moment(ctx, in.At)
	if err != nil {
		return projections.Chain{}, err
	}
	if in.AsOf == "" {
		in.AsOf = s.today()
	}
	if !in.AsOf.Valid() {
		return projections.Chain{}, domain.Refusal{Code: "request.malformed-day", Reason: "asOf 应为日期，如 2026-03-31"}
	}
	return s.Views.Chain(ctx, in.Code, in.Year, in.AsOf, at)
}

type personOf struct {
	ID string `path:"id" doc:"人员编号"`
	At string `query:"at" doc:"账本当时所知：位置、日期或时刻"`
	Fresh
}

func (s *Server) askPersonChain(ctx context.Context, in *personOf) (projections.Chain, error) {
	at, err := s.moment(ctx, in.At)
	if err != nil {
		return projections.Chain{}, err
	}
	return s.Views.PersonChain(ctx, in.ID, at)
}

type trailOf struct {
	Fresh
	Text            string               `query:"text" doc:"各词都须出现在句子或项目名称里"`
	Person          string               `query:"person"`
	Unit            domain.UnitCode      `query:"unit"`
	Programme       domain.ProgrammeCode `query:"programme"`
	Year            domain.FiscalYear    `query:"year"`
	Type            string               `query:"type" doc:"goal.filed.v1，或 goal"`
	Stream          string               `query:"stream"`
	RecordedFrom    domain.Day           `query:"recordedFrom"`
	RecordedTo      domain.Day           `query:"recordedTo"`
	EffectiveFrom   domain.Day           `query:"effectiveFrom"`
	EffectiveTo     domain.Day           `query:"effectiveTo"`
	LateOnly        bool                 `query:"lateOnly" doc:"只列补录"`
	CorrectionsOnly bool                 `query:"correctionsOnly" doc:"只列更正"`
	At              string               `query:"at"`
	Cursor          eventstore.Position  `query:"cursor" doc:"上一页的 next"`
	Limit           int                  `query:"limit" minimum:"1" maximum:"1000"`
	Ascending       bool                 `query:"ascending" doc:"从早到晚；否则从晚到早"`
}

func (s *Server) askTrail(ctx context.Context, in *trailOf) (projections.Trail, error) {
	at, err := s.moment(ctx, in.At)
	if err != nil {
		return projections.Trail{}, err
	}
	return s.Views.Trail(ctx, projections.TrailFilter{
		Text: in.Text, Person: in.Person, Unit: in.Unit, Programme: in.Programme, Year: in.Year, Type: in.Type, Stream: in.Stream,
		Recorded: projections.DayRange{From: in.RecordedFrom, To: in.RecordedTo}, Effective: projections.DayRange{From: in.EffectiveFrom, To: in.EffectiveTo},
		LateOnly: in.LateOnly, CorrectionsOnly: in.CorrectionsOnly, At: at, Before: in.Cursor, Limit: in.Limit, Ascending: in.Ascending,
	})
}

func (s *Server) askMarks(ctx context.Context, _ *struct{}) ([]projections.Mark, error) {
	return s.Runner.Marks(ctx)
}

// Me is the caller's own account and what it may do, in whose affairs.
type Me struct {
	accounts.Account
	May []Task `json:"may"`
}

// Task is one command the caller may give.
type Task struct {
	Command string `json:"command"`
	Title   string `json:"title"`
	Reach   string `json:"reach"` // 本单位, 本部门及所属单位, 全部单位
	Basis   string `json:"basis,omitempty"`
}

func (s *Server) askMe(ctx context.Context, _ *struct{}) (Me, error) {
	who, ok := whoIn(ctx)
	if !ok {
		return Me{}, errSignedOut
	}
	me := Me{Account: who.Account, May: []Task{}}
	for _, p := range Permissions {
		if reach, ok := p.Reach[who.Role]; ok {
			me.May = append(me.May, Task{p.Command, p.Title, reach.String(), p.Basis})
		}
	}
	return me, nil
}
