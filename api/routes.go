package api

import (
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gorilla/mux"

	"wenxiao/domain/execution"
	"wenxiao/domain/goal"
	"wenxiao/domain/monitoring"
	"wenxiao/domain/programme"
	"wenxiao/domain/rectification"
	"wenxiao/domain/unit"
)

// routes is the list of every address there is.
func (s *Server) routes() http.Handler {
	r := mux.NewRouter()
	r.NotFoundHandler = s.failing(errNoSuchPage)
	r.MethodNotAllowedHandler = s.failing(errMethod)

	r.Use(s.timed)
	r.HandleFunc("/healthz", s.healthz).Methods("GET", "HEAD")
	r.HandleFunc("/readyz", s.readyz).Methods("GET", "HEAD")
	r.HandleFunc("/metrics", s.metricsPage).Methods("GET", "HEAD")
	r.HandleFunc("/feeds/{source}", s.feedHook).Methods("POST")
	s.docs(r)
	api := s.describe(r)
	s.commands(api)
	s.queries(api)
	s.attachmentRoutes(api)
	s.depositRoute(r, api)
	s.fileRoutes(r, api)
	s.evidenceRoutes(r, api)
	s.attachmentPages(r)
	s.pageRoutes(r)
	return r
}

// commands are what may be asked to be done, each under its name in [Permissions].
func (s *Server) commands(a huma.API) {
	unitCommand(s, a, "units/{code}/register", "unit.register", unit.Stream, s.registerUnit)
	unitCommand(s, a, "units/{code}/rename", "unit.rename", unit.Stream, s.renameUnit)
	unitCommand(s, a, "units/{code}/merge", "unit.merge", unit.Stream, s.mergeUnit)
	unitCommand(s, a, "units/{code}/abolish", "unit.abolish", unit.Stream, s.abolishUnit)
	unitCommand(s, a, "units/{code}/establish-post", "unit.establish-post", unit.Stream, s.establishPost)
	unitCommand(s, a, "units/{code}/appoint", "unit.appoint", unit.Stream, s.appoint)
	unitCommand(s, a, "units/{code}/relieve", "unit.relieve", unit.Stream, s.relieve)
	unitCommand(s, a, "units/{code}/delegate", "unit.delegate", unit.Stream, s.delegate)

	programmeCommand(s, a, "programmes/{code}/register", "programme.register", programme.Stream, s.registerProgramme)
	programmeCommand(s, a, "programmes/{code}/assign-responsible", "programme.assign-responsible", programme.Stream, s.assignResponsible)
	programmeCommand(s, a, "programmes/{code}/hand-over", "programme.hand-over", programme.Stream, s.handOver)
	programmeCommand(s, a, "programmes/{code}/mark-major", "programme.mark-major", programme.Stream, s.markMajor)
	programmeCommand(s, a, "programmes/{code}/correct", "programme.correct", programme.Stream, s.correctProgramme)
	programmeCommand(s, a, "programmes/{code}/exit", "programme.exit", programme.Stream, s.exitProgramme)

	yearCommand(s, a, "goals/{code}/{year}/file", "goal.file", goal.Stream, s.fileGoal)
	yearCommand(s, a, "goals/{code}/{year}/return", "goal.return", goal.Stream, s.returnGoal)
	yearCommand(s, a, "goals/{code}/{year}/review", "goal.review", goal.Stream, s.reviewGoal)
	yearCommand(s, a, "goals/{code}/{year}/approve", "goal.approve", goal.Stream, s.approveGoal)

	yearCommand(s, a, "executions/{code}/{year}/set-budget", "execution.set-budget", execution.Stream, s.setBudget)
	yearCommand(s, a, "executions/{code}/{year}/adjust-budget", "execution.adjust-budget", execution.Stream, s.adjustBudget)
	yearCommand(s, a, "executions/{code}/{year}/allot", "execution.allot", execution.Stream, s.allot)
	yearCommand(s, a, "executions/{code}/{year}/pay", "execution.pay", execution.Stream, s.pay)
	yearCommand(s, a, "executions/{code}/{year}/correct-payment", "execution.correct-payment", execution.Stream, s.correctPayment)
	yearCommand(s, a, "executions/{code}/{year}/suspend", "execution.suspend", execution.Stream, s.suspend)
	yearCommand(s, a, "executions/{code}/{year}/resume", "execution.resume", execution.Stream, s.resume)
	yearCommand(s, a, "executions/{code}/{year}/stop", "execution.stop", execution.Stream, s.stop)
	yearCommand(s, a, "executions/{code}/{year}/recall", "execution.recall", execution.Stream, s.recallUnspent)
	yearCommand(s, a, "executions/{code}/{year}/recover", "execution.recover", execution.Stream, s.recoverPayment)

	yearCommand(s, a, "monitoring/{code}/{year}/take-snapshot", "monitoring.take-snapshot", monitoring.Stream, s.takeSnapshot)
	yearCommand(s, a, "monitoring/{code}/{year}/correct-snapshot", "monitoring.correct-snapshot", monitoring.Stream, s.correctSnapshot)
	yearCommand(s, a, "monitoring/{code}/{year}/explain-warning", "monitoring.explain-warning", monitoring.Stream, s.explainWarning)
	yearCommand(s, a, "monitoring/{code}/{year}/clear-warning", "monitoring.clear-warning", monitoring.Stream, s.clearWarning)
	yearCommand(s, a, "monitoring/{code}/{year}/report-risk", "monitoring.report-risk", monitoring.Stream, s.reportRisk)

	yearCommand(s, a, "evaluations/{code}/{year}/file", "evaluation.file", selfStream, s.fileEvaluation)
	yearCommand(s, a, "evaluations/{code}/{year}/check", "evaluation.check", selfStream, s.checkEvaluation)
	yearCommand(s, a, "evaluations/{code}/{year}/return", "evaluation.return", selfStream, s.returnEvaluation)
	yearCommand(s, a, "evaluations/{code}/{year}/finalise", "evaluation.finalise", selfStream, s.finaliseEvaluation)
	yearCommand(s, a, "evaluations/{code}/{year}/feed-back", "evaluation.feed-back", selfStream, s.feedBack)

	idCommand(s, a, "rectifications/{id}/issue", "rectification.issue", rectification.Stream, s.issueNotice)
	idCommand(s, a, "rectifications/{id}/plan", "rectification.plan", rectification.Stream, s.filePlan)
	idCommand(s, a, "rectifications/{id}/progress", "rectification.progress", rectification.Stream, s.reportProgress)
	idCommand(s, a, "rectifications/{id}/report", "rectification.report", rectification.Stream, s.reportWork)
	idCommand(s, a, "rectifications/{id}/return", "rectification.return", rectification.Stream, s.returnWork)
	idCommand(s, a, "rectifications/{id}/close", "rectification.close", rectification.Stream, s.closeNotice)

	s.participantCommands(a)
}

// queries are what may be asked.
func (s *Server) queries(a huma.API) {
	query(s, a, "programmes", "programme.list", "项目登记册", s.askProgrammes)
	query(s, a, "programmes/{code}", "programme.years", "项目的年度与各流", s.askYears)
	query(s, a, "programmes/{code}/{year}", "programme.year", "项目一个年度的现状", s.askProgramme)
	query(s, a, "programmes/{code}/{year}/chain", "programme.chain", "责任链", s.askChain)
	query(s, a, "programmes/{code}/{year}/replay", "programme.replay", "回放：某一时刻的表与经过", s.askReplay)
	query(s, a, "programmes/{code}/{year}/diff", "programme.diff", "两个时刻之间的变化", s.askDiff)
	query(s, a, "programmes/{code}/{year}/cell", "programme.cell", "一格的来历", s.askCell)
	query(s, a, "goals", "goal.list", "绩效目标登记册", s.askGoals)
	query(s, a, "goals/{code}/{year}", "goal.versions", "绩效目标各版", s.askGoal)
	query(s, a, "executions/{code}/{year}", "execution.account", "资金账", s.askAccount)
	query(s, a, "monitoring", "monitoring.board", "双监控", s.askBoard)
	query(s, a, "monitoring/{code}/{year}", "monitoring.lines", "监控快照与预警", s.askSnapshots)
	query(s, a, "evaluations", "evaluation.scores", "自评与复核得分", s.askScores)
	query(s, a, "evaluations/{code}/{year}", "evaluation.versions", "绩效自评各版", s.askEvaluation)
	query(s, a, "rectifications", "rectification.list", "整改台账", s.askRectifications)
	query(s, a, "rectifications/{id}", "rectification.notice", "一份整改通知", s.askRectification)
	query(s, a, "units", "unit.list", "单位", s.askUnits)
	query(s, a, "units/{code}", "unit.one", "一个单位", s.askUnit)
	query(s, a, "people", "person.list", "人员", s.askPeople)
	query(s, a, "people/{id}/chain", "person.chain", "一个人的责任链", s.askPersonChain)
	query(s, a, "trail", "record.trail", "审计轨迹", s.askTrail)
	s.participantQueries(a)
	s.recordQueries(a)
	s.proofQueries(a)
	s.scoreQueries(a)
	s.deliveryOperations(a)
	s.letterOperations(a)
	query(s, a, "overview", "overview.tasks", "工作台", s.askOverview)
	query(s, a, "me", "overview.me", "本人的账户，和可办的事", s.askMe)
	query(s, a, "marks", "overview.marks", "查询表读到哪里", s.askMarks)
}

func (s *Server) failing(err error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.fail(w, r, err) })
}
