package api

import (
	"net/http"
	"strconv"
	"strings"

	"wenxiao/api/accounts"
	"wenxiao/api/web"
	"wenxiao/projections"
)

// filingsPage is the filing desk: a unit sees its own programmes, others all.
func (s *Server) filingsPage(w http.ResponseWriter, r *http.Request) error {
	who, _ := s.who(r)
	q := r.URL.Query()
	page := web.Filings{
		Frame: s.frame(r, "填报", "/goals"), Years: s.years(),
		May: func(p projections.Programme, command string) bool {
			return May(who.Account, command, Concern{p.Unit, p.Department})
		},
	}
	page.Filter = registerFilter(r)
	page.Filter.Text = strings.TrimSpace(q.Get("q"))
	page.Filter.Page, _ = strconv.Atoi(q.Get("page"))
	switch who.Role {
	case accounts.Filer:
		page.Filter.Unit = who.Unit
	case accounts.Department:
		page.Filter.Department = who.Unit
	}
	var err error
	if who.Role != accounts.Filer {
		if page.Units, err = s.unitOptions(r); err != nil {
			return err
		}
	}
	if page.ProgrammeList, err = s.Views.Programmes(r.Context(), page.Filter); err != nil {
		return err
	}
	return s.draw(w, page)
}
