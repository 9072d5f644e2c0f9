package api

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/google/uuid"
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
		r.HandleFunc(a.path, s.page(s.actPage(a))).Methods("GET", "HEAD")
		r.HandleFunc(a.path, s.page(s.actForm(a))).Methods("POST")
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

// actPage shows the empty form.
func (s *Server) actPage(a act) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		at, seen, err := s.situated(r, a)
		if err != nil {
			return err
		}
		page, err := s.actOn(r, a, at, seen, nil)
		if err != nil {
			return err
		}
		for i := range page.Fields { // an address may fill a field in advance: ?warning=2
			if v := r.URL.Query().Get(page.Fields[i].Name); v != "" {
				page.Fields[i].Value = v
			}
		}
		return s.draw(w, page)
	}
}

// actForm does what the form says, or shows it again: to be checked, or with
// what is wrong. What was typed is kept.
func (s *Server) actForm(a act) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		at, now, err := s.situated(r, a)
		if err != nil {
			return err
		}
		typed, err := s.readAct(w, r, at)
		if err != nil {
			return err
		}
		page, err := s.actOn(r, a, at, typed.seen, typed)
		if err != nil {
			return err
		}
		page.Command = typed.command
		if typed.Get("do") == "fill" {
			return s.draw(w, page)
		}
		who, _ := s.who(r)
		who.Command, who.Attachments = typed.command, typed.attachments
		who.Trial = a.grave && typed.Get("do") != "done" || typed.bad() // a file refused: nothing is done without it
		appended, err := a.do(r.Context(), who, at, typed.seen, typed)
		if err = typed.otherwise(err); err != nil {
			return s.actAgain(w, r, page, now, err)
		}
		if who.Trial {
			page.Stage = "check"
			return s.draw(w, page)
		}
		return s.entered(w, r, page.Back, appended)
	}
}

// entered waits until the tables show what was written, and leads back to where
// it can be seen.
func (s *Server) entered(w http.ResponseWriter, r *http.Request, back string, appended eventstore.Appended) error {
	ctx, cancel := context.WithTimeout(r.Context(), patience)
	defer cancel()
	if err := s.Runner.WaitFor(ctx, appended.Position); err != nil {
		s.Log.WarnContext(r.Context(), "tables lag behind", "position", appended.Position, "err", err)
	}
	u, err := url.Parse(back)
	if err != nil {
		return err
	}
	q := u.Query()
	q.Set("entered", fmt.Sprint(appended.Position))
	u.RawQuery = q.Encode()
	http.Redirect(w, r, u.String(), http.StatusSeeOther)
	return nil
}

// actAgain shows the form with the refusals at their fields, or with what others
// did meanwhile. What cannot be put right on the form goes to the funnel.
func (s *Server) actAgain(w http.ResponseWriter, r *http.Request, page web.Act, now eventstore.Revision, err error) error {
	p := s.problem(r.Context(), err)
	switch p.Status {
	case http.StatusUnprocessableEntity:
		place(&page, p)
	case http.StatusPreconditionFailed:
		page.Seen = fmt.Sprint(now)
		if page.Moved = moved(p, page.Back); page.Moved == nil || p.Expected == 0 {
			page.Errors = []web.Wrongly{{Reason: p.Reason}}
		}
	default:
		return err
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(p.Status)
	return web.Draw(w, page)
}

// place puts each refusal at the field it is about.
func place(page *web.Act, p *Problem) {
	for _, fault := range p.Errors {
		wrong := web.Wrongly{Field: fieldOf(fault.Pointer), Reason: fault.Reason, Basis: basis(fault.Basis, fault.Code)}
		i := slices.IndexFunc(page.Fields, func(f web.Field) bool { return f.Name == wrong.Field })
		if i < 0 {
			wrong.Field = ""
		} else {
			page.Fields[i].Wrong = &wrong
		}
		page.Errors = append(page.Errors, wrong)
	}
}

// fieldOf turns a pointer into the command, /completeness/score, into the name
// of the control for it.
func fieldOf(pointer string) string {
	return strings.ReplaceAll(strings.TrimPrefix(pointer, "/"), "/", "-")
}

// actOn draws an act's form for who is signed in, with what was typed if anything
// was.
func (s *Server) actOn(r *http.Request, a act, at situation, seen eventstore.Revision, typed *form) (web.Act, error) {
	back := fmt.Sprintf("/programmes/%s/%d", at.row.Code, at.row.Year)
	page := web.Act{
		Frame:   s.frame(r, a.title(), "/programmes", web.Crumb{Text: "项目登记册", Address: "/programmes"}, web.Crumb{Text: at.row.Name, Address: back}),
		About:   fmt.Sprintf("%s　|　%s　|　%d 年度", at.row.Name, at.row.UnitName, at.row.Year),
		Fields:  a.fields(at),
		Post:    r.URL.Path,
		Seen:    fmt.Sprint(seen),
		Command: uuid.Must(uuid.NewV7()).String(),
		Button:  a.button,
		Back:    back,
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
	page.Signing = signing(page.Who)
	if typed != nil {
		for i := range page.Fields {
			page.Fields[i].Value = typed.Get(page.Fields[i].Name)
		}
	}
	if a.files == "" {
		return page, nil
	}
	field, err := s.filesField(r.Context(), a.files, typed)
	page.Fields = append(page.Fields, field)
	return page, err
}

func signing(who web.Who) string {
	return fmt.Sprintf("以“%s，%s%s”身份办理。办过的事不能删改，记在本人名下。", who.Name, who.Unit, who.Post)
}

// situated reads what an act needs to know, and the revision it is decided on.
// The revision is read first and the tables awaited after: what is shown is then
// never older than the revision says.
func (s *Server) situated(r *http.Request, a act) (situation, eventstore.Revision, error) {
	if err := s.settle(r.Context()); err != nil {
		return situation{}, 0, err
	}
	at, err := s.addressedSituation(r)
	if err != nil {
		return at, 0, err
	}
	stream := a.stream(at)
	seen, _, err := s.revision(r.Context(), stream)
	if err != nil {
		return at, 0, err
	}
	if err := s.settle(r.Context()); err != nil {
		return at, 0, err
	}
	if at, err = s.addressedSituation(r); err != nil {
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
