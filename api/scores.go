package api

import (
	"context"
	"fmt"
	"net/http"
	"reflect"

	"github.com/danielgtaylor/huma/v2"

	"wenxiao/domain/evaluation"
	"wenxiao/domain/published"
	"wenxiao/domain/rulebook"
	"wenxiao/domain/scoring"
)

// Recompute scores a filed form under a rulebook.
func Recompute(form evaluation.SelfFiled, book *rulebook.Rulebook) (scoring.Result, error) {
	table, err := form.Table()
	if err != nil {
		return scoring.Result{}, err
	}
	return scoring.Score(table, book), nil
}

type scoreRequest struct {
	Rulebook string `query:"rulebook" doc:"规则册，如 national-2020；不写即国家 2020 年办法"`
	Against  string `query:"against" doc:"另一规则册，一并比较"`
	RawBody  []byte `contentType:"application/json"`
}

// Scored is what a table comes to under one rulebook, and under another.
type Scored struct {
	Results  []scoring.Result `json:"results"`
	Against  []scoring.Result `json:"against,omitempty"`
	Rulebook string           `json:"rulebook"`
	Other    string           `json:"other,omitempty"`
}

// score recomputes printed tables. It writes nothing.
func (s *Server) score(_ context.Context, in *scoreRequest) (Scored, error) {
	book, err := bookNamed("rulebook", in.Rulebook)
	if err != nil {
		return Scored{}, err
	}
	tables, err := published.Decode(in.RawBody)
	if err != nil {
		return Scored{}, err
	}
	out := Scored{Results: scoredBy(tables, book), Rulebook: book.Ref()}
	if in.Against == "" {
		return out, nil
	}
	other, err := bookNamed("against", in.Against)
	if err != nil {
		return Scored{}, err
	}
	out.Against, out.Other = scoredBy(tables, other), other.Ref()
	return out, nil
}

func scoredBy(tables []published.Table, book *rulebook.Rulebook) []scoring.Result {
	results := make([]scoring.Result, len(tables))
	for i, t := range tables {
		results[i] = scoring.Score(t, book)
	}
	return results
}

func bookNamed(parameter, name string) (*rulebook.Rulebook, error) {
	if name == "" {
		return rulebook.Default(), nil
	}
	if book, ok := rulebook.Get(name); ok {
		return book, nil
	}
	return nil, &Problem{
		Status: 422, Title: "没有办成", Code: "rulebook.unknown", Reason: fmt.Sprintf("没有名为“%s”的规则册", name),
		Errors: []Fault{{Where: "query " + parameter, Code: "rulebook.unknown", Reason: "没有这个规则册"}},
	}
}

func (s *Server) askSamples(context.Context, *struct{}) ([]published.Table, error) {
	return published.Samples(), nil
}

func (s *Server) askRulebooks(context.Context, *struct{}) ([]*rulebook.Rulebook, error) {
	return rulebook.All(), nil
}

// scoreQueries recompute tables and show the rules; the ledger has no part in it.
func (s *Server) scoreQueries(a huma.API) {
	huma.Register(a, huma.Operation{
		OperationID: "score.table", Method: http.MethodPost, Path: "/api/v1/score", Tags: []string{"score"},
		Summary: "校核公开表：逐行复算、列出发现", Description: "内容是一张表、一组表，或含 cases 的对象；不写账本。",
		MaxBodyBytes: -1, BodyReadTimeout: bodyTimeout, SkipValidateBody: true, Errors: []int{400, 401, 413, 422, 503},
	}, func(ctx context.Context, in *scoreRequest) (*found[Scored], error) {
		scored, err := s.score(ctx, in)
		if err != nil {
			return nil, s.problem(ctx, err)
		}
		return &found[Scored]{Body: scored}, nil
	})
	table := a.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[published.Table](), true, "")
	a.OpenAPI().Paths["/api/v1/score"].Post.RequestBody.Content["application/json"].Schema = &huma.Schema{Description: "一张表，或一组表；也可以是 {\"cases\": […]}", AnyOf: []*huma.Schema{table, {Type: huma.TypeArray, Items: table}}}
	query(s, a, "samples", "score.samples", "随附的公开表", s.askSamples)
	query(s, a, "rulebooks", "score.rulebooks", "规则册，每个值都有出处", s.askRulebooks)
}
