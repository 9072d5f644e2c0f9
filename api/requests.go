package api

import (
	"context"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"wenxiao/domain"
	"wenxiao/eventstore"
)

// Conditions are the headers of every change.
type Conditions struct {
	IfMatch     string `header:"If-Match" doc:"上次读到的 ETag，如 \"3\"；改变已有事项时必填"`
	IfNoneMatch string `header:"If-None-Match" doc:"新建时写 *"`
	Key         string `header:"Idempotency-Key" doc:"至多 255 个字符。相同的请求只办一次；不写则由系统给出，不能重试"`
	Attachments string `header:"Attachments" doc:"所附文件的 SHA-256，逗号分隔，至多 20 个，须已交存；写进信封的依据"`
	EffectiveAt string `header:"Effective-At" doc:"事情发生的时刻或日期；不写即现在。早于今天的记为补录，不得晚于现在"`
}

// revision is the one the caller decided on. A change without it would be a
// change of something unseen.
func (c Conditions) revision() (eventstore.Revision, error) {
	switch {
	case c.IfMatch != "" && c.IfNoneMatch != "":
		return 0, domain.Refusal{Code: "request.two-conditions", Reason: "If-Match 与 If-None-Match 只能写一个"}
	case c.IfNoneMatch == "*":
		return 0, nil
	case c.IfNoneMatch != "":
		return 0, domain.Refusal{Code: "request.malformed-condition", Reason: "If-None-Match 只能是 *"}
	case c.IfMatch == "":
		return 0, &Problem{
			Status: http.StatusPreconditionRequired, Title: "没有写明版本", Code: "request.no-condition",
			Reason: "须写 If-Match（上次读到的 ETag），新建须写 If-None-Match: *",
		}
	}
	text, ok := strings.CutPrefix(c.IfMatch, `"`)
	text, closed := strings.CutSuffix(text, `"`)
	revision, err := strconv.ParseUint(text, 10, 63)
	if !ok || !closed || err != nil || revision == 0 {
		return 0, domain.Refusal{Code: "request.malformed-condition", Reason: fmt.Sprintf("If-Match 应为上次读到的 ETag，如 \"3\"，不是 %s", c.IfMatch)}
	}
	return eventstore.Revision(revision), nil
}

// who is the caller, with what the headers say of this one change.
func (c Conditions) who(ctx context.Context) (Who, error) {
	who, ok := whoIn(ctx)
	if !ok {
		return Who{}, errSignedOut
	}
	if c.Key != "" {
		if !plain(c.Key, 255) {
			return Who{}, domain.Refusal{Code: "request.malformed-key", Reason: "Idempotency-Key 应为 1—255 个可见的 ASCII 字符"}
		}
		who.Command = c.Key
	}
	who.Attachments = digests(c.Attachments)
	var err error
	who.EffectiveAt, err = effective(c.EffectiveAt)
	return who, err
}

// Each kind of address has its form of request: huma reads the tags.
type (
	yearRequest[C any] struct {
		Code domain.ProgrammeCode `path:"code" doc:"项目编码"`
		Year domain.FiscalYear    `path:"year" doc:"预算年度"`
		Conditions
		Body C
	}
	programmeRequest[C any] struct {
		Code domain.ProgrammeCode `path:"code" doc:"项目编码"`
		Conditions
		Body C
	}
	unitRequest[C any] struct {
		Code domain.UnitCode `path:"code" doc:"单位编码"`
		Conditions
		Body C
	}
	idRequest[C any] struct {
		ID string `path:"id" doc:"编号"`
		Conditions
		Body C
	}
)

// entered is the answer to every change.
type entered struct {
	Position eventstore.Position `header:"Ledger-Position" doc:"读时带上它，就读得到这次办理"`
	ETag     string              `header:"ETag" doc:"这一项现在的版本"`
	Body     Entered
}

// Entered says where in the ledger a change went.
type Entered struct {
	Stream   string              `json:"stream"`
	Revision eventstore.Revision `json:"revision"`
	Position eventstore.Position `json:"position"`
	EventIDs []string            `json:"eventIds"`
	Repeated bool                `json:"repeated" doc:"先前已办过，这次没有再办"`
	Command  string              `json:"command" doc:"办理编号：Idempotency-Key，或系统给出的"`
}

func answer(stream string, who Who, appended eventstore.Appended) *entered {
	ids := appended.IDs
	if ids == nil {
		ids = []string{}
	}
	return &entered{
		Position: appended.Position, ETag: etag(appended.Revision),
		Body: Entered{stream, appended.Revision, appended.Position, ids, appended.Repeated, who.Command},
	}
}

func etag(r eventstore.Revision) string { return fmt.Sprintf(`"%d"`, r) }

// change is what yearCommand and its like have in common: conditions, the
// command itself, the answer.
func (s *Server) change(ctx context.Context, c Conditions, stream string, do func(Who, eventstore.Revision) (eventstore.Appended, error)) (*entered, error) {
	seen, err := c.revision()
	if err != nil {
		return nil, s.problem(ctx, err)
	}
	who, err := c.who(ctx)
	if err != nil {
		return nil, s.problem(ctx, err)
	}
	appended, err := do(who, seen)
	if err != nil {
		return nil, s.problem(ctx, err)
	}
	return answer(stream, who, appended), nil
}

// yearCommand offers a command on a programme's year at /api/v1/<noun>/{code}/{year}/<verb>.
func yearCommand[C any](
	s *Server, api huma.API, path, name string, stream func(domain.ProgrammeCode, domain.FiscalYear) string,
	do func(context.Context, Who, domain.ProgrammeCode, domain.FiscalYear, eventstore.Revision, C) (eventstore.Appended, error),
) {
	offer[C](api, path, name, []string{"programme", "year", "unit", "level", "rulebook"}, func(ctx context.Context, in *yearRequest[C]) (*entered, error) {
		return s.change(ctx, in.Conditions, stream(in.Code, in.Year), func(who Who, seen eventstore.Revision) (eventstore.Appended, error) {
			return do(ctx, who, in.Code, in.Year, seen, in.Body)
		})
	})
}

// programmeCommand offers a command on a programme.
func programmeCommand[C any](
	s *Server, api huma.API, path, name string, stream func(domain.ProgrammeCode) string,
	do func(context.Context, Who, domain.ProgrammeCode, eventstore.Revision, C) (eventstore.Appended, error),
) {
	offer[C](api, path, name, []string{"code"}, func(ctx context.Context, in *programmeRequest[C]) (*entered, error) {
		return s.change(ctx, in.Conditions, stream(in.Code), func(who Who, seen eventstore.Revision) (eventstore.Appended, error) {
			return do(ctx, who, in.Code, seen, in.Body)
		})
	})
}

// unitCommand offers a command on a unit.
func unitCommand[C any](
	s *Server, api huma.API, path, name string, stream func(domain.UnitCode) string,
	do func(context.Context, Who, domain.UnitCode, eventstore.Revision, C) (eventstore.Appended, error),
) {
	offer[C](api, path, name, []string{"code"}, func(ctx context.Context, in *unitRequest[C]) (*entered, error) {
		return s.change(ctx, in.Conditions, stream(in.Code), func(who Who, seen eventstore.Revision) (eventstore.Appended, error) {
			return do(ctx, who, in.Code, seen, in.Body)
		})
	})
}

// idCommand offers a command on what has a number of its own.
func idCommand[C any](
	s *Server, api huma.API, path, name string, stream func(string) string,
	do func(context.Context, Who, string, eventstore.Revision, C) (eventstore.Appended, error),
) {
	offer[C](api, path, name, []string{"unit", "unitName", "issuer"}, func(ctx context.Context, in *idRequest[C]) (*entered, error) {
		return s.change(ctx, in.Conditions, stream(in.ID), func(who Who, seen eventstore.Revision) (eventstore.Appended, error) {
			return do(ctx, who, in.ID, seen, in.Body)
		})
	})
}

// offer describes a command as the table of permissions has it. The body may
// leave out said, which follows from address and account; what a source attests
// or the ledger computes no request may claim.
func offer[C, I any](api huma.API, path, name string, said []string, handle func(context.Context, *I) (*entered, error)) {
	i := slices.IndexFunc(Permissions, func(p Permission) bool { return p.Command == name })
	if i < 0 {
		panic("no permission is written down for " + name)
	}
	p := Permissions[i]
	huma.Register(api, huma.Operation{
		OperationID: name, Method: http.MethodPost, Path: "/api/v1/" + path, Tags: []string{noun(name)},
		Summary: p.Title, Description: "由" + p.roles() + "办理。" + p.Basis,
		MaxBodyBytes: -1, BodyReadTimeout: bodyTimeout,
		Errors: []int{400, 401, 403, 412, 413, 422, 428, 503},
	}, handle)
	body := schemaOf(api, reflect.TypeFor[C]())
	withhold(body, withheld...)
	optional(body, said...)
}

// withheld is what a source attests or the ledger computes: no request may claim
// it.
var withheld = []string{"source", "printed", "computed", "findings"}

func noun(name string) string { noun, _, _ := strings.Cut(name, "."); return noun }
