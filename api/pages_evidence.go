package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gorilla/mux"

	"wenxiao/api/accounts"
	"wenxiao/api/evidence"
	"wenxiao/api/web"
	"wenxiao/domain"
	"wenxiao/eventstore"
	"wenxiao/projections"
)

// Bounds of making bundles.
const (
	mostBundles   = 2                // made at once: each is a file of its own until it is sent
	untilBundled  = 10 * time.Minute // making and sending one may take so long
	bundleAddress = "/evidence.zip"
)

// bundling bounds how many bundles are made at once, in this process.
var bundling = make(chan struct{}, mostBundles)

func (s *Server) evidenceRoutes(r *mux.Router, a huma.API) {
	r.HandleFunc(bundleAddress, s.page(s.evidenceFile)).Methods("GET")
	r.HandleFunc("/api/v1/evidence", func(w http.ResponseWriter, r *http.Request) {
		if _, ok := s.who(r); !ok {
			s.fail(w, r, errSignedOut)
			return
		}
		if err := s.evidenceFile(w, r); err != nil {
			s.fail(w, r, err)
		}
	}).Methods("GET")
	text := func(name, about string) *huma.Param {
		return &huma.Param{Name: name, In: "query", Description: about, Schema: &huma.Schema{Type: "string"}}
	}
	a.OpenAPI().AddOperation(&huma.Operation{
		OperationID: "evidence.bundle", Method: http.MethodGet, Path: "/api/v1/evidence", Tags: []string{"evidence"}, Summary: "取证单：记录、附件、回执、检查点、说明和四性检测报告，一个压缩包",
		Description: "收到者用 wenxiao evidence check 核对，不需要账本。财政、审计、纪检监察、人大可取全部；预算单位和主管部门取本单位、所属单位的项目和本单位的经办；任何人可取自己的经办。",
		Parameters: []*huma.Param{
			{Name: "of", In: "query", Required: true, Description: "取什么", Schema: &huma.Schema{Type: "string", Enum: []any{"programme", "person", "query"}}},
			text("code", "of=programme：项目编码"), text("year", "of=programme：年度，不写即全部；of=query：年度"), text("person", "of=person：人员编号；of=query：经办人"),
			text("q", "of=query：内容含这些词"), text("unit", "of=query：经办单位"), text("programme", "of=query：项目"), text("kind", "of=query：事件类型"), text("stream", "of=query：记录流"),
			text("from", "of=query：自此日"), text("to", "of=query：至此日"), text("clock", "of=query：effective 即按发生时间"), text("late", "of=query：1 即只取补录"), text("corrected", "of=query：1 即只取更正"),
			text("at", "账本当时的样子：位置、日期或时刻"),
		},
		Responses: byHand(a, &huma.Response{
			Description: "取证单", Content: map[string]*huma.MediaType{"application/zip": {Schema: &huma.Schema{Type: "string", Format: "binary"}}},
		}, 401, 403, 404, 422, 500, 503),
	})
}

// evidenceFile makes a bundle and hands it out. It is made whole before the first
// byte is sent: a fault half-way is an answer that says so, not a broken file.
func (s *Server) evidenceFile(w http.ResponseWriter, r *http.Request) (err error) {
	who, _ := s.who(r)
	if err := s.settle(r.Context()); err != nil { // whose a programme is stands in a table
		return err
	}
	request, err := s.evidenceAsked(r)
	if err != nil {
		return err
	}
	if err := s.mayTake(r.Context(), who.Account, request); err != nil {
		s.Log.WarnContext(r.Context(), "not allowed", "request", requestID(r.Context()), "username", who.Username, "evidence", request.Title(), "err", err)
		return err
	}
	request.By = evidence.Asker{Username: who.Username, Name: who.Name, Post: who.Post, Unit: who.UnitName}
	src, err := s.evidenceSource(r.Context(), request.At)
	if err != nil {
		return err
	}
	request.On = s.Now() // not before what was recorded until it was signed
	src.MayRead = s.readerOfFiles(who.Account)
	select {
	case bundling <- struct{}{}:
		defer func() { <-bundling }()
	case <-r.Context().Done():
		return r.Context().Err()
	}
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(untilBundled)) // not every writer has one
	f, err := os.CreateTemp("", "wenxiao-evidence-*.zip")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close(), os.Remove(f.Name())) }()
	made, err := evidence.Make(r.Context(), src, request, f, nil)
	if err != nil {
		return err
	}
	s.Log.InfoContext(r.Context(), "evidence taken", "request", requestID(r.Context()), "username", who.Username, "evidence", made.Title(), "at", made.At, "records", made.Report.Records)
	w.Header().Set("Content-Type", "application/zip")
	w.Header().Set("Content-Disposition", "attachment; filename*=UTF-8''"+url.PathEscape(made.Name()))
	http.ServeContent(w, r, "", time.Time{}, f)
	return nil
}

// evidenceAsked reads what an address asks for.
func (s *Server) evidenceAsked(r *http.Request) (e evidence.Request, err error) {
	q := r.URL.Query()
	if e.At, err = s.pastMoment(r.Context(), q.Get("at")); err != nil {
		return e, err
	}
	switch q.Get("of") {
	case "programme":
		e.Programme, e.Year = domain.ProgrammeCode(q.Get("code")), yearIn(q.Get("year"))
		if e.Year == 0 && q.Get("year") != "" {
			err = domain.Refusal{Code: "request.malformed-year", Reason: "年度应为四位数字，如 2025", Field: "/year"}
		}
	case "person":
		e.Person = q.Get("person")
	case "query":
		var page web.Record
		err = s.trailFilter(r, &page)
		f := page.Filter
		f.At, f.Before, f.Limit = 0, 0, 0
		e.Query = &f
	default:
		err = domain.Refusal{Code: "evidence.of-what", Reason: "of 应为 programme、person 或 query", Field: "/of"}
	}
	return e, err
}

// evidenceSource is the ledger as far as it is signed, which is to cover a
// position, or what was recorded until now.
func (s *Server) evidenceSource(ctx context.Context, at eventstore.Position) (evidence.Source, error) {
	if s.Sealer == nil {
		return evidence.Source{}, errUnsealed
	}
	if at == 0 {
		head, err := s.Store.Head(ctx)
		if err != nil {
			return evidence.Source{}, err
		}
		at = head // not what the tables show yet: they are waited for
	}
	wait, cancel := context.WithTimeout(ctx, untilSigned)
	defer cancel()
	c, err := s.Sealer.WaitFor(wait, max(at, 1))
	if err != nil && ctx.Err() != nil {
		return evidence.Source{}, err
	}
	if err != nil {
		return evidence.Source{}, domain.Refusal{Code: "seal.not-covered", Reason: fmt.Sprintf("账本位置 %d 还没有检查点盖过，取出来也无从证明；%s", at, s.unsealedBecause())}
	}
	if err := s.waitFor(ctx, c.Size); err != nil {
		return evidence.Source{}, err
	}
	return evidence.Source{Store: s.Store, Views: s.Views, Tiles: s.Sealer.Tiles(), Checkpoint: c, Policy: s.Sealer.Policy(), Files: s.Files}, nil
}

// readerOfFiles tells of which files an account may have the bytes: the same in a
// bundle as one by one.
func (s *Server) readerOfFiles(account accounts.Account) func(context.Context, string) (bool, error) {
	return func(ctx context.Context, digest string) (bool, error) {
		f, err := s.file(ctx, digest)
		if err != nil {
			return false, err
		}
		err = s.mayRead(ctx, account, f)
		if denied := (Denied{}); errors.As(err, &denied) {
			return false, nil
		}
		return err == nil, err
	}
}

// mayTake refuses a bundle that the account may not have: those who supervise
// take everything, a unit what is its own or, as a department, below it, and
// everybody what they did themselves.
func (s *Server) mayTake(ctx context.Context, account accounts.Account, r evidence.Request) error {
	if slices.Contains(supervisors, account.Role) {
		return nil
	}
	own := false
	switch {
	case r.Person != "":
		own = r.Person == account.Person
	case r.Query != nil:
		own = s.ownQuery(account, *r.Query)
	case r.Programme != "":
		p, err := s.Views.Programme(ctx, r.Programme, 0)
		if err != nil {
			return err
		}
		own = slices.Contains([]accounts.Role{accounts.Filer, accounts.Department}, account.Role) &&
			(p.Unit == account.Unit || account.Role == accounts.Department && p.Department == account.Unit)
	}
	if own {
		return nil
	}
	return Denied{
		Code: "permission.evidence", Basis: "忻州办法 第四十一条",
		Rule: "取证单由财政、审计、纪检监察、人大取；单位取本单位、主管部门取本部门及所属单位的项目，个人取自己的经办",
	}
}

// ownQuery reports whether a query is about nothing but the account's own unit, or
// its own acts.
func (s *Server) ownQuery(account accounts.Account, f projections.TrailFilter) bool {
	filing := slices.Contains([]accounts.Role{accounts.Filer, accounts.Department, accounts.Treasury}, account.Role)
	return filing && f.Unit == account.Unit || f.Person != "" && f.Person == account.Person
}

// evidenceFor is the address of a bundle, empty where the reader is not offered one.
func (s *Server) evidenceFor(r *http.Request, e evidence.Request, parameters url.Values) string {
	who, _ := s.who(r)
	if s.Sealer == nil || s.mayTake(r.Context(), who.Account, e) != nil {
		return ""
	}
	if at := r.URL.Query().Get("at"); at != "" {
		parameters.Set("at", at)
	}
	return bundleAddress + "?" + parameters.Encode()
}

// programmeEvidence, personEvidence and trailEvidence are the addresses of the
// bundles that pages offer.
func (s *Server) programmeEvidence(r *http.Request, code domain.ProgrammeCode, year domain.FiscalYear) string {
	return s.evidenceFor(r, evidence.Request{Programme: code}, url.Values{"of": {"programme"}, "code": {string(code)}, "year": {fmt.Sprint(int(year))}})
}

func (s *Server) personEvidence(r *http.Request, person string) string {
	return s.evidenceFor(r, evidence.Request{Person: person}, url.Values{"of": {"person"}, "person": {person}})
}

func (s *Server) trailEvidence(r *http.Request, f projections.TrailFilter) string {
	parameters := r.URL.Query()
	parameters.Del("before")
	parameters.Del("format")
	parameters.Set("of", "query")
	return s.evidenceFor(r, evidence.Request{Query: &f}, parameters)
}
