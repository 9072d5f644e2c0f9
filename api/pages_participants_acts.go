package api

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"

	"wenxiao/api/web"
	"wenxiao/domain"
	"wenxiao/domain/participant"
	"wenxiao/eventstore"
	"wenxiao/projections"
)

// participantActs is the list of every act on private persons, in the order of
// the page.
func (s *Server) participantActs() []participantAct {
	there := func(_ Who, p web.ParticipantShown) bool { return p.Erased == nil }
	holds := func(who Who, p web.ParticipantShown) bool {
		return slices.ContainsFunc(p.Holds, func(h web.HoldShown) bool { return h.Unit == who.Unit })
	}
	return []participantAct{
		{
			path: "/participants/new", command: "participant.enter", button: "登记", fields: entryFields, do: s.doEnter,
			effect: "姓名、号码只以本人密钥加密存放，编号由系统随机给出；账本的其他地方只出现编号。",
		},
		{path: "/participants/{id}/record-statement", command: "participant.record-statement", button: "记录", open: there, fields: statementFields, do: s.doState, blank: always(participant.RecordStatement{})},
		{path: "/participants/{id}/update", command: "participant.update", button: "更正", open: there, fields: updateFields, do: s.doUpdate, blank: always(participant.Update{})},
		{
			path: "/participants/{id}/hold", command: "participant.hold", button: "保全", fields: holdFields, do: s.doHold,
			blank: func(who Who, _ func(domain.UnitCode) string) participant.Command {
				return participant.Hold{Unit: who.Unit}
			},
			open: func(who Who, p web.ParticipantShown) bool { return p.Erased == nil && !holds(who, p) },
		},
		{
			path: "/participants/{id}/release", command: "participant.release", button: "解除保全", open: holds, do: s.doRelease,
			blank: func(who Who, _ func(domain.UnitCode) string) participant.Command {
				return participant.Release{Unit: who.Unit}
			},
			fields: func(*http.Request, web.ParticipantShown) []web.Field {
				return []web.Field{lastingReason("解除事由")}
			},
		},
		{
			path: "/participants/{id}/erase", command: "participant.erase", button: "下一步：核对", grave: true, do: s.doErase, fields: s.eraseFields,
			blank: func(_ Who, names func(domain.UnitCode) string) participant.Command {
				return participant.Erase{UnitName: names}
			},
			open:   func(_ Who, p web.ParticipantShown) bool { return p.Erased == nil && len(p.Holds) == 0 },
			effect: "销毁本人密钥，身份和意见从此谁也读不出，不能恢复；账本的记录和证明仍然完整，编号、日期、满意度保留。",
		},
	}
}

func always(c participant.Command) func(Who, func(domain.UnitCode) string) participant.Command {
	return func(Who, func(domain.UnitCode) string) participant.Command { return c }
}

func identityFields(kind participant.Kind, must bool) (fields []web.Field) {
	identity := participant.Identity{}
	for _, part := range identity.Parts() {
		if needed, may := kind.Needs(part.Field); may {
			fields = append(fields, web.Field{Name: "identity-" + part.Field, Label: participant.FieldNames[part.Field], Kind: "text", Must: must && needed})
		}
	}
	return fields
}

func typedIdentity(f *form) (identity participant.Identity) {
	for _, part := range identity.Parts() {
		*part.Value = f.text("identity-" + part.Field)
	}
	return identity
}

func entryFields(r *http.Request, _ web.ParticipantShown) []web.Field {
	kind := participant.Kind(r.URL.Query().Get("kind"))
	if kind.Name() == "" {
		kind = participant.Beneficiary
	}
	is := []web.Option{{Value: string(kind), Text: kind.Name()}}
	return append([]web.Field{{Name: "kind", Label: "类别", Kind: "choice", Must: true, Value: string(kind), Options: is}}, identityFields(kind, true)...)
}

func (s *Server) doEnter(ctx context.Context, who Who, _ string, seen eventstore.Revision, f *form) (string, eventstore.Appended, error) {
	return s.enterParticipant(ctx, who, seen, participant.Enter{Kind: participant.Kind(f.Get("kind")), Identity: typedIdentity(f)})
}

func updateFields(_ *http.Request, p web.ParticipantShown) []web.Field {
	fields := identityFields(p.Kind, false)
	for i := range fields {
		fields[i].Hint = "不填则不变"
	}
	return append(fields, lastingReason("更正事由"))
}

func (s *Server) doUpdate(ctx context.Context, who Who, id string, seen eventstore.Revision, f *form) (string, eventstore.Appended, error) {
	done, err := s.updateParticipant(ctx, who, id, seen, participant.Update{Identity: typedIdentity(f), Reason: f.text("reason")})
	return id, done, err
}

func statementFields(_ *http.Request, p web.ParticipantShown) []web.Field {
	var stages []web.Option
	for _, stage := range p.Kind.Stages() {
		stages = append(stages, web.Option{Value: string(stage), Text: stage.Name()})
	}
	fields := []web.Field{
		{Name: "programme", Label: "项目编码", Kind: "text", Must: true},
		{Name: "year", Label: "年度", Kind: "number", Must: true},
		{Name: "stage", Label: "环节", Kind: "choice", Must: true, Options: stages},
		{Name: "day", Label: "日期", Kind: "day", Must: true},
		{Name: "text", Label: "意见内容", Kind: "long", Must: true, Hint: "只以本人密钥加密存放"},
	}
	if p.Kind != participant.Expert {
		fields = append(fields, web.Field{Name: "satisfaction", Label: "满意度", Kind: "number", Hint: "0—100，不加密，用于统计"})
	}
	return fields
}

func (s *Server) doState(ctx context.Context, who Who, id string, seen eventstore.Revision, f *form) (string, eventstore.Appended, error) {
	cmd := participant.RecordStatement{
		Programme: domain.ProgrammeCode(f.text("programme")), Year: f.year("year"), Stage: participant.Stage(f.Get("stage")),
		Text: f.text("text"), Satisfaction: f.optional("satisfaction"), Day: f.day("day"),
	}
	if f.bad() {
		return id, eventstore.Appended{}, nil
	}
	done, err := s.recordStatement(ctx, who, id, seen, cmd)
	return id, done, err
}

func lastingReason(label string) web.Field {
	return web.Field{Name: "reason", Label: label, Kind: "long", Must: true, Hint: "永久留存，不写姓名和号码"}
}

func holdFields(*http.Request, web.ParticipantShown) []web.Field {
	return []web.Field{{Name: "document", Label: "文号", Kind: "text", Must: true}, lastingReason("保全事由")}
}

func (s *Server) doHold(ctx context.Context, who Who, id string, seen eventstore.Revision, f *form) (string, eventstore.Appended, error) {
	done, err := s.holdParticipant(ctx, who, id, seen, participant.Hold{Document: f.text("document"), Reason: f.text("reason")})
	return id, done, err
}

func (s *Server) doRelease(ctx context.Context, who Who, id string, seen eventstore.Revision, f *form) (string, eventstore.Appended, error) {
	done, err := s.releaseParticipant(ctx, who, id, seen, participant.Release{Reason: f.text("reason")})
	return id, done, err
}

func (s *Server) eraseFields(r *http.Request, _ web.ParticipantShown) []web.Field {
	var grounds, askers []web.Option
	for g := participant.PurposeMet; g <= participant.OtherLaw; g++ {
		grounds = append(grounds, web.Option{Value: fmt.Sprint(int(g)), Text: participant.Grounds[g]})
	}
	for _, a := range []participant.AskedBy{participant.Person, participant.Relative, participant.Guardian, participant.Keeper} {
		askers = append(askers, web.Option{Value: string(a), Text: participant.Askers[a]})
	}
	return []web.Field{
		{Name: "ground", Label: "依据", Kind: "choice", Must: true, Options: grounds, Hint: "个人信息保护法 第四十七条第一款"},
		{Name: "askedBy", Label: "谁提出", Kind: "choice", Must: true, Options: askers},
		{Name: "decider", Label: "决定人", Kind: "choice", Must: true, Options: s.deciders(r), Hint: "本单位在任的另一人"},
		{Name: "document", Label: "文号", Kind: "text"},
		lastingReason("删除事由"),
	}
}

// deciders are those of the reader's unit who hold a post, but the reader.
func (s *Server) deciders(r *http.Request) (options []web.Option) {
	who, _ := s.who(r)
	units, err := s.Views.Units(r.Context())
	if err != nil {
		return nil // the form is then refused for want of a decider
	}
	i := slices.IndexFunc(units, func(u projections.Unit) bool { return u.Code == who.Unit })
	if i < 0 {
		return nil
	}
	for _, post := range units[i].Posts {
		if post.Person != "" && post.Person != who.Person {
			options = append(options, web.Option{Value: post.Person, Text: post.Name + "（" + post.Title + "）"})
		}
	}
	return options
}

func (s *Server) doErase(ctx context.Context, who Who, id string, seen eventstore.Revision, f *form) (string, eventstore.Appended, error) {
	ground, _ := strconv.Atoi(f.Get("ground"))
	done, err := s.eraseParticipant(ctx, who, id, seen, participant.Erase{
		Ground: participant.Ground(ground), Reason: f.text("reason"), AskedBy: participant.AskedBy(f.Get("askedBy")), Decider: f.text("decider"), Document: f.text("document"),
	})
	return id, done, err
}
