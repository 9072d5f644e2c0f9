package api

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/gorilla/mux"

	"wenxiao/api/web"
	"wenxiao/eventstore"
	"wenxiao/projections"
)

// An act is one thing a person may do, as a page of its own: a plain form that
// carries the revision seen and a key under which it counts once. A grave act is
// shown once more, to be confirmed.
type act struct {
	path    string // its address, with {code} and {year} or {id}
	command string // in [Permissions], which also has its title
	button  string
	grave   bool
	awaited bool                       // somebody waits for it, whenever it is open
	open    func(situation) bool       // whether there is anything to do now
	stream  func(situation) string     // what it writes to
	facts   func(situation) []web.Fact // what to know before acting; may be nil
	sheet   func(situation) *web.Sheet // the form it is about; may be nil
	fields  func(situation) []web.Field
	files   string                 // what files may come with it; empty: none
	effect  func(situation) string // what follows; may be nil
	do      func(context.Context, Who, situation, eventstore.Revision, *form) (eventstore.Appended, error)
}

// title is what the act does, in the words of the regulations.
func (a act) title() string {
	for _, p := range Permissions {
		if p.Command == a.command {
			return p.Title
		}
	}
	return a.command
}

// acts is the list of every act there is a page for, in the order of the process.
func (s *Server) acts() []act {
	return slices.Concat(s.goalActs(), s.executionActs(), s.monitoringActs(), s.evaluationActs(), s.rectificationActs(), s.programmeActs())
}

func (s *Server) actRoutes(r *mux.Router) {
	for _, f := range s.filings() {
		r.HandleFunc(f.path, s.page(s.filingPage(f))).Methods("GET", "HEAD")
		r.HandleFunc(f.path, s.page(s.filingForm(f))).Methods("POST")
	}
	for _, a := range s.acts() {
		s.errandRoute(r, a.path, a.on(s))
	}
}

// offers lists what the account may do in this situation, and the one thing
// that somebody waits for.
func (s *Server) offers(who Who, at situation) (main *web.Crumb, links []web.Crumb) {
	if s.notAttested(at.row.Source) != nil {
		return nil, nil
	}
	offer := func(title, address string, awaited bool) {
		link := web.Crumb{Text: title, Address: address}
		if links = append(links, link); awaited {
			main = &link // the last in the process: what is before it was done
		}
	}
	for _, f := range s.filings() {
		if at.notice == nil && May(who.Account, f.command, at.about()) && f.open(at) {
			offer(f.send, act{path: f.path}.address(at), f.awaited(at))
		}
	}
	for _, a := range s.acts() {
		if May(who.Account, a.command, at.about()) && a.open(at) && (strings.Contains(a.path, "{id}") == (at.notice != nil)) {
			offer(a.title(), a.address(at), a.awaited)
		}
	}
	for _, n := range at.rectifications {
		switch {
		case at.notice != nil:
		case n.Status == projections.RectificationUnderReview && May(who.Account, "rectification.close", at.about()):
			offer("审核整改报告", "/rectifications/"+n.ID, true)
		case n.Status == projections.RectificationWithUnit && May(who.Account, "rectification.report", at.about()):
			offer("报送整改", "/rectifications/"+n.ID, true)
		}
	}
	return main, links
}

func (a act) address(at situation) string {
	id := ""
	if at.notice != nil {
		id = at.notice.ID
	}
	return strings.NewReplacer("{code}", string(at.row.Code), "{year}", fmt.Sprint(int(at.row.Year)), "{id}", id).Replace(a.path)
}

// on is the errand of a reader who does the act where the address says.
func (a act) on(s *Server) func(*http.Request) (errand, error) {
	return func(r *http.Request) (errand, error) {
		at, now, err := s.situated(r, a)
		if err != nil {
			return errand{}, err
		}
		e := errand{page: s.actPage(r, a, at), now: now, grave: a.grave, files: a.files, about: at, given: []string{"warning"}}
		e.do = func(who Who, f *form) (string, eventstore.Appended, error) {
			who.Attachments = f.attachments
			appended, err := a.do(r.Context(), who, at, f.seen, f)
			return e.page.Back, appended, err
		}
		return e, nil
	}
}

func (s *Server) actPage(r *http.Request, a act, at situation) web.Act {
	back := fmt.Sprintf("/programmes/%s/%d", at.row.Code, at.row.Year)
	page := web.Act{
		Frame:  s.frame(r, a.title(), "/programmes", web.Crumb{Text: "项目登记册", Address: "/programmes"}, web.Crumb{Text: at.row.Name, Address: back}),
		About:  fmt.Sprintf("%s　|　%s　|　%d 年度", at.row.Name, at.row.UnitName, at.row.Year),
		Fields: a.fields(at),
		Post:   r.URL.Path,
		Button: a.button,
		Back:   back,
	}
	if at.notice != nil {
		page.Back, page.Nav = "/rectifications/"+at.notice.ID, "/rectifications"
	}
	if a.facts != nil {
		page.Facts = a.facts(at)
	}
	if a.sheet != nil {
		page.Sheet = a.sheet(at)
	}
	if a.effect != nil {
		page.Effect = a.effect(at)
	}
	return page
}

// situated reads what an act needs to know, and the revision it is decided on.
// What is shown is never older than the revision says: where the stream has moved
// on since the tables were awaited, they are awaited and read once more.
func (s *Server) situated(r *http.Request, a act) (situation, eventstore.Revision, error) {
	settled, err := s.Store.Head(r.Context())
	if err == nil {
		err = s.waitFor(r.Context(), settled)
	}
	if err != nil {
		return situation{}, 0, err
	}
	at, err := s.addressedSituation(r)
	if err != nil {
		return at, 0, err
	}
	seen, last, err := s.revision(r.Context(), a.stream(at))
	if err == nil && last > settled {
		if err = s.waitFor(r.Context(), last); err == nil {
			at, err = s.addressedSituation(r)
		}
	}
	if err != nil {
		return at, 0, err
	}
	if err := s.notAttested(at.row.Source); err != nil {
		return at, 0, err
	}
	who, _ := s.who(r)
	return at, seen, Allowed(who.Account, a.command, at.about())
}

// settle waits until the tables have read all there is now.
func (s *Server) settle(ctx context.Context) error {
	head, err := s.Store.Head(ctx)
	if err != nil {
		return err
	}
	return s.waitFor(ctx, head)
}
