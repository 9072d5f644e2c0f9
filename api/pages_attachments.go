package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/gorilla/mux"

	"wenxiao/api/web"
	"wenxiao/domain/attachment"
	"wenxiao/eventstore"
	"wenxiao/eventstore/attachments"
	"wenxiao/projections"
)

func (s *Server) attachmentPages(r *mux.Router) {
	r.HandleFunc("/attachments/{digest}", s.page(s.attachmentPage)).Methods("GET", "HEAD")
	s.errandRoute(r, "/attachments/{digest}/withdraw", s.withdrawal)
}

// attachmentPage is one file: who handed it in, which acts rest on it, and whether
// its bytes are still what they were.
func (s *Server) attachmentPage(w http.ResponseWriter, r *http.Request) error {
	digest := mux.Vars(r)["digest"]
	a, err := s.Views.Attachment(r.Context(), digest)
	if err != nil {
		return err
	}
	page := web.Attachment{Frame: s.frame(r, a.Name, "/record", web.Crumb{Text: "审计轨迹", Address: "/record"}), File: a, Found: s.found(r.Context(), a)}
	if page.Uses, err = s.Views.AttachmentUses(r.Context(), digest); err != nil {
		return err
	}
	f, err := s.file(r.Context(), digest)
	if err != nil {
		return err
	}
	who, _ := s.who(r)
	switch err := s.mayRead(r.Context(), who.Account, f); {
	case err == nil:
		page.Read = true
	case !errors.As(err, new(Denied)):
		return err
	}
	if err := s.mayWithdraw(r.Context(), who, f); err == nil {
		page.Acts = []web.Crumb{{Text: "撤下附件", Address: "/attachments/" + digest + "/withdraw"}}
	}
	return s.draw(w, page)
}

// attachedTo returns the files that a stretch of the trail rests on.
func (s *Server) attachedTo(ctx context.Context, entries []projections.Entry) (projections.Attached, error) {
	if len(entries) == 0 {
		return nil, nil
	}
	first, last := entries[0].Position, entries[0].Position
	for _, e := range entries {
		first, last = min(first, e.Position), max(last, e.Position)
	}
	return s.Views.AttachedAt(ctx, first, last)
}

// found compares the bytes of a file with its digest now.
func (s *Server) found(ctx context.Context, a projections.Attachment) web.Status {
	if a.Withdrawn != nil {
		return web.NotTested.Saying("已撤下")
	}
	switch err := s.Files.Check(a.Digest); {
	case err == nil:
		return web.Agrees
	case errors.Is(err, attachments.ErrMissing):
		return web.Differs.Saying("文件缺失")
	default:
		s.Log.ErrorContext(ctx, "attachment", "err", err)
		return web.Differs
	}
}

// mayWithdraw refuses who may not take the file back, and what is not there to be
// taken back.
func (s *Server) mayWithdraw(ctx context.Context, who Who, f attachment.State) error {
	if !f.Kept() {
		return projections.ErrNotFound
	}
	about, err := s.matter(ctx, f.Deposits[len(f.Deposits)-1])
	if err != nil {
		return err
	}
	return Allowed(who.Account, "attachment.withdraw", about)
}

var withdrawalFields = []web.Field{
	{Name: "ground", Label: "缘由", Kind: "choice", Must: true, Options: []web.Option{
		{Value: string(attachment.Mistake), Text: "误交：还没有办理以它为依据"}, {Value: string(attachment.ByLaw), Text: "依法应当删除"},
	}},
	{Name: "reason", Label: "理由", Kind: "long", Must: true, Hint: "单位、审计、纪检都看得到"},
	{Name: "article", Label: "法律条款", Kind: "text", Hint: "依法撤下时填，如 个人信息保护法 第四十七条"},
	{Name: "document", Label: "决定文号", Kind: "text", Hint: "依法撤下时填"},
}

// withdrawal takes a file back, for who may; it cannot be undone.
func (s *Server) withdrawal(r *http.Request) (errand, error) {
	digest := mux.Vars(r)["digest"]
	now, last, err := s.revision(r.Context(), attachment.Stream(digest))
	if err == nil {
		err = s.waitFor(r.Context(), last)
	}
	if err != nil {
		return errand{}, err
	}
	f, err := s.file(r.Context(), digest)
	if err != nil {
		return errand{}, err
	}
	who, _ := s.who(r)
	if err := s.mayWithdraw(r.Context(), who, f); err != nil {
		return errand{}, err
	}
	page := web.Act{
		Frame:  s.frame(r, "撤下附件", "/record", web.Crumb{Text: "审计轨迹", Address: "/record"}),
		Fields: slices.Clone(withdrawalFields),
		Post:   r.URL.Path, Button: "下一步：核对", Back: "/attachments/" + digest,
		Effect: "撤下后文件随即删除，不能恢复；谁交的、指纹、谁撤下的、为什么，都留在账本里。",
	}
	name := f.Deposits[len(f.Deposits)-1].Name
	page.Crumbs, page.About = append(page.Crumbs, web.Crumb{Text: name, Address: page.Back}), name+"　|　SHA-256 "+digest[:12]+"…"
	return errand{page: page, now: now, grave: true, do: func(who Who, f *form) (string, eventstore.Appended, error) {
		appended, err := s.withdraw(r.Context(), who, digest, f.seen, attachment.Withdraw{
			Ground: attachment.Ground(f.text("ground")), Reason: f.text("reason"), Article: f.text("article"), Document: f.text("document"),
		})
		return page.Back, appended, err
	}}, nil
}

// filesField is the control that takes files, with those handed in already.
func (s *Server) filesField(ctx context.Context, label string, typed *form) (web.Field, error) {
	field := web.Field{
		Name: "attachments", Label: label, Kind: "files",
		Hint: fmt.Sprintf("可一次选几个，至多 %d 个，每个不超过 %d MiB；选好后随本页一起交存", attachment.MostPerAct, s.Files.Most>>20),
	}
	if typed == nil {
		return field, nil
	}
	var err error
	field.Value = strings.Join(typed.attachments, " ")
	field.Chosen, err = s.chosen(ctx, typed.attachments)
	return field, err
}
