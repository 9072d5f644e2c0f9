package api

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"github.com/gorilla/mux"

	"wenxiao/api/web"
	"wenxiao/domain"
	"wenxiao/eventstore"
)

// pageRoutes are the addresses people open.
func (s *Server) pageRoutes(r *mux.Router) {
	r.PathPrefix("/static/").Handler(web.Static()).Methods("GET", "HEAD")
	r.HandleFunc("/sign-in", s.signInPage).Methods("GET", "HEAD")
	r.HandleFunc("/sign-in", s.signInForm).Methods("POST")
	r.HandleFunc("/sign-out", s.signOutForm).Methods("POST")

	r.HandleFunc("/", s.page(s.startPage)).Methods("GET", "HEAD")
	r.HandleFunc("/programmes", s.page(s.registerPage)).Methods("GET", "HEAD")
	r.HandleFunc("/programmes.xlsx", s.page(s.registerExcel)).Methods("GET", "HEAD")
	r.HandleFunc("/programmes.csv", s.page(s.registerCSV)).Methods("GET", "HEAD")
	s.errandRoute(r, "/programmes/new", s.registration)
	r.HandleFunc("/programmes/{code}", s.page(s.latestYear)).Methods("GET", "HEAD")
	r.HandleFunc("/programmes/{code}/{year}", s.page(s.programmePage)).Methods("GET", "HEAD")
	r.HandleFunc("/goals", s.page(s.filingsPage)).Methods("GET", "HEAD")
	r.HandleFunc("/rectifications", s.page(s.rectificationsPage)).Methods("GET", "HEAD")
	r.HandleFunc("/rectifications/{id}", s.page(s.rectificationPage)).Methods("GET", "HEAD")
	s.actRoutes(r)
	s.participantRoutes(r)
	s.replayRoutes(r)
	s.chainRoutes(r)
	s.recordRoutes(r)
	s.checkRoutes(r)
	s.monitoringRoutes(r)
	s.proofRoutes(r)
	s.streamRoutes(r)
}

// page shows something to who is signed in; others sign in first and come back.
// ?lang= sets the language and leaves the address without it.
func (s *Server) page(show func(http.ResponseWriter, *http.Request) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if language := r.URL.Query().Get("lang"); language != "" {
			speak(w, r, language)
			return
		}
		if _, ok := s.who(r); !ok {
			if r.Method == http.MethodPost {
				s.fail(w, r, errSignedOut)
				return
			}
			http.Redirect(w, r, "/sign-in?"+url.Values{"back": {r.URL.RequestURI()}}.Encode(), http.StatusSeeOther)
			return
		}
		if err := show(w, r); err != nil {
			s.fail(w, r, err)
		}
	}
}

// languageCookie holds en for English; anything else is Chinese.
const languageCookie = "wenxiao-language"

func speak(w http.ResponseWriter, r *http.Request, language string) {
	if language != "en" {
		language = "zh"
	}
	http.SetCookie(w, &http.Cookie{Name: languageCookie, Value: language, Path: "/", MaxAge: 365 * 24 * 60 * 60, HttpOnly: true, SameSite: http.SameSiteLaxMode})
	q := r.URL.Query()
	q.Del("lang")
	http.Redirect(w, r, (&url.URL{Path: r.URL.Path, RawQuery: q.Encode()}).String(), http.StatusSeeOther)
}

// frame is what stands around every page. crumbs lead to it; nav is the section
// it belongs to.
func (s *Server) frame(r *http.Request, title, nav string, crumbs ...web.Crumb) web.Frame {
	f := web.Frame{Title: title, Nav: nav, Crumbs: crumbs, Demo: s.Demo || s.Invented, Here: r.URL.RequestURI()}
	if nav != "/" {
		f.Crumbs = slices.Insert(slices.Clone(crumbs), 0, web.Crumb{Text: "工作台", Address: "/"})
	}
	if s.Demo {
		f.Place = "示例市"
	}
	if cookie, err := r.Cookie(languageCookie); err == nil {
		f.English = cookie.Value == "en"
	}
	if who, ok := s.who(r); ok {
		f.Who = web.Who{Person: who.Person, Name: who.Name, Post: who.Post, Unit: who.UnitName}
		f.Mark = web.Mark{Position: s.reached(r.Context()), AsOf: s.Now(), Seal: s.sealMark()}
		f.Said = s.said(r, who)
		f.Exchanges = operates(who.Account, exchanges) == nil
	}
	return f
}

// sealMark is how far the ledger is signed, nil where it is not sealed. It stands
// on every page: it asks no store.
func (s *Server) sealMark() *web.Seal {
	if s.Sealer == nil {
		return nil
	}
	mark := &web.Seal{State: sealState(s.Sealer.Sealed())}
	if c, ok := s.Sealer.Latest(); ok {
		mark.Size, mark.Code = c.Size, web.ShortCode(c.Root)
	}
	return mark
}

// reached is the position that every table has read to: what a page shows is the
// ledger as of there. 0 where that cannot be told.
func (s *Server) reached(ctx context.Context) eventstore.Position {
	at, err := s.Runner.Reached(ctx)
	if err != nil {
		return 0
	}
	return at
}

// said confirms what the reader has just done: ?entered= names a position, and
// the record there must be the reader's own.
func (s *Server) said(r *http.Request, who Who) *web.Said {
	n, err := strconv.ParseUint(r.URL.Query().Get("entered"), 10, 64)
	if err != nil || n == 0 {
		return nil
	}
	for record, err := range s.Store.ReadAll(r.Context(), eventstore.Position(n-1)) {
		if err != nil || record.Actor.Person != who.Person {
			return nil
		}
		said := &web.Said{Status: web.Passed.Saying("已入账"), Text: "账本位置 " + strconv.FormatUint(n, 10)}
		if s.Sealer != nil {
			said.Receipt = "/receipt/" + strconv.FormatUint(n, 10)
		}
		return said
	}
	return nil
}

// draw answers with a page.
func (s *Server) draw(w http.ResponseWriter, page web.Page) error {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	return web.Draw(w, page)
}

// drawAs answers with a page under a status of its own.
func (s *Server) drawAs(w http.ResponseWriter, status int, page web.Page) error {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	return web.Draw(w, page)
}

// addressed reads the programme and the year that an address names.
func addressed(r *http.Request) (domain.ProgrammeCode, domain.FiscalYear, error) {
	code := domain.ProgrammeCode(mux.Vars(r)["code"])
	year, err := strconv.Atoi(mux.Vars(r)["year"])
	if err != nil || code.Check() != nil || !domain.FiscalYear(year).Valid() {
		return "", 0, errNoSuchPage
	}
	return code, domain.FiscalYear(year), nil
}

// problemPage tells a person what went wrong.
func (s *Server) problemPage(w http.ResponseWriter, r *http.Request, p *Problem) {
	if p.Status == http.StatusUnauthorized && r.Method == http.MethodGet {
		w.Header().Del("WWW-Authenticate") // a browser would ask for a password in its own way
		http.Redirect(w, r, "/sign-in?"+url.Values{"back": {r.URL.RequestURI()}}.Encode(), http.StatusSeeOther)
		return
	}
	if err := s.drawAs(w, p.Status, s.problemOn(r, p)); err != nil {
		s.Log.ErrorContext(r.Context(), "draw problem", "err", err)
	}
}

func (s *Server) problemOn(r *http.Request, p *Problem) web.Problem {
	page := web.Problem{
		Frame: s.frame(r, p.Title, ""), Status: web.Alert.Saying("%s", p.Title), Reason: p.Reason, Basis: basis(p.Basis, p.Code),
		Moved: moved(p, ""), Ways: []web.Crumb{{Text: "工作台", Address: "/"}, {Text: "项目登记册", Address: "/programmes"}},
	}
	if p.Status == http.StatusPreconditionFailed {
		page.Status = web.Warning.Saying("没有保存")
	}
	if p.Status == http.StatusUnauthorized {
		page.Ways = []web.Crumb{{Text: "登录", Address: "/sign-in"}}
	}
	for i, fault := range p.Errors {
		if i > 0 {
			page.More = append(page.More, web.Said{Status: page.Status, Text: fault.Reason, Basis: basis(fault.Basis, fault.Code)})
		}
	}
	return page
}

// basis puts the article and the code into one line.
func basis(article, code string) string {
	if article == "" {
		return "编码 " + code
	}
	return article + "；编码 " + code
}

// moved tells what others did meanwhile; now is the address of the record as it is.
func moved(p *Problem, now string) *web.Moved {
	if len(p.Changed) == 0 {
		return nil
	}
	m := &web.Moved{Now: now}
	for _, c := range p.Changed {
		m.Acts = append(m.Acts, web.MovedAct{At: c.When, By: c.Who, Sentence: c.Sentence})
	}
	return m
}
