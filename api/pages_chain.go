package api

import (
	"net/http"
	"strings"

	"github.com/gorilla/mux"

	"wenxiao/api/web"
	"wenxiao/domain"
	"wenxiao/projections"
)

func (s *Server) chainRoutes(r *mux.Router) {
	r.HandleFunc("/programmes/{code}/{year}/chain", s.page(s.chainPage)).Methods("GET", "HEAD")
	r.HandleFunc("/people", s.page(s.peoplePage)).Methods("GET", "HEAD")
	r.HandleFunc("/people/{person}", s.page(s.personPage)).Methods("GET", "HEAD")
}

const chainNav = "/programmes?open=chain"

// chainPage is who handed what to whom in a programme's year, and where nothing
// is to be seen.
func (s *Server) chainPage(w http.ResponseWriter, r *http.Request) error {
	code, year, err := addressed(r)
	if err != nil {
		return err
	}
	at, err := s.pastMoment(r.Context(), r.URL.Query().Get("at"))
	if err != nil {
		return err
	}
	asOf := s.today()
	if text := r.URL.Query().Get("asOf"); text != "" {
		if asOf, err = domain.ParseDay(text); err != nil {
			return err
		}
	}
	chain, err := s.Views.Chain(r.Context(), code, year, asOf, at)
	if err != nil {
		return err
	}
	page := web.Chain{
		Frame: s.frame(r, "责任链："+chain.ProgrammeName, chainNav, web.Crumb{Text: "项目登记册", Address: chainNav}), Chain: chain,
		LeadsOnly: r.URL.Query().Get("leads") != "", Picked: r.URL.Query().Get("person"),
	}
	page.Wide = true
	if at != 0 && at < page.Mark.Position {
		s.lookBack(r, &page.Frame, at, page.With("at", ""))
	}
	return s.draw(w, page)
}

// personPage is one person across posts, programmes and years.
func (s *Server) personPage(w http.ResponseWriter, r *http.Request) error {
	at, err := s.pastMoment(r.Context(), r.URL.Query().Get("at"))
	if err != nil {
		return err
	}
	chain, err := s.Views.PersonChain(r.Context(), mux.Vars(r)["person"], at)
	if err != nil {
		return err
	}
	if len(chain.Tenures)+len(chain.Acts) == 0 {
		return projections.ErrNotFound
	}
	page := web.Person{
		Frame: s.frame(r, "责任链："+chain.Name, chainNav, web.Crumb{Text: "责任链", Address: chainNav}, web.Crumb{Text: "查人", Address: "/people"}),
		Chain: chain, Today: s.today(), Evidence: s.personEvidence(r, chain.Person),
	}
	page.Wide = true
	if at != 0 && at < page.Mark.Position {
		s.lookBack(r, &page.Frame, at, page.With("at", ""))
	}
	return s.draw(w, page)
}

// peoplePage finds a person.
func (s *Server) peoplePage(w http.ResponseWriter, r *http.Request) error {
	text := strings.TrimSpace(r.URL.Query().Get("q"))
	people, err := s.Views.People(r.Context(), text)
	if err != nil {
		return err
	}
	return s.draw(w, web.People{Frame: s.frame(r, "查人", chainNav, web.Crumb{Text: "责任链", Address: chainNav}), Text: text, Rows: people})
}
