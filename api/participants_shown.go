package api

import (
	"cmp"
	"context"
	"errors"

	"github.com/danielgtaylor/huma/v2"

	"wenxiao/api/accounts"
	"wenxiao/api/web"
	"wenxiao/domain"
	"wenxiao/domain/participant"
	"wenxiao/eventstore/vault"
	"wenxiao/projections"
)

// readers says whose participants a role may know. The others see ids: what
// auditors and inspectors look into they may read, what the congress is told of
// it need not know by name, and who keeps the accounts nothing.
var readers = grants{accounts.Filer: Own, accounts.Department: Below, accounts.Finance: All, accounts.Auditor: All, accounts.Inspector: All}

func mayRead(account accounts.Account, about Concern) bool {
	reach := readers[account.Role]
	return reach == All || reach >= Own && about.Unit == account.Unit || reach == Below && about.Department == account.Unit
}

// Why something is not shown.
const (
	hiddenByRole    = "无权查看"
	hiddenDestroyed = "密钥已销毁"
	hiddenMissing   = "密钥不在本机"
	hiddenAltered   = "密文与密钥不符"
)

// hiddenBecause says why a text cannot be revealed; "" where err is a fault.
func hiddenBecause(err error) string {
	switch {
	case errors.Is(err, vault.ErrDestroyed):
		return hiddenDestroyed
	case errors.Is(err, vault.ErrMissing):
		return hiddenMissing
	case errors.Is(err, vault.ErrAltered):
		return hiddenAltered
	}
	return ""
}

func erasedBy(event string) string {
	return "已按个人信息保护法删除（事件 " + event + "）"
}

// A revealer shows private persons to one reader. Nothing it reveals is kept.
type revealer struct {
	*Server
	ctx     context.Context
	account accounts.Account
	parents map[domain.UnitCode]domain.UnitCode
	names   map[domain.UnitCode]string
	read    []string // ids of those whose data were revealed, for the log
}

func (s *Server) revealer(ctx context.Context) (*revealer, error) {
	who, ok := whoIn(ctx)
	if !ok {
		return nil, errSignedOut
	}
	units, err := s.Views.Units(ctx)
	r := &revealer{Server: s, ctx: ctx, account: who.Account, parents: map[domain.UnitCode]domain.UnitCode{}, names: map[domain.UnitCode]string{}}
	for _, u := range units {
		r.parents[u.Code], r.names[u.Code] = u.Parent, u.Name
	}
	return r, err
}

// told has the log remember who read about whom.
func (r *revealer) told() {
	if len(r.read) > 0 {
		r.Log.InfoContext(r.ctx, "private data read", "request", requestID(r.ctx), "username", r.account.Username, "participants", r.read)
	}
}

// participant shows one person as the reader may see them.
func (r *revealer) participant(p projections.Participant) (shown web.ParticipantShown, err error) {
	shown = web.ParticipantShown{
		ID: p.ID, Kind: p.Kind, Keeper: p.Keeper, KeeperName: p.KeeperName, Status: p.Status(), Holds: r.holds(p.Holds), Erased: p.Erased,
		EnteredAt: p.EnteredAt, EnteredBy: p.EnteredBy, Steps: p.Steps, Statements: []web.StatementShown{}, Revision: p.Revision, Position: p.Position,
	}
	if shown.Hidden, err = r.hidden(p); err != nil {
		return shown, err
	}
	if shown.Hidden == "" {
		identity, err := r.identity(r.ctx, p.ID, p.Identity)
		if err != nil {
			return shown, err
		}
		masked := web.Masked(identity)
		shown.Identity = &masked
		r.read = append(r.read, p.ID)
	}
	for _, said := range p.Statements {
		one, err := r.statement(said, shown.Identity)
		if err != nil {
			return shown, err
		}
		shown.Statements = append(shown.Statements, one)
	}
	return shown, nil
}

// holds says who holds by name; who is not in the register, by code.
func (r *revealer) holds(held []participant.Held) (shown []web.HoldShown) {
	for _, h := range held {
		shown = append(shown, web.HoldShown{Held: h, UnitName: cmp.Or(r.names[h.Unit], string(h.Unit))})
	}
	return shown
}

// hidden says why a person is not shown, "" if they are.
func (r *revealer) hidden(p projections.Participant) (string, error) {
	switch {
	case p.Erased != nil:
		return erasedBy(p.Erased.Event), nil
	case !mayRead(r.account, Concern{p.Keeper, r.parents[p.Keeper]}):
		return hiddenByRole, nil
	}
	_, err := r.Vault.Reveal(r.ctx, p.ID, "name", p.Identity.Name)
	if why := hiddenBecause(err); why != "" {
		return why, nil
	}
	return "", err
}

// statement shows what was said; by whom, if the reader may know.
func (r *revealer) statement(said projections.Statement, by *participant.Identity) (shown web.StatementShown, err error) {
	shown = web.StatementShown{
		Participant: said.Participant, Kind: said.Kind, Programme: said.Programme, ProgrammeName: said.ProgrammeName, Year: said.Year, Stage: said.Stage,
		Satisfaction: said.Satisfaction, Day: said.Day, RecordedBy: said.RecordedBy, Position: said.Position,
	}
	switch {
	case said.Erased != "":
		shown.Hidden = erasedBy(said.Erased)
	case !mayRead(r.account, Concern{said.Keeper, r.parents[said.Keeper]}):
		shown.Hidden = hiddenByRole
	default:
		shown.Text, err = r.Vault.Reveal(r.ctx, said.Participant, participant.StatementField(said.Programme, said.Year), said.Text)
		if shown.Hidden = hiddenBecause(err); shown.Hidden != "" {
			err = nil
		}
		if by != nil {
			shown.Name = by.Name
		}
	}
	return shown, err
}

type participantsOf struct {
	Fresh
	Paged
	Kind   participant.Kind `query:"kind" enum:"expert,commenter,beneficiary"`
	Keeper domain.UnitCode  `query:"keeper" doc:"登记单位"`
	Status string           `query:"status" enum:"known,held,erased"`
}

func (s *Server) askParticipants(ctx context.Context, in *participantsOf) (web.ParticipantPage, error) {
	return s.participantsShown(ctx, projections.ParticipantFilter{Kind: in.Kind, Keeper: in.Keeper, Status: in.Status, Paging: in.paging()})
}

func (s *Server) participantsShown(ctx context.Context, f projections.ParticipantFilter) (page web.ParticipantPage, err error) {
	r, err := s.revealer(ctx)
	if err != nil {
		return page, err
	}
	defer r.told()
	list, err := s.Views.Participants(ctx, f)
	page = web.ParticipantPage{Rows: []web.ParticipantShown{}, Total: list.Total, Counts: list.Counts}
	for _, p := range list.Rows {
		shown, err := r.participant(p)
		if err != nil {
			return page, err
		}
		page.Rows = append(page.Rows, shown)
	}
	return page, err
}

type participantOf struct {
	ID string `path:"id" doc:"参与人编号"`
	Fresh
}

func (in participantOf) stream() string { return participant.Stream(in.ID) }

func (s *Server) askParticipant(ctx context.Context, in *participantOf) (web.ParticipantShown, error) {
	return s.participantShown(ctx, in.ID)
}

func (s *Server) participantShown(ctx context.Context, id string) (shown web.ParticipantShown, err error) {
	r, err := s.revealer(ctx)
	if err != nil {
		return shown, err
	}
	defer r.told()
	p, err := s.Views.Participant(ctx, id)
	if err != nil {
		return shown, err
	}
	return r.participant(p)
}

type statementsOf struct{ OfYear }

func (s *Server) askStatements(ctx context.Context, in *statementsOf) ([]web.StatementShown, error) {
	return s.statementsShown(ctx, in.Code, in.Year)
}

// statementsShown is what participants said of a programme's year.
func (s *Server) statementsShown(ctx context.Context, code domain.ProgrammeCode, year domain.FiscalYear) ([]web.StatementShown, error) {
	shown := []web.StatementShown{}
	list, err := s.Views.Statements(ctx, code, year)
	if err != nil || len(list) == 0 {
		return shown, err
	}
	r, err := s.revealer(ctx)
	if err != nil {
		return shown, err
	}
	defer r.told()
	people := map[string]*participant.Identity{}
	for _, said := range list {
		by, met := people[said.Participant]
		if !met {
			p, err := s.Views.Participant(ctx, said.Participant)
			if err != nil {
				return shown, err
			}
			person, err := r.participant(projections.Participant{ID: p.ID, Keeper: p.Keeper, Identity: participant.Kept{Name: p.Identity.Name}, Erased: p.Erased})
			if err != nil {
				return shown, err
			}
			by, people[said.Participant] = person.Identity, person.Identity
		}
		one, err := r.statement(said, by)
		if err != nil {
			return shown, err
		}
		shown = append(shown, one)
	}
	return shown, nil
}

// participantQueries are what may be asked of private persons.
func (s *Server) participantQueries(a huma.API) {
	query(s, a, "participants", "participant.list", "参与人登记册：专家、意见人、受益人", s.askParticipants)
	query(s, a, "participants/{id}", "participant.one", "一个参与人", s.askParticipant)
	query(s, a, "programmes/{code}/{year}/statements", "participant.statements", "专家与公众意见", s.askStatements)
}
