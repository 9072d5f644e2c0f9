package api

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/gorilla/mux"

	"wenxiao/api/web"
	"wenxiao/domain"
	"wenxiao/domain/rulebook"
	"wenxiao/projections"
)

func (s *Server) monitoringRoutes(r *mux.Router) {
	r.HandleFunc("/monitoring", s.page(s.monitoringPage)).Methods("GET", "HEAD")
}

// monitoringPage is the dual-monitoring board.
func (s *Server) monitoringPage(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	page := web.Monitoring{Frame: s.frame(r, "双监控", "/monitoring"), Today: s.today(), Years: s.years(), Filter: monitoringFilter(r)}
	page.Wide = true
	board, err := s.Views.MonitoringBoard(r.Context(), page.Filter)
	if err != nil {
		return err
	}
	page.MonitoringBoard = board
	if page.Units, err = s.unitOptions(r); err != nil {
		return err
	}
	book := s.localRules(r.Context(), board.Rows)
	page.Thresholds = boardThresholds(book)
	who, _ := s.who(r)
	page.Decides = slices.ContainsFunc(remedies, func(command string) bool { return holds(who, command) })
	if code, year, ok := strings.Cut(q.Get("act"), "."); ok && page.Decides {
		if page.Disposal, err = s.disposal(r.Context(), who, page, domain.ProgrammeCode(code), yearIn(year)); err != nil {
			return err
		}
	}
	return s.draw(w, page)
}

func monitoringFilter(r *http.Request) projections.MonitoringFilter {
	q := r.URL.Query()
	f := projections.MonitoringFilter{
		Text: strings.TrimSpace(q.Get("q")), Unit: domain.UnitCode(q.Get("unit")), Year: yearIn(q.Get("year")), Status: q.Get("status"),
		Contradiction: q.Get("contradiction") != "", Sort: q.Get("sort"),
	}
	f.Page, _ = strconv.Atoi(q.Get("page"))
	f.PerPage = 20
	return f
}

// remedies are the acts that answer what the board shows, in the order they are
// offered.
var remedies = []string{
	"monitoring.explain-warning", "monitoring.clear-warning", "execution.suspend", "execution.resume", "execution.stop", "execution.recall",
	"execution.recover", "rectification.issue",
}

// holds reports whether an account's role may ever give a command.
func holds(who Who, command string) bool {
	i := slices.IndexFunc(Permissions, func(p Permission) bool { return p.Command == command })
	if i < 0 {
		return false
	}
	_, ok := Permissions[i].Reach[who.Role]
	return ok
}

// disposal offers what may be done about one programme's year now. It decides
// nothing: each act has a page of its own.
func (s *Server) disposal(ctx context.Context, who Who, page web.Monitoring, code domain.ProgrammeCode, year domain.FiscalYear) (*web.Disposal, error) {
	i := slices.IndexFunc(page.Rows, func(m projections.Monitoring) bool { return m.Programme == code && m.Year == year })
	if i < 0 {
		return nil, nil // turned to another page or filter: the board without the panel
	}
	at, err := s.situation(ctx, code, year)
	if err != nil {
		return nil, err
	}
	d := &web.Disposal{Row: web.NewMonitoringRow(page.Rows[i], page.Today, page.English), Signing: signing(page.Who)}
	acts := s.acts()
	for _, command := range remedies {
		j := slices.IndexFunc(acts, func(a act) bool { return a.command == command && !strings.Contains(a.path, "{id}") })
		if j < 0 || !acts[j].open(at) || !May(who.Account, command, at.about()) {
			continue
		}
		remedy := web.Remedy{Word: acts[j].title(), Address: acts[j].address(at), Grave: acts[j].grave}
		if acts[j].effect != nil {
			remedy.Effect = acts[j].effect(at)
		}
		for _, p := range Permissions {
			if p.Command == command {
				remedy.Basis = p.Basis
			}
		}
		d.Acts = append(d.Acts, remedy)
	}
	return d, nil
}

// localRules is the rulebook whose thresholds the board names: that of the first
// programme shown, since one board is one finance bureau's.
func (s *Server) localRules(ctx context.Context, rows []projections.Monitoring) *rulebook.Rulebook {
	for _, m := range rows {
		if p, err := s.Views.Programme(ctx, m.Programme, m.Year); err == nil {
			if book, ok := rulebook.InForce(p.Jurisdiction, s.today()); ok {
				return book
			}
		}
	}
	return rulebook.Default()
}

// boardThresholds words the numbers by which the board warns, each with its source.
func boardThresholds(book *rulebook.Rulebook) []web.Threshold {
	p := book.Parameters
	return []web.Threshold{
		{Status: web.Warning, Text: fmt.Sprintf("任一条线落后时间 %s 个百分点以上", p.Behind.Value), Source: p.Behind.Source.String()},
		{Status: web.Alert, Text: fmt.Sprintf("落后时间 %s 个百分点以上，或支出超过全年预算", p.FarBehind.Value), Source: p.FarBehind.Source.String()},
		{Status: web.Attention.Saying("矛盾"), Text: fmt.Sprintf("两线相差 %s 个百分点以上为矛盾", p.Apart.Value), Source: p.Apart.Source.String()},
	}
}
