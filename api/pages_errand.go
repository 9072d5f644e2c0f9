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
)

// An errand is an act as one request comes to do it: its form, and what the form
// does. A grave one is shown once more, to be confirmed.
type errand struct {
	page  web.Act             // before anything is typed
	now   eventstore.Revision // of what it writes to
	grave bool
	files string    // what files may come with it; empty: none
	about situation // what files are handed in about
	given []string  // fields that an address may fill in advance: ?warning=2

	// do does what was typed, and returns the address where it can be seen.
	do func(Who, *form) (string, eventstore.Appended, error)
}

// errandRoute serves a page on which a person does something: asked reads what
// that is, or why not.
func (s *Server) errandRoute(r *mux.Router, path string, asked func(*http.Request) (errand, error)) {
	r.HandleFunc(path, s.page(s.errandPage(asked))).Methods("GET", "HEAD")
	r.HandleFunc(path, s.page(s.errandForm(asked))).Methods("POST")
}

// errandPage shows the empty form.
func (s *Server) errandPage(asked func(*http.Request) (errand, error)) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		e, err := asked(r)
		if err != nil {
			return err
		}
		for i := range e.page.Fields {
			field := &e.page.Fields[i]
			if v := r.URL.Query().Get(field.Name); v != "" && slices.Contains(e.given, field.Name) {
				field.Value = v
			}
		}
		if err := s.begin(r.Context(), &e, nil); err != nil {
			return err
		}
		return s.draw(w, e.page)
	}
}

// errandForm does what the form says, or shows it again: to be checked, or with
// what is wrong. What was typed is kept.
func (s *Server) errandForm(asked func(*http.Request) (errand, error)) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		e, err := asked(r)
		if err != nil {
			return err
		}
		typed, err := s.readAct(w, r, e.about)
		if err != nil {
			return err
		}
		if err := s.begin(r.Context(), &e, typed); err != nil {
			return err
		}
		if typed.Get("do") == "fill" {
			return s.draw(w, e.page)
		}
		who, _ := s.who(r)
		who.Command = typed.command
		who.Trial = e.grave && typed.Get("do") != "done" || typed.bad() // a file refused: nothing is done without it
		back, appended, err := e.do(who, typed)
		if err = typed.otherwise(err); err != nil {
			return s.actAgain(w, r, e, err)
		}
		if who.Trial {
			e.page.Stage = "check"
			return s.draw(w, e.page)
		}
		return s.entered(w, r, back, appended)
	}
}

// begin makes the page ready to be sent: as the record stands now, or as it was
// typed if anything was.
func (s *Server) begin(ctx context.Context, e *errand, typed *form) error {
	page := &e.page
	page.Signing = signing(page.Who)
	page.Seen, page.Command = fmt.Sprint(e.now), uuid.Must(uuid.NewV7()).String()
	if typed != nil {
		page.Seen, page.Command = fmt.Sprint(typed.seen), typed.command
		for i := range page.Fields {
			page.Fields[i].Value = typed.Get(page.Fields[i].Name)
		}
	}
	if e.files == "" {
		return nil
	}
	field, err := s.filesField(ctx, e.files, typed)
	page.Fields = append(page.Fields, field)
	return err
}

func signing(who web.Who) string {
	return fmt.Sprintf("以“%s，%s%s”身份办理。办过的事不能删改，记在本人名下。", who.Name, who.Unit, who.Post)
}

// actAgain shows the form with what is wrong.
func (s *Server) actAgain(w http.ResponseWriter, r *http.Request, e errand, err error) error {
	page := &e.page
	return s.formAgain(w, r, page, err, func(p *Problem) {
		page.Seen = fmt.Sprint(e.now)
		if page.Moved = moved(p, page.Back); page.Moved == nil || p.Expected == 0 {
			page.Errors = []web.Wrongly{{Reason: p.Reason}}
		}
	})
}

// formAgain shows a form with the refusals at their fields, or with what others did
// meanwhile. What cannot be put right on the form goes to the funnel.
func (s *Server) formAgain(w http.ResponseWriter, r *http.Request, page sent, err error, meanwhile func(*Problem)) error {
	p := s.problem(r.Context(), err)
	switch p.Status {
	case http.StatusUnprocessableEntity:
		for _, fault := range p.Errors {
			page.Refuse(web.Wrongly{Field: fieldOf(fault.Pointer), Reason: fault.Reason, Basis: basis(fault.Basis, fault.Code)})
		}
	case http.StatusPreconditionFailed:
		meanwhile(p)
	default:
		return err
	}
	return s.drawAs(w, p.Status, page)
}

// A sent page was filled and sent, and comes back with what is wrong.
type sent interface {
	web.Page
	Refuse(web.Wrongly) // at the field it is about
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

// fieldOf turns a pointer into the command, /completeness/score, into the name
// of the control for it.
func fieldOf(pointer string) string {
	return strings.ReplaceAll(strings.TrimPrefix(pointer, "/"), "/", "-")
}
