package api

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/gorilla/mux"

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
	return s.drawAs(w, p.Status, page())
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
