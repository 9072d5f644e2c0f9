package api

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/gorilla/mux"

	"wenxiao/api/feeds"
	"wenxiao/api/web"
	"wenxiao/domain"
	"wenxiao/eventstore"
)

func (s *Server) streamRoutes(r *mux.Router) {
	r.HandleFunc("/deliveries", s.page(s.deliveriesPage)).Methods("GET", "HEAD")
	r.HandleFunc("/deliveries/{target}/{act:again|from}", s.page(s.deliveryForm)).Methods("POST")
	r.HandleFunc("/dead-letters", s.page(s.lettersPage)).Methods("GET", "HEAD")
	r.HandleFunc("/dead-letters/{letter}", s.page(s.letterPage)).Methods("GET", "HEAD")
	r.HandleFunc("/dead-letters/{letter}/{act:retry|dismiss}", s.page(s.letterForm)).Methods("POST")
}

// deliveriesPage shows what goes to other systems and how far each is.
func (s *Server) deliveriesPage(w http.ResponseWriter, r *http.Request) error {
	page, err := s.deliveriesOn(r)
	if err != nil {
		return err
	}
	return s.draw(w, page)
}

func (s *Server) deliveriesOn(r *http.Request) (web.Deliveries, error) {
	who, _ := s.who(r)
	page := web.Deliveries{Frame: s.frame(r, "对外推送", ""), Target: r.URL.Query().Get("target"), Orders: operates(who.Account, "delivery.again") == nil}
	d, err := s.askDeliveries(r.Context(), &deliveriesOf{Target: page.Target})
	page.Targets, page.Failures, page.Acts = d.Targets, d.Failures, d.Acts
	if r.URL.Query().Get("ordered") != "" {
		page.Said = &web.Said{Status: web.Passed.Saying("已安排"), Text: "推送进程会在几秒内重送；对方按事件编号识别重复。"}
	}
	return page, err
}

// deliveryForm orders a replay and leads back. What is refused is said there.
func (s *Server) deliveryForm(w http.ResponseWriter, r *http.Request) error {
	form, err := plainForm(r)
	if err != nil {
		return err
	}
	who, _ := s.who(r)
	position, err := strconv.ParseUint(strings.TrimSpace(form.Get("position")), 10, 63)
	if err != nil {
		err = domain.Refusal{Code: "relay.no-position", Field: "/position", Reason: "账本位置应为正整数"}
	} else if target := mux.Vars(r)["target"]; mux.Vars(r)["act"] == "again" {
		err = s.again(r.Context(), who, target, eventstore.Position(position))
	} else {
		err = s.from(r.Context(), who, target, eventstore.Position(position))
	}
	if err == nil {
		http.Redirect(w, r, "/deliveries?ordered=yes", http.StatusSeeOther)
		return nil
	}
	page, failed := s.deliveriesOn(r)
	if failed != nil {
		return failed
	}
	page.Here = "/deliveries"
	return s.againWith(w, r, err, &page.Frame, func() web.Page { return page })
}

// againWith shows a page once more with what was refused at its head.
func (s *Server) againWith(w http.ResponseWriter, r *http.Request, err error, frame *web.Frame, page func() web.Page) error {
	if len(domain.Refused(err)) == 0 {
		return err
	}
	p := s.problem(r.Context(), err)
	frame.Said = &web.Said{Status: web.Alert.Saying("没有办成"), Text: p.Reason, Basis: basis(p.Basis, p.Code)}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(p.Status)
	return web.Draw(w, page())
}

// plainForm reads a form that is about no record.
func plainForm(r *http.Request) (url.Values, error) {
	if err := r.ParseForm(); err != nil {
		return nil, err
	}
	for _, text := range typed(r.PostForm) {
		if illegible(text) {
			return nil, notText()
		}
	}
	return r.PostForm, nil
}

// lettersPage lists what other systems sent and the ledger refused.
func (s *Server) lettersPage(w http.ResponseWriter, r *http.Request) error {
	state := r.URL.Query().Get("state")
	if state == "" {
		state = feeds.Open
	}
	page := web.Letters{Frame: s.frame(r, "外来数据", ""), State: state}
	list, err := s.askLetters(r.Context(), &lettersOf{State: state})
	if err != nil {
		return err
	}
	for _, l := range list.Rows {
		page.Rows = append(page.Rows, web.LetterRow{ID: l.ID, Source: l.Source, Message: l.Message, Code: l.Code, Reason: l.Reason, At: l.At, State: l.State})
	}
	page.Total = list.Total
	if s.Inbox != nil {
		for _, source := range s.Inbox.Sources {
			page.Sources = append(page.Sources, web.FeedSource{Name: source.Name, From: source.Address(), Account: source.Account, Commands: strings.Join(source.Commands, "、")})
		}
	}
	return s.draw(w, page)
}

// letterPage is one of them, with the bytes as they came.
func (s *Server) letterPage(w http.ResponseWriter, r *http.Request) error {
	page, err := s.letterOn(r)
	if err != nil {
		return err
	}
	return s.draw(w, page)
}

func (s *Server) letterOn(r *http.Request) (page web.Letter, err error) {
	l, err := s.askLetter(r.Context(), &letterOf{mux.Vars(r)["letter"]})
	if err != nil {
		return page, err
	}
	who, _ := s.who(r)
	page = web.Letter{
		Frame: s.frame(r, "一件外来数据", "", web.Crumb{Text: "外来数据", Address: "/dead-letters"}), ID: l.ID, Source: l.Source, Message: l.Message,
		Body: l.Body, Typed: l.Body, Code: l.Code, Reason: l.Reason, Field: l.Field, Basis: l.Basis, At: l.At, State: l.State,
		Handles: l.State == feeds.Open && operates(who.Account, "feed.retry") == nil,
	}
	if source, ok := s.Inbox.Source(l.Source); ok {
		page.Account = source.Account
	}
	for _, a := range l.Acts {
		page.Acts = append(page.Acts, web.LetterAct{At: a.At, Name: a.Name, Act: a.Act, Reason: a.Reason, Body: a.Body, Outcome: a.Outcome})
	}
	switch r.URL.Query().Get("done") {
	case "retry":
		page.Said = &web.Said{Status: web.Passed.Saying("已入账")}
	case "dismiss":
		page.Said = &web.Said{Status: web.Done.Saying("已了结")}
	}
	return page, nil
}

// letterForm retries or dismisses, and keeps what was typed where it is refused.
func (s *Server) letterForm(w http.ResponseWriter, r *http.Request) error {
	form, err := plainForm(r)
	if err != nil {
		return err
	}
	who, _ := s.who(r)
	id, act := mux.Vars(r)["letter"], mux.Vars(r)["act"]
	// A browser sends every line's end as two characters.
	body := strings.ReplaceAll(form.Get("body"), "\r\n", "\n")
	if act == "retry" {
		err = s.retryLetter(r.Context(), who, id, s.asItCame(r, id, body))
	} else {
		err = s.dismissLetter(r.Context(), who, id, form.Get("reason"))
	}
	if err == nil {
		http.Redirect(w, r, "/dead-letters/"+url.PathEscape(id)+"?done="+act, http.StatusSeeOther)
		return nil
	}
	page, failed := s.letterOn(r)
	if failed != nil {
		return errors.Join(failed, err)
	}
	if act == "retry" {
		page.Typed = body
	}
	page.Here = "/dead-letters/" + id
	return s.againWith(w, r, err, &page.Frame, func() web.Page { return page })
}

// asItCame returns the bytes that came where a form has changed nothing but the
// ends of lines.
func (s *Server) asItCame(r *http.Request, id, typed string) string {
	l, err := s.askLetter(r.Context(), &letterOf{id})
	if err == nil && strings.ReplaceAll(l.Body, "\r\n", "\n") == typed {
		return l.Body
	}
	return typed
}
