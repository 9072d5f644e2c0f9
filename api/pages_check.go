package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/gorilla/mux"

	"wenxiao/api/web"
	"wenxiao/domain"
	"wenxiao/domain/published"
	"wenxiao/domain/rulebook"
	"wenxiao/domain/scoring"
	"wenxiao/projections"
)

func (s *Server) checkRoutes(r *mux.Router) {
	r.HandleFunc("/check", s.page(s.checkPage)).Methods("GET", "HEAD")
	r.HandleFunc("/check", s.page(s.checkForm)).Methods("POST")
}

// checkPage recomputes a published sample or a self-evaluation of the ledger.
func (s *Server) checkPage(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	page := s.checkOf(r, q)
	page.Open = q.Get("own") != ""
	switch {
	case q.Get("table") != "":
		table, ok := published.Sample(q.Get("table"))
		if !ok {
			return projections.ErrNotFound
		}
		page.Sample, page.Table = table.ID, &table
	case q.Get("evaluation") != "":
		if err := s.checkLedger(r, &page, q); err != nil {
			return err
		}
	}
	return s.answerCheck(w, page, q.Get("format"))
}

// checkOf reads what is the same of every request: the rulebooks and the switch.
func (s *Server) checkOf(r *http.Request, q url.Values) web.Check {
	page := web.Check{Frame: s.frame(r, "校核一张表", "/check"), Samples: samples(), Rulebooks: rulebook.All(), Only: q.Get("only") != "", A: rulebook.Default()}
	page.Wide = true
	if a, ok := rulebook.Get(q.Get("a")); ok {
		page.A = a
	}
	if b, ok := rulebook.Get(q.Get("b")); ok && b != page.A {
		page.B = b
	}
	return page
}

func samples() (options []web.Option) {
	for _, t := range published.Samples() {
		options = append(options, web.Option{Value: t.ID, Text: t.ID + "　" + t.Project})
	}
	return options
}

// checkLedger takes the table from an evaluation: by the rules it is judged by,
// unless others are asked for.
func (s *Server) checkLedger(r *http.Request, page *web.Check, q url.Values) error {
	list, err := s.Views.Scores(r.Context(), projections.ScoreFilter{Evaluation: q.Get("evaluation"), AllVersions: true})
	if err != nil {
		return err
	}
	version, _ := strconv.Atoi(q.Get("version"))
	i := slices.IndexFunc(list.Rows, func(e projections.Score) bool { return e.Version == version || version == 0 && e.Latest })
	if i < 0 {
		return projections.ErrNotFound
	}
	filed := list.Rows[i]
	at, err := s.situation(r.Context(), filed.Programme, filed.Year)
	if err != nil {
		return err
	}
	table, err := filed.Form.Table()
	if err != nil {
		return err
	}
	table.Project, table.Department = at.row.Name, strings.Trim(at.row.DepartmentName+" / "+at.row.UnitName, " /")
	page.Ledger, page.Table = filed.Evaluation, &table
	if _, asked := rulebook.Get(q.Get("a")); !asked {
		page.A = s.bookFor(at)
	}
	if page.B == page.A {
		page.B = nil
	}
	return nil
}

// checkForm recomputes a table of one's own: typed, pasted, uploaded, or carried
// over from the page before. Nothing of it is kept.
func (s *Server) checkForm(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseMultipartForm(maxUpload); err != nil && !errors.Is(err, http.ErrNotMultipart) {
		var large *http.MaxBytesError
		if errors.As(err, &large) {
			return err
		}
		return domain.Refusal{Code: "request.malformed-form", Reason: "表单没有传完整，再提交一次"}
	}
	if r.MultipartForm != nil {
		defer func() { _ = r.MultipartForm.RemoveAll() }()
	}
	page := s.checkOf(r, r.PostForm)
	page.Here = "/check"
	handed, err := ownTable(r)
	if err != nil {
		page.Errors, page.Own, page.Open = wrongly(err), r.PostFormValue("text"), true
		if page.Errors == nil {
			return err
		}
		return s.drawAs(w, http.StatusUnprocessableEntity, page)
	}
	page.Table, page.Places, page.Others = &handed.Table, handed.Places, handed.others
	carried, err := json.Marshal(handed.Table)
	if err != nil {
		return err
	}
	page.Carried = string(carried)
	return s.answerCheck(w, page, r.PostFormValue("format"))
}

// handedIn is a table somebody handed in, and how many more the file held.
type handedIn struct {
	pasted
	others int
}

// besides are the fields beside the table, by their name in the file format.
var besides = map[string]string{
	"project": "project", "year": "year", "money_unit": "money_unit", "full_year": "full_year", "executed": "executed",
	"rate": "rate_printed", "weight": "weight", "score": "score_printed", "total": "total_printed",
}

// ownTable reads what was handed in: the file if there is one, else the text.
func ownTable(r *http.Request) (handedIn, error) {
	if carried := r.PostFormValue("table"); carried != "" {
		return jsonTable([]byte(carried))
	}
	data, err := uploaded(r)
	if err != nil {
		return handedIn{}, err
	}
	if len(data) == 0 {
		data = []byte(r.PostFormValue("text"))
	}
	switch trimmed := bytes.TrimSpace(bytes.TrimPrefix(data, []byte("\ufeff"))); {
	case len(trimmed) == 0:
		return handedIn{}, domain.Refusal{Code: "table.nothing", Reason: "没有表：选一个文件，或者把表粘贴进来"}
	case trimmed[0] == '{' || trimmed[0] == '[':
		return jsonTable(data)
	}
	g, err := readGrid(data)
	if err != nil {
		return handedIn{}, err
	}
	given := make(map[string]string)
	for field, key := range besides {
		given[key] = r.PostFormValue(field)
	}
	p, err := g.table(given)
	return handedIn{pasted: p}, err
}

func uploaded(r *http.Request) ([]byte, error) {
	file, _, err := r.FormFile("file")
	switch {
	case errors.Is(err, http.ErrMissingFile), errors.Is(err, http.ErrNotMultipart):
		return nil, nil
	case err != nil:
		return nil, err
	}
	defer func() { _ = file.Close() }()
	return io.ReadAll(file) // the guard has limited the body
}

// jsonTable takes the first table of a file in the format of the samples.
func jsonTable(data []byte) (handedIn, error) {
	tables, err := published.Decode(data)
	if err != nil {
		return handedIn{}, err
	}
	if len(tables) == 0 {
		return handedIn{}, domain.Refusal{Code: "table.nothing", Reason: "文件里没有表"}
	}
	return handedIn{pasted{Table: tables[0]}, len(tables) - 1}, nil
}

// wrongly lists refusals with their places; nil where err is none.
func wrongly(err error) (list []web.Wrongly) {
	var many domain.Refusals
	var one domain.Refusal
	switch {
	case errors.As(err, &many):
	case errors.As(err, &one):
		many = domain.Refusals{one}
	}
	for _, r := range many {
		list = append(list, web.Wrongly{Field: r.Field, Reason: r.Reason, Basis: r.Basis})
	}
	return list
}

// answerCheck scores the table and answers with the page or a file.
func (s *Server) answerCheck(w http.ResponseWriter, page web.Check, format string) error {
	if page.Table == nil {
		return s.draw(w, page)
	}
	page.ResultA = scoring.Score(*page.Table, page.A)
	if page.B != nil {
		page.Beside = scoring.Compare(*page.Table, page.A, page.B)
	}
	page.Title = "校核：" + page.Table.Project
	page.Crumbs = append(page.Crumbs, web.Crumb{Text: "校核", Address: "/check"})
	switch format {
	case "json":
		return s.checkJSON(w, page)
	case "csv":
		return s.checkCSV(w, page)
	}
	return s.draw(w, page)
}
