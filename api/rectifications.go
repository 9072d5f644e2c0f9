package api

import (
	"context"
	"fmt"
	"time"

	"wenxiao/domain"
	"wenxiao/domain/rectification"
	"wenxiao/eventstore"
)

func (s *Server) issueNotice(ctx context.Context, who Who, id string, seen eventstore.Revision, cmd rectification.IssueNotice) (eventstore.Appended, error) {
	if err := domain.ProgrammeCode(id).Check(); err != nil {
		return eventstore.Appended{}, domain.Refusal{Code: "rectification.malformed-id", Reason: "通知编号“" + id + "”应为 1—48 位小写字母、数字或连字符"}
	}
	o, p, err := s.orderOn(ctx, who, "rectification.issue", rectification.Stream(id), seen, cmd.Programme, cmd)
	if err != nil {
		return eventstore.Appended{}, err
	}
	if cmd.Unit == "" {
		cmd.Unit = p.state.Unit
	}
	if cmd.UnitName == "" && cmd.Unit == p.state.Unit {
		cmd.UnitName = p.state.UnitName
	}
	if cmd.UnitName == "" && cmd.Unit == p.state.Department {
		cmd.UnitName = p.state.DepartmentName
	}
	if cmd.Unit != p.state.Unit && cmd.Unit != p.state.Department {
		return eventstore.Appended{}, domain.Refusal{
			Code: "rectification.unit-apart", Field: "/unit",
			Reason: fmt.Sprintf("%s 既不是项目的实施单位 %s，也不是其主管部门 %s", cmd.Unit, p.state.Unit, p.state.Department),
		}
	}
	if cmd.Issuer, err = agree("/issuer", who.Unit, cmd.Issuer); err != nil {
		return eventstore.Appended{}, err
	}
	cmd.Today = s.today()
	e, err := s.evaluation(ctx, cmd.Programme, cmd.Year)
	if err != nil {
		return eventstore.Appended{}, err
	}
	o.basis = known(e.ids["evaluation.checked.v1"], e.ids["evaluation.fed-back.v1"])
	return carryOut(ctx, s, o, rectification.Stored, cmd)
}

func (s *Server) filePlan(ctx context.Context, who Who, id string, seen eventstore.Revision, cmd rectification.FilePlan) (eventstore.Appended, error) {
	cmd.By = who.Actor()
	return s.onNotice(ctx, who, "rectification.plan", id, seen, cmd)
}

func (s *Server) reportProgress(ctx context.Context, who Who, id string, seen eventstore.Revision, cmd rectification.ReportProgress) (eventstore.Appended, error) {
	cmd.By = who.Actor()
	return s.onNotice(ctx, who, "rectification.progress", id, seen, cmd)
}

func (s *Server) reportWork(ctx context.Context, who Who, id string, seen eventstore.Revision, cmd rectification.ReportWork) (eventstore.Appended, error) {
	cmd.By = who.Actor()
	return s.onNotice(ctx, who, "rectification.report", id, seen, cmd)
}

func (s *Server) returnWork(ctx context.Context, who Who, id string, seen eventstore.Revision, cmd rectification.ReturnWork) (eventstore.Appended, error) {
	cmd.By, cmd.Today = who.Actor(), s.today()
	return s.onNotice(ctx, who, "rectification.return", id, seen, cmd)
}

func (s *Server) closeNotice(ctx context.Context, who Who, id string, seen eventstore.Revision, cmd rectification.CloseNotice) (eventstore.Appended, error) {
	cmd.By = who.Actor()
	return s.onNotice(ctx, who, "rectification.close", id, seen, cmd)
}

// onNotice carries out a command on a notice. Whose affair it is the notice says:
// the unit it was issued to, and who issued it.
func (s *Server) onNotice(ctx context.Context, who Who, name, id string, seen eventstore.Revision, cmd rectification.Command) (eventstore.Appended, error) {
	n, err := recall[rectification.State](ctx, s, rectification.Stored, rectification.Stream(id), time.Time{})
	if err != nil {
		return eventstore.Appended{}, err
	}
	if n.state.Status == rectification.NotIssued {
		return eventstore.Appended{}, domain.Refusal{Code: "rectification.not-issued", Reason: "没有编号为 " + id + " 的整改通知"}
	}
	o, p, err := s.about(ctx, who, name, rectification.Stream(id), seen, n.state.Programme, cmd)
	if err != nil {
		return eventstore.Appended{}, err
	}
	o.about = Concern{Unit: n.state.Unit, Department: p.state.Department} // a notice may go to another unit than the programme's
	return carryOut(ctx, s, o, rectification.Stored, cmd)
}
