package api

import (
	"context"
	"fmt"
	"net/http"
	"slices"

	"github.com/google/uuid"

	"wenxiao/api/web"
	"wenxiao/eventstore"
)

// A filing is an official form that a unit fills: shown, checked, signed, filed.
type filing struct {
	path    string
	command string // in [Permissions]
	title   string
	send    string
	open    func(situation) bool // whether there is anything to file now
	awaited func(situation) bool // whether somebody waits for it
	stream  func(situation) string
	page    func(*web.Filing, situation)        // its fields, as they were last filed
	read    func(*web.Filing, situation, *form) // the fields as typed
	paper   func(*web.Filing, situation, *form) // the form as it is about to be signed
	files   string                              // what files may come with it; empty: none
	do      func(context.Context, Who, situation, eventstore.Revision, *form) (eventstore.Appended, error)
}

func (s *Server) filings() []filing {
	return []filing{s.goalFiling(), s.evaluationFiling(), s.monitoringFiling()}
}

// filingPage shows the form with what was last filed.
func (s *Server) filingPage(f filing) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		at, seen, err := s.situated(r, act{command: f.command, stream: f.stream})
		if err != nil {
			return err
		}
		page, err := s.filingOn(r, f, at, seen, nil)
		if err != nil {
			return err
		}
		return s.draw(w, page)
	}
}

// filingForm takes what was typed: another row, on to the check page, back to
// change, or signed.
func (s *Server) filingForm(f filing) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		at, now, err := s.situated(r, act{command: f.command, stream: f.stream})
		if err != nil {
			return err
		}
		typed, err := s.readAct(w, r, at)
		if err != nil {
			return err
		}
		page, err := s.filingOn(r, f, at, typed.seen, typed)
		if err != nil {
			return err
		}
		page.Command = typed.command
		f.read(&page, at, typed)
		if do := typed.Get("do"); !typed.bad() && (do == "fill" || do == "add") {
			return s.draw(w, page)
		}
		signed := typed.Get("do") == "done" && typed.Get("declared") != "" && !typed.bad()
		who, _ := s.who(r)
		who.Command, who.Trial, who.Attachments = typed.command, !signed, typed.attachments
		appended, err := f.do(r.Context(), who, at, typed.seen, typed)
		if err = typed.otherwise(err); err != nil {
			return s.filingAgain(w, r, page, now, err)
		}
		if signed {
			return s.entered(w, r, page.Back, appended)
		}
		return s.unsigned(w, f, page, at, typed)
	}
}

// unsigned shows the form as paper, to be checked and signed.
func (s *Server) unsigned(w http.ResponseWriter, f filing, page web.Filing, at situation, typed *form) error {
	page.Stage = "check"
	f.paper(&page, at, typed)
	if typed.Get("do") != "done" {
		return s.draw(w, page)
	}
	page.Errors = []web.Wrongly{{Field: "declared", Reason: "没有勾选声明，不能报送", Basis: page.Basis}}
	return s.drawAs(w, http.StatusUnprocessableEntity, page)
}

func (s *Server) filingAgain(w http.ResponseWriter, r *http.Request, page web.Filing, now eventstore.Revision, err error) error {
	return s.formAgain(w, r, &page, err, func(p *Problem) {
		page.Seen = fmt.Sprint(now)
		if page.Moved = moved(p, page.Back); page.Moved == nil {
			page.Errors = []web.Wrongly{{Reason: p.Reason}}
		}
	})
}

func (s *Server) filingOn(r *http.Request, f filing, at situation, seen eventstore.Revision, typed *form) (web.Filing, error) {
	page := web.Filing{
		Frame: s.frame(r, f.title, "/goals", web.Crumb{Text: "填报", Address: "/goals"}),
		About: fmt.Sprintf("%s　|　%s　|　%d 年度", at.row.Name, at.row.UnitName, at.row.Year),
		Post:  r.URL.Path, Seen: fmt.Sprint(seen), Command: uuid.Must(uuid.NewV7()).String(), Send: f.send,
		Under:   fmt.Sprintf("（%d 年度）　金额单位：万元", at.row.Year),
		Back:    fmt.Sprintf("/programmes/%s/%d", at.row.Code, at.row.Year),
		Declare: "我对所报内容的真实性、准确性、完整性负责。", Basis: "忻州办法 第十四条第一项",
	}
	page.Signing = fmt.Sprintf("以“%s，%s%s”身份报送。报送后不能删改，需要改动时另报新版，旧版保留。", page.Who.Name, page.Who.Unit, page.Who.Post)
	f.page(&page, at)
	if f.files == "" {
		return page, nil
	}
	field, err := s.filesField(r.Context(), f.files, typed)
	page.Files = &field
	return page, err
}

// keep fills every control with what was typed into it.
func keep(page *web.Filing, f *form) {
	for i := range page.Heads {
		page.Heads[i].Value = f.Get(page.Heads[i].Name)
	}
	for i := range page.Rows {
		for _, fields := range [][]web.Field{page.Rows[i].Fields, page.Rows[i].Hidden} {
			for j := range fields {
				if f.Has(fields[j].Name) {
					fields[j].Value = f.Get(fields[j].Name)
					fields[j].Options = with(fields[j].Options, fields[j].Value)
				}
			}
		}
	}
}

// with adds a value that is not among the options.
func with(options []web.Option, value string) []web.Option {
	if slices.ContainsFunc(options, func(o web.Option) bool { return o.Value == value }) {
		return options
	}
	return append(slices.Clone(options), web.Option{Value: value, Text: value})
}
