package api

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/gorilla/mux"

	"wenxiao/api/feeds"
	"wenxiao/api/web"
)

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
	if l.Whole() {
		page.Whole = feeds.WholeFile
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
