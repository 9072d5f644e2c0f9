package api

import (
	"net/http"
	"slices"
	"strings"
	"unicode"

	"wenxiao/api/accounts"
	"wenxiao/api/web"
)

// signInPage asks who is there. The demonstration offers its roles.
func (s *Server) signInPage(w http.ResponseWriter, r *http.Request) {
	if language := r.URL.Query().Get("lang"); language != "" {
		speak(w, r, language)
		return
	}
	s.askWho(w, r, http.StatusOK, nil)
}

// signInForm opens a session: by password, or in the demonstration by role.
func (s *Server) signInForm(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		s.fail(w, r, err)
		return
	}
	if slices.ContainsFunc(typed(r.PostForm), illegible) {
		s.fail(w, r, notText())
		return
	}
	var err error
	if role := r.PostForm.Get("as"); role != "" {
		err = s.signInDemo(r, role)
	} else {
		err = s.signIn(r, r.PostForm.Get("username"), r.PostForm.Get("password"))
	}
	if err != nil {
		p := s.problem(r.Context(), err)
		s.askWho(w, r, p.Status, p)
		return
	}
	http.Redirect(w, r, backTo(r.PostForm.Get("back")), http.StatusSeeOther)
}

func (s *Server) signOutForm(w http.ResponseWriter, r *http.Request) {
	if err := s.signOut(r); err != nil {
		s.fail(w, r, err)
		return
	}
	http.Redirect(w, r, "/sign-in", http.StatusSeeOther)
}

func (s *Server) askWho(w http.ResponseWriter, r *http.Request, status int, p *Problem) {
	page := web.SignIn{Frame: s.frame(r, "登录", ""), Back: backTo(r.FormValue("back")), Username: r.PostFormValue("username")}
	page.Crumbs = nil
	if p != nil {
		page.Wrong = &web.Said{Status: web.Alert.Saying("%s", p.Title), Text: p.Reason}
	}
	if s.Demo {
		roles, err := s.demoRoles(r)
		if err != nil {
			s.fail(w, r, err)
			return
		}
		page.Roles = roles
	}
	if err := s.drawAs(w, status, page); err != nil {
		s.Log.ErrorContext(r.Context(), "draw sign-in", "err", err)
	}
}

// backTo keeps a way back within this site. Browsers drop tabs and the like from
// an address: /<tab>/elsewhere would lead there.
func backTo(address string) string {
	if !strings.HasPrefix(address, "/") || strings.HasPrefix(address, "//") || strings.Contains(address, `\`) || strings.ContainsFunc(address, unicode.IsControl) {
		return "/"
	}
	return address
}

// demoRoles are the accounts the demonstration lends out, with what each may do.
func (s *Server) demoRoles(r *http.Request) (roles []web.DemoRole, err error) {
	all, err := s.Accounts.List(r.Context())
	for _, a := range all {
		if a.Disabled {
			continue
		}
		roles = append(roles, web.DemoRole{Username: a.Username, Role: a.Role.Name(), Post: a.Post, Name: a.Name, Unit: a.UnitName, May: roleMay[a.Role]})
	}
	return roles, err
}

// roleMay says in a line what a role is for; the table of permissions decides.
var roleMay = map[accounts.Role]string{
	accounts.Filer:      "填报目标和自评，报送监控，说明预警，报送整改",
	accounts.Department: "审核、退回所属单位的目标和自评",
	accounts.Finance:    "审核批复目标，暂缓恢复拨款，复核定级自评，发整改通知、销号",
	accounts.Treasury:   "下达指标，记支付，更正支付",
	accounts.Auditor:    "查看全部经过、回放、责任链、审计轨迹",
	accounts.Inspector:  "查看责任链、线索和全部经过",
	accounts.Congress:   "查看目标、执行、评价和整改结果",
	accounts.Admin:      "管理账户；不办理业务",
}
