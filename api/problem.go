package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"wenxiao/api/accounts"
	"wenxiao/domain"
	"wenxiao/eventstore"
	"wenxiao/eventstore/attachments"
	"wenxiao/projections"
)

// A Problem is an answer that is not the one asked for (RFC 9457).
type Problem struct {
	Type     string      `json:"type"`               // urn:wenxiao: and the code
	Title    string      `json:"title"`              // what went wrong, in a few words
	Status   int         `json:"status"`             // the HTTP status
	Detail   string      `json:"detail"`             // the reason, in Chinese, with the figures
	Instance string      `json:"instance"`           // number of the request, under which the log has it
	Code     string      `json:"code"`               // for programs, such as goal.weights-not-100
	Reason   string      `json:"reason"`             // as detail
	Basis    string      `json:"basis,omitempty"`    // the article it rests on
	Errors   []Fault     `json:"errors,omitempty"`   // everything that was wrong, each at its place
	Expected uint64      `json:"expected,omitempty"` // revision the request was made on
	Actual   uint64      `json:"actual,omitempty"`   // revision the stream is at
	Changed  []Meanwhile `json:"changed,omitempty"`  // what others did in between
	Wait     int         `json:"wait,omitempty"`     // seconds until trying again makes sense
}

// A Fault is one thing wrong with a request.
type Fault struct {
	Pointer string `json:"pointer,omitempty"` // JSON pointer into the body, such as /indicators/3/weight
	Where   string `json:"where,omitempty"`   // path, query or header and its name, where it is not the body
	Code    string `json:"code,omitempty"`
	Reason  string `json:"reason"`
	Basis   string `json:"basis,omitempty"`
}

// A Meanwhile is what somebody else did to a record meanwhile.
type Meanwhile struct {
	Revision uint64    `json:"revision"`
	Sentence string    `json:"sentence"`
	Who      string    `json:"who"`
	When     time.Time `json:"when"`
	Event    string    `json:"event"`
	Type     string    `json:"type"`
}

func (p *Problem) Error() string { return p.Code + ": " + p.Reason }

// GetStatus and ContentType are what huma asks of an error.
func (p *Problem) GetStatus() int            { return p.Status }
func (p *Problem) ContentType(string) string { return "application/problem+json" }

// GetHeaders gives the ones that go with the status.
func (p *Problem) GetHeaders() http.Header {
	h := http.Header{"Cache-Control": {"no-store"}}
	if p.Wait > 0 {
		h.Set("Retry-After", strconv.Itoa(p.Wait))
	}
	if p.Status == http.StatusUnauthorized {
		h.Set("WWW-Authenticate", `Basic realm="wenxiao", charset="UTF-8"`)
	}
	return h
}

// A Denied refuses what the account may not do; Rule says which rule it is.
type Denied struct {
	Code, Rule, Basis string
}

func (d Denied) Error() string { return d.Code + ": " + d.Rule }

var (
	errSignedOut  = errors.New("nobody is signed in")
	errNoSuchPage = errors.New("no such address")
	errMethod     = errors.New("no such method at this address")
)

// statusGone is what the log has of a request whose caller did not wait.
const statusGone = 499

// patience is how long an answer waits for the tables to reach a position.
const patience = 10 * time.Second

// problem is the error funnel: what pages and programs are told of err. A fault
// of ours is logged, and its text goes nowhere else.
func (s *Server) problem(ctx context.Context, err error) *Problem {
	p := s.classify(ctx, err)
	p.Type, p.Instance, p.Detail = "urn:wenxiao:"+p.Code, requestID(ctx), p.Reason
	s.Metrics.refused(p)
	if p.Status >= http.StatusInternalServerError {
		s.Log.ErrorContext(ctx, "request failed", "request", p.Instance, "err", err)
	}
	return p
}

func (s *Server) classify(ctx context.Context, err error) *Problem {
	var (
		known    *Problem
		many     domain.Refusals
		one      domain.Refusal
		conflict *eventstore.Conflict
		denied   Denied
		wait     accounts.TooMany
		large    *http.MaxBytesError
		away     *eventstore.Unreachable
	)
	switch {
	case errors.As(err, &known):
		return known
	case errors.Is(err, accounts.Wrong):
		return &Problem{Status: 401, Title: "没有登录", Code: accounts.Wrong.Code, Reason: accounts.Wrong.Reason}
	case errors.As(err, &many):
		return refused(many)
	case errors.As(err, &one):
		return refused([]domain.Refusal{one})
	case errors.As(err, &conflict):
		return s.stale(ctx, conflict)
	case errors.As(err, &denied):
		return &Problem{Status: 403, Title: "无权办理", Code: denied.Code, Reason: denied.Rule, Basis: denied.Basis}
	case errors.As(err, &wait):
		return tooMany(wait)
	case errors.As(err, &large):
		return &Problem{Status: 413, Title: "内容过大", Code: "request.too-large", Reason: fmt.Sprintf("内容超过 %s，没有接收", mebibytes(large.Limit))}
	case errors.Is(err, errSignedOut):
		return &Problem{Status: 401, Title: "没有登录", Code: "sign-in.needed", Reason: "没有登录，或者登录已过期"}
	case errors.Is(err, errNoSuchPage):
		return &Problem{Status: 404, Title: "没有这一项", Code: "request.no-such-address", Reason: "没有这个地址"}
	case errors.Is(err, errMethod):
		return &Problem{Status: 405, Title: "不能这样访问", Code: "request.no-such-method", Reason: "这个地址不接受这种请求方法"}
	case errors.Is(err, projections.ErrNotFound), errors.Is(err, accounts.ErrUnknown):
		return &Problem{Status: 404, Title: "没有这一项", Code: "record.not-found", Reason: "账本中没有这一项"}
	case errors.Is(err, eventstore.ErrCommandReused):
		return reused()
	case errors.Is(err, attachments.ErrFull):
		return &Problem{Status: 507, Title: "没有存放空间", Code: "attachment.no-room", Reason: "存放附件的磁盘已满，没有交存；请系统管理员腾出空间后再交"}
	case errors.Is(err, eventstore.ErrTooLarge):
		return &Problem{Status: 413, Title: "内容过大", Code: "record.too-large", Reason: "内容超过一条记录所能容纳的大小，没有入账"}
	case errors.Is(err, context.Canceled): // the caller went away: nobody reads this
		return &Problem{Status: statusGone, Title: "请求已取消", Code: "request.cancelled", Reason: "请求已取消"}
	case errors.As(err, &away):
		return &Problem{Status: 503, Title: "暂不能办理", Code: "ledger.leader-unreachable", Reason: outOfReach(away), Wait: 30}
	case errors.Is(err, eventstore.ErrNoLeader):
		return &Problem{Status: 503, Title: "暂不能办理", Code: "ledger.no-leader", Reason: "眼下没有进程主持记账，没有入账；接任通常只要几秒，稍后再办", Wait: 3}
	case errors.Is(err, eventstore.ErrFenced), errors.Is(err, eventstore.ErrClosed):
		return &Problem{Status: 503, Title: "暂不能办理", Code: "ledger.not-writing", Reason: "账本正在由另一进程接管，没有入账，稍后再试", Wait: 5}
	case errors.Is(err, eventstore.ErrOutcomeUnknown):
		return &Problem{Status: 503, Title: "不知道办成没有", Code: "ledger.outcome-unknown", Reason: "入账途中数据库或磁盘出了故障，不知道记上没有；稍后原样再提交一次，已记上的不会记两次。报修时报上编号 " + requestID(ctx), Wait: 5}
	case errors.Is(err, eventstore.ErrUnwritten):
		return &Problem{Status: 503, Title: "没有入账", Code: "ledger.not-written", Reason: "账本没有写成，多半是磁盘已满或数据库出了故障，没有入账；请系统管理员查看。报修时报上编号 " + requestID(ctx), Wait: 60}
	case projections.Away(err):
		return &Problem{Status: 503, Title: "暂不能办理", Code: "database.away", Reason: "数据库眼下连不上；过几秒原样再试，已记上的不会记两次。报修时报上编号 " + requestID(ctx), Wait: 5}
	}
	return &Problem{Status: 500, Title: "系统故障", Code: "server.fault", Reason: "系统故障，没有办成。报修时报上编号 " + requestID(ctx)}
}

// outOfReach says what whoever keeps the system has to set.
func outOfReach(e *eventstore.Unreachable) string {
	return fmt.Sprintf("主持记账的 %s 在 %s 接收转来的记录，这台机器到不了那里：%s；没有入账。请系统管理员为 %[1]s 设 --handover，写各台机器都到得了的地址，经过地址转换的另设 --handover-public", e.Name, e.Address, e.Why)
}

// refused tells every rule that said no; the first gives the code.
func refused(all []domain.Refusal) *Problem {
	first := all[0]
	p := &Problem{Status: 422, Title: "没有办成", Code: first.Code, Reason: first.Reason, Basis: first.Basis}
	for _, r := range all {
		p.Errors = append(p.Errors, Fault{Pointer: r.Field, Code: r.Code, Reason: r.Reason, Basis: r.Basis})
	}
	return p
}

func reused() *Problem {
	return &Problem{
		Status: 422, Title: "没有办成", Code: "command.reused", Reason: "这个 Idempotency-Key 已用于另一项请求；换一个再试",
		Errors: []Fault{{Where: "header Idempotency-Key", Code: "command.reused", Reason: "已用于另一项请求"}},
	}
}

func tooMany(e accounts.TooMany) *Problem {
	seconds := int(math.Ceil(e.Wait.Seconds()))
	return &Problem{
		Status: 429, Title: "登录次数过多", Code: "sign-in.too-many-attempts", Wait: seconds,
		Reason: fmt.Sprintf("连续多次没有登录成功，%s后再试", inWords(seconds)),
	}
}

func inWords(seconds int) string {
	if seconds < 60 {
		return fmt.Sprintf(" %d 秒", seconds)
	}
	return fmt.Sprintf(" %d 分钟", (seconds+59)/60)
}

func mebibytes(n int64) string { return fmt.Sprintf("%d MiB", n>>20) }

// stale tells who changed what since the reader looked.
func (s *Server) stale(ctx context.Context, c *eventstore.Conflict) *Problem {
	p := &Problem{
		Status: 412, Title: "版本已变化", Code: "record.stale", Expected: uint64(c.Seen), Actual: uint64(c.At),
		Reason: fmt.Sprintf("打开之后又有 %d 条新记录，没有办理；看过之后再办", int64(c.At)-int64(c.Seen)),
	}
	if c.Seen > c.At {
		p.Reason = fmt.Sprintf("这一项只到第 %d 版，没有第 %d 版", c.At, c.Seen)
		return p
	}
	if c.Seen == 0 {
		p.Reason = "已经存在，不能再次新建"
	}
	changed, err := s.changed(ctx, c)
	if err != nil {
		s.Log.WarnContext(ctx, "what changed meanwhile", "stream", c.Stream, "err", err)
	}
	p.Changed = changed
	return p
}

// changed reads the records after the revision seen; the trail has them in words.
func (s *Server) changed(ctx context.Context, c *eventstore.Conflict) (changed []Meanwhile, err error) {
	var last eventstore.Position
	for r, err := range s.Store.ReadStream(ctx, c.Stream, c.Seen) {
		if err != nil {
			return changed, err
		}
		last = r.Position
		changed = append(changed, Meanwhile{Revision: uint64(r.Revision), Who: who(r.Actor), When: r.RecordedAt, Event: r.ID, Type: r.Type})
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if err := s.Runner.WaitFor(ctx, last); err != nil {
		return changed, err
	}
	trail, err := s.Views.Trail(ctx, projections.TrailFilter{Stream: c.Stream, Ascending: true, Limit: projections.MaxPerPage})
	for _, e := range trail.Entries {
		if i := int(e.Revision) - int(c.Seen) - 1; i >= 0 && i < len(changed) {
			changed[i].Sentence = e.Sentence
		}
	}
	return changed, err
}

// who names an actor in the post held on the day.
func who(a domain.Actor) string { return strings.TrimSpace(a.Post + " " + a.Name) }

// fail answers with the error: problem+json to programs, a page to people.
func (s *Server) fail(w http.ResponseWriter, r *http.Request, err error) {
	p := s.problem(r.Context(), err)
	for name, values := range p.GetHeaders() {
		w.Header()[name] = values
	}
	if forPeople(r) {
		s.problemPage(w, r, p)
		return
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(p.Status)
	if err := json.NewEncoder(w).Encode(p); err != nil {
		s.Log.DebugContext(r.Context(), "answer a problem", "err", err)
	}
}

// forPeople reports whether the answer is for a person to read: not under /api/,
// and asked for as HTML.
func forPeople(r *http.Request) bool {
	return !strings.HasPrefix(r.URL.Path, "/api/") && strings.Contains(r.Header.Get("Accept"), "text/html")
}
