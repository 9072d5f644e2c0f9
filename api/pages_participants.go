package api

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/gorilla/mux"

	"wenxiao/api/accounts"
	"wenxiao/api/web"
	"wenxiao/domain"
	"wenxiao/domain/participant"
	"wenxiao/eventstore"
	"wenxiao/projections"
)

func (s *Server) participantRoutes(r *mux.Router) {
	r.HandleFunc("/participants", s.page(s.participantsPage)).Methods("GET", "HEAD")
	for _, a := range s.participantActs() {
		s.errandRoute(r, a.path, a.on(s))
	}
	r.HandleFunc("/participants/{id}", s.page(s.participantPage)).Methods("GET", "HEAD")
}

// participantsPage is the register, the latest first.
func (s *Server) participantsPage(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	page := web.Participants{Frame: s.frame(r, "参与人", "/participants")}
	page.Filter = projections.ParticipantFilter{Kind: participant.Kind(q.Get("kind")), Status: q.Get("status")}
	page.Filter.Page, _ = strconv.Atoi(q.Get("page"))
	var err error
	if page.ParticipantPage, err = s.participantsShown(r.Context(), page.Filter); err != nil {
		return err
	}
	who, _ := s.who(r)
	if May(who.Account, "participant.enter", Concern{who.Unit, who.Unit}) {
		for _, kind := range entering(who.Account) {
			page.Acts = append(page.Acts, web.Crumb{Text: "登记" + kind.Text, Address: "/participants/new?kind=" + kind.Value})
		}
	}
	return s.draw(w, page)
}

// entering are the kinds an account enters.
func entering(account accounts.Account) []web.Option {
	if account.Role != accounts.Filer {
		return web.ParticipantKinds
	}
	return slices.DeleteFunc(slices.Clone(web.ParticipantKinds), func(o web.Option) bool { return o.Value != string(participant.Beneficiary) })
}

// participantPage is one person with what may be done.
func (s *Server) participantPage(w http.ResponseWriter, r *http.Request) error {
	shown, err := s.participantShown(r.Context(), mux.Vars(r)["id"])
	if err != nil {
		return err
	}
	page := web.Participant{
		Frame: s.frame(r, shown.Kind.Name()+" "+shown.ID, "/participants", web.Crumb{Text: "参与人", Address: "/participants"}), Row: shown,
	}
	who, _ := s.who(r)
	for _, a := range s.participantActs() {
		if a.open != nil && a.open(who, shown) && s.mayGive(r.Context(), who, a.command, shown) {
			page.Acts = append(page.Acts, web.Crumb{Text: act{command: a.command}.title(), Address: strings.Replace(a.path, "{id}", shown.ID, 1)})
		}
	}
	return s.draw(w, page)
}

// mayGive reports whether the account may give a command in the affairs of the
// participant's keeper.
func (s *Server) mayGive(ctx context.Context, who Who, command string, shown web.ParticipantShown) bool {
	about, err := s.concernOf(ctx, shown)
	return err == nil && May(who.Account, command, about)
}

// concernOf is whose affair a participant is: their keeper's.
func (s *Server) concernOf(ctx context.Context, shown web.ParticipantShown) (Concern, error) {
	units, err := s.Views.Units(ctx)
	about := Concern{Unit: shown.Keeper}
	for _, u := range units {
		if u.Code == shown.Keeper {
			about.Department = u.Parent
		}
	}
	return about, err
}

// A participantAct is one thing that may be done with a private person, as a page
// of its own. A grave one is shown once more, to be confirmed.
type participantAct struct {
	path, command, button string
	grave                 bool
	open                  func(Who, web.ParticipantShown) bool // nil for entering, which is done to nobody yet
	fields                func(*http.Request, web.ParticipantShown) []web.Field
	effect                string
	do                    func(context.Context, Who, string, eventstore.Revision, *form) (string, eventstore.Appended, error)

	// blank is the command before anything is filled: what refuses it for no field
	// of it would refuse every other. nil for entering.
	blank func(Who, func(domain.UnitCode) string) participant.Command
}

// on is the errand of a reader who does the act to the person that the address
// names, if it names one.
func (a participantAct) on(s *Server) func(*http.Request) (errand, error) {
	return func(r *http.Request) (errand, error) {
		page, now, err := s.participantAct(r, a)
		if err != nil {
			return errand{}, err
		}
		if r.Method != http.MethodPost { // then what refuses it is said on the form
			err = s.participantActOpen(r, a)
		}
		return errand{page: page, now: now, grave: a.grave, given: []string{"programme", "year"}, do: func(who Who, f *form) (string, eventstore.Appended, error) {
			id, appended, err := a.do(r.Context(), who, mux.Vars(r)["id"], f.seen, f)
			return "/participants/" + id, appended, err
		}}, err
	}
}

// participantActOpen refuses what this account may not do to this person, or
// nobody can do as the person stands.
func (s *Server) participantActOpen(r *http.Request, a participantAct) error {
	id, named := mux.Vars(r)["id"]
	if !named {
		return nil
	}
	who, _ := s.who(r)
	ctx := r.Context()
	names, err := s.unitNames(ctx)
	if err != nil {
		return err
	}
	shown, err := s.Views.Participant(ctx, id)
	if err != nil {
		return err
	}
	about, err := s.concernOf(ctx, web.ParticipantShown{Keeper: shown.Keeper})
	if err != nil {
		return err
	}
	if err := Allowed(who.Account, a.command, about); err != nil {
		return err
	}
	p, _, err := eventstore.Load[participant.State](ctx, s.Store, participant.Stored, participant.Stream(id))
	if err != nil {
		return err
	}
	_, err = a.blank(who, names).Decide(p)
	for _, no := range domain.Refused(err) {
		if no.Field == "" {
			return no
		}
	}
	return nil
}

// participantAct draws an act's form, for the person that the address names if
// it names one.
func (s *Server) participantAct(r *http.Request, a participantAct) (page web.Act, now eventstore.Revision, err error) {
	if err := s.settle(r.Context()); err != nil {
		return page, 0, err
	}
	title := act{command: a.command}.title()
	page = web.Act{
		Frame: s.frame(r, title, "/participants", web.Crumb{Text: "参与人", Address: "/participants"}),
		Post:  r.URL.RequestURI(), Button: a.button, Effect: a.effect, Back: "/participants",
	}
	var shown web.ParticipantShown
	if id, named := mux.Vars(r)["id"]; named {
		if shown, err = s.participantShown(r.Context(), id); err != nil {
			return page, 0, err
		}
		page.Back, page.Facts = "/participants/"+id, shown.Facts()
		page.Crumbs = append(page.Crumbs, web.Crumb{Text: shown.ID, Address: page.Back})
		page.About = shown.Kind.Name() + "　|　" + shown.ID + "　|　" + shown.KeeperName
	} else {
		who, _ := s.who(r)
		if err := Allowed(who.Account, a.command, Concern{who.Unit, who.Unit}); err != nil {
			return page, 0, err
		}
		page.About = who.UnitName
	}
	page.Fields = a.fields(r, shown)
	return page, shown.Revision, nil
}
