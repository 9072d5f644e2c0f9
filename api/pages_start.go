package api

import (
	"fmt"
	"net/http"
	"slices"

	"wenxiao/api/accounts"
	"wenxiao/api/web"
	"wenxiao/domain"
	"wenxiao/projections"
)

// startPage is the workbench of who is signed in.
func (s *Server) startPage(w http.ResponseWriter, r *http.Request) error {
	_, account, _ := s.actor(r)
	unit := domain.UnitCode("")
	page := web.Start{Frame: s.frame(r, "工作台", "/"), Acts: actsOf(account), Reads: reads(account.Role)}
	if account.Role == accounts.Filer || account.Role == accounts.Department {
		unit, page.Unit = account.Unit, account.UnitName
	}
	var err error
	if page.Overview, err = s.Views.Overview(r.Context(), s.today(), unit); err != nil {
		return err
	}
	page.News = slices.DeleteFunc(page.News, func(e projections.Entry) bool { return e.Type == "unit.registered.v1" })
	if s.Demo {
		if err := s.withoutRealBodies(r, &page.Overview); err != nil {
			return err
		}
	}
	return s.draw(w, page)
}

// withoutRealBodies leaves out, in the demonstration, work on what published
// tables attest: nothing may be done there, see [Server.notAttested].
func (s *Server) withoutRealBodies(r *http.Request, o *projections.Overview) error {
	theirs, err := s.Views.Attested(r.Context())
	if err != nil {
		return err
	}
	about := func(t projections.Task) bool { return theirs[t.Programme] }
	for i := range o.Groups {
		g := &o.Groups[i]
		before := len(g.Tasks)
		g.Tasks = slices.DeleteFunc(g.Tasks, about)
		g.Total -= before - len(g.Tasks)
		o.Total -= before - len(g.Tasks)
	}
	o.Groups = slices.DeleteFunc(o.Groups, func(g projections.TaskGroup) bool { return g.Total == 0 })
	o.Waiting = slices.DeleteFunc(o.Waiting, about)
	return nil
}

// taskCommands is the command that settles a task of each kind.
var taskCommands = map[string]string{
	projections.TaskGoalReview: "goal.review", projections.TaskGoalReturned: "goal.file", projections.TaskGoalApprove: "goal.approve",
	projections.TaskSnapshot: "monitoring.take-snapshot", projections.TaskWarningExplain: "monitoring.explain-warning",
	projections.TaskWarningDecide: "monitoring.clear-warning", projections.TaskEvaluationFile: "evaluation.file",
	projections.TaskEvaluationCheck: "evaluation.check", projections.TaskEvaluationFinalise: "evaluation.finalise",
	projections.TaskRectificationReport: "rectification.report", projections.TaskRectificationReview: "rectification.close",
}

// reads reports whether the role settles no task of any kind: it looks on.
func reads(role accounts.Role) bool {
	for _, p := range Permissions {
		for _, command := range taskCommands {
			if _, ok := p.Reach[role]; ok && p.Command == command {
				return false
			}
		}
	}
	return true
}

// actsOf offers the verb of a task to who may do it, and a look to the others.
// The tasks are those of the account's own overview: its unit's, its
// department's, or everybody's.
func actsOf(account accounts.Account) func(projections.Task) web.Crumb {
	return func(task projections.Task) web.Crumb {
		about := Concern{Unit: task.Unit, Department: account.Unit}
		if Allowed(account, taskCommands[task.Kind], about) == nil {
			return taskAct(task)
		}
		look := web.Crumb{Text: "查看", Address: fmt.Sprintf("/programmes/%s/%d", task.Programme, task.Year)}
		if task.Kind == projections.TaskRectificationReport || task.Kind == projections.TaskRectificationReview {
			look.Address = "/rectifications/" + task.ID
		}
		return look
	}
}

// taskAct is the verb of a task and where it is done.
func taskAct(task projections.Task) web.Crumb {
	of := fmt.Sprintf("/%s/%d/", task.Programme, task.Year)
	switch task.Kind {
	case projections.TaskGoalReview:
		return web.Crumb{Text: "审核", Address: "/goals" + of + "review"}
	case projections.TaskGoalReturned:
		return web.Crumb{Text: "重报", Address: "/goals" + of + "file"}
	case projections.TaskGoalApprove:
		return web.Crumb{Text: "批复", Address: "/goals" + of + "approve"}
	case projections.TaskSnapshot:
		return web.Crumb{Text: "报送", Address: "/monitoring" + of + "file"}
	case projections.TaskWarningExplain:
		return web.Crumb{Text: "说明", Address: "/monitoring" + of + "explain?warning=" + task.ID}
	case projections.TaskWarningDecide:
		return web.Crumb{Text: "处置", Address: "/monitoring?year=" + fmt.Sprint(task.Year)}
	case projections.TaskEvaluationFile:
		return web.Crumb{Text: "报送", Address: "/evaluations" + of + "file"}
	case projections.TaskEvaluationCheck:
		return web.Crumb{Text: "复核", Address: "/evaluations" + of + "check"}
	case projections.TaskEvaluationFinalise:
		return web.Crumb{Text: "定级", Address: "/evaluations" + of + "finalise"}
	case projections.TaskRectificationReport, projections.TaskRectificationReview:
		return web.Crumb{Text: "去办", Address: "/rectifications/" + task.ID}
	}
	return web.Crumb{Text: "去办", Address: "/programmes" + of[:len(of)-1]}
}
