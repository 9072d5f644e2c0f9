package api

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"wenxiao/api/accounts"
	"wenxiao/domain"
	"wenxiao/domain/participant"
	"wenxiao/domain/programme"
	"wenxiao/domain/unit"
	"wenxiao/eventstore"
	"wenxiao/eventstore/vault"
)

// Commands on private persons come in the clear and go on protected. In between
// the clear text is in the command and nowhere else: the digest that recognises a
// repeat is made under the person's own key, refusals do not repeat it, and the
// log has addresses and ids only.

// participantCommands are what may be asked to be done with private persons.
func (s *Server) participantCommands(a huma.API) {
	offer[participant.Enter](a, "participants/enter", "participant.enter", nil, func(ctx context.Context, in *entryRequest) (*entered, error) {
		var id string
		out, err := s.change(ctx, in.Conditions, "", func(who Who, seen eventstore.Revision) (done eventstore.Appended, err error) {
			id, done, err = s.enterParticipant(ctx, who, seen, in.Body)
			return done, err
		})
		if err == nil {
			out.Body.Stream = participant.Stream(id)
		}
		return out, err
	})
	idCommand(s, a, "participants/{id}/update", "participant.update", participant.Stream, s.updateParticipant)
	idCommand(s, a, "participants/{id}/record-statement", "participant.record-statement", participant.Stream, s.recordStatement)
	idCommand(s, a, "participants/{id}/hold", "participant.hold", participant.Stream, s.holdParticipant)
	idCommand(s, a, "participants/{id}/release", "participant.release", participant.Stream, s.releaseParticipant)
	idCommand(s, a, "participants/{id}/erase", "participant.erase", participant.Stream, s.eraseParticipant)
}

// entryRequest has no id in its address: whoever enters a person does not choose
// what they are called.
type entryRequest struct {
	Conditions
	Body participant.Enter
}

// enterParticipant enters a person and returns the id they are known by. It
// follows from the command, so that one sent twice enters one person.
func (s *Server) enterParticipant(ctx context.Context, who Who, seen eventstore.Revision, cmd participant.Enter) (string, eventstore.Appended, error) {
	id := s.Vault.Pseudonym(who.Username, who.Command)
	o := order{Who: who, name: "participant.enter", stream: participant.Stream(id), seen: seen, about: Concern{who.Unit, who.Unit}}
	if err := s.allowed(ctx, o); err != nil {
		return id, eventstore.Appended{}, err
	}
	if err := nothingAttached(who); err != nil {
		return id, eventstore.Appended{}, err
	}
	if who.Role == accounts.Filer && cmd.Kind != participant.Beneficiary {
		return id, eventstore.Appended{}, Denied{Code: "permission.kind", Rule: "预算单位只登记本单位项目的受益人；专家和意见人由主管部门、财政部门登记", Basis: "个人信息保护法 第六条"}
	}
	cmd.Identity = trimmed(cmd.Identity)
	if err := domain.Refuse(cmd.Kind.Check(cmd.Identity)...); err != nil {
		return id, eventstore.Appended{}, err
	}
	asked := cmd
	cmd.Keeper = who.Unit
	err := s.protect(ctx, &o, id, participant.Kept{}, cmd.Identity, asked, func() (err error) {
		cmd.Kept, err = s.kept(ctx, id, cmd.Identity)
		return err
	})
	if err != nil {
		return id, eventstore.Appended{}, err
	}
	appended, err := carryOut(ctx, s, o, participant.Stored, cmd)
	return id, appended, err
}

func (s *Server) updateParticipant(ctx context.Context, who Who, id string, seen eventstore.Revision, cmd participant.Update) (_ eventstore.Appended, err error) {
	o, p, err := s.orderOf(ctx, who, "participant.update", id, seen)
	if err != nil {
		return eventstore.Appended{}, err
	}
	cmd.Identity = trimmed(cmd.Identity)
	asked := cmd
	asking, err := s.probe(who, o, p)
	if err != nil {
		return eventstore.Appended{}, err
	}
	defer func() { asking.done(ctx, err) }()
	if cmd.Known, err = s.identity(ctx, id, p.state.Identity); err != nil {
		return eventstore.Appended{}, err
	}
	if asking.now || p.state.Status != participant.Known { // before anything is protected of what cannot be kept
		if _, err = cmd.Decide(p.state); err != nil {
			return eventstore.Appended{}, err
		}
	}
	err = s.protect(ctx, &o, id, p.state.Identity, cmd.Identity, asked, func() (err error) {
		cmd.Kept, err = s.kept(ctx, id, cmd.Changed())
		return err
	})
	if err != nil {
		return eventstore.Appended{}, err
	}
	return carryOut(ctx, s, o, participant.Stored, cmd)
}

func (s *Server) recordStatement(ctx context.Context, who Who, id string, seen eventstore.Revision, cmd participant.RecordStatement) (_ eventstore.Appended, err error) {
	o, p, err := s.orderOf(ctx, who, "participant.record-statement", id, seen)
	if err != nil {
		return eventstore.Appended{}, err
	}
	asked := cmd
	about, err := recall[programme.State](ctx, s, programme.Stored, programme.Stream(cmd.Programme), time.Time{})
	if err != nil {
		return eventstore.Appended{}, err
	}
	if about.state.Status != programme.Unregistered { // of programmes that are theirs, too
		on := o
		on.about = Concern{about.state.Unit, about.state.Department}
		if err := errors.Join(s.allowed(ctx, on), s.notAttested(about.state.Source)); err != nil {
			return eventstore.Appended{}, err
		}
	}
	cmd.Today, cmd.Registered = s.today(), domain.Fact{Event: about.ids["programme.registered.v1"], Holds: about.state.Status != programme.Unregistered}
	if _, err := cmd.Decide(p.state); err != nil {
		return eventstore.Appended{}, err
	}
	known, asking, err := s.known(ctx, who, o, p)
	if err != nil {
		return eventstore.Appended{}, err
	}
	defer func() { asking.done(ctx, err) }()
	o.basis = []string{cmd.Registered.Event}
	err = s.protect(ctx, &o, id, p.state.Identity, known, asked, func() (err error) {
		cmd.Kept, err = s.Vault.Protect(ctx, id, participant.StatementField(cmd.Programme, cmd.Year), cmd.Text)
		return err
	})
	if err != nil {
		return eventstore.Appended{}, err
	}
	return carryOut(ctx, s, o, participant.Stored, cmd)
}

func (s *Server) holdParticipant(ctx context.Context, who Who, id string, seen eventstore.Revision, cmd participant.Hold) (eventstore.Appended, error) {
	return inTheOpen(ctx, s, who, "participant.hold", id, seen, cmd, func(known participant.Identity) participant.Command {
		cmd.Unit, cmd.Known = who.Unit, known
		return cmd
	})
}

func (s *Server) releaseParticipant(ctx context.Context, who Who, id string, seen eventstore.Revision, cmd participant.Release) (eventstore.Appended, error) {
	return inTheOpen(ctx, s, who, "participant.release", id, seen, cmd, func(known participant.Identity) participant.Command {
		cmd.Unit, cmd.Known = who.Unit, known
		return cmd
	})
}

// eraseParticipant writes down that a person is erased and then destroys their
// key. Where the key outlives the event, because the process ended in between,
// asking again destroys it, and so does the next start.
func (s *Server) eraseParticipant(ctx context.Context, who Who, id string, seen eventstore.Revision, cmd participant.Erase) (eventstore.Appended, error) {
	asked := cmd
	if err := s.settle(ctx); err != nil { // who acted a moment ago is an official, too
		return eventstore.Appended{}, err
	}
	official, err := s.Views.Official(ctx, id)
	if err != nil {
		return eventstore.Appended{}, err
	}
	office, err := recall[unit.State](ctx, s, unit.Stored, unit.Stream(who.Unit), time.Time{})
	if err != nil {
		return eventstore.Appended{}, err
	}
	for _, t := range office.state.Tenures {
		if t.Person == cmd.Decider && t.Holds(s.today()) {
			cmd.DeciderName, cmd.InPost = t.Name, domain.Fact{Event: office.ids["unit.person-appointed.v1"], Holds: true}
		}
	}
	if cmd.UnitName, err = s.unitNames(ctx); err != nil {
		return eventstore.Appended{}, err
	}
	cmd.By, cmd.Official = who.Actor(), official
	appended, err := inTheOpen(ctx, s, who, "participant.erase", id, seen, asked, func(known participant.Identity) participant.Command {
		cmd.Known = known
		return cmd
	})
	if err != nil || who.Trial {
		return appended, err
	}
	_, err = s.Vault.Destroy(context.WithoutCancel(ctx), id)
	return appended, err
}

// inTheOpen carries out a command whose own words are kept in the clear, and
// which therefore must not say who the person is.
func inTheOpen(
	ctx context.Context, s *Server, who Who, name, id string, seen eventstore.Revision, asked any, command func(known participant.Identity) participant.Command,
) (_ eventstore.Appended, err error) {
	o, p, err := s.orderOf(ctx, who, name, id, seen)
	if err != nil {
		return eventstore.Appended{}, err
	}
	if p.state.Status == participant.NotEntered { // who is nobody, or an official, has no revision to have seen
		_, err := command(participant.Identity{}).Decide(p.state)
		return eventstore.Appended{}, err
	}
	if p.at == seen || seen == eventstore.AnyRevision {
		if _, err := command(participant.Identity{}).Decide(p.state); err != nil { // all else, before what is known is asked
			return eventstore.Appended{}, err
		}
	}
	known, asking, err := s.known(ctx, who, o, p)
	if err != nil {
		return eventstore.Appended{}, err
	}
	defer func() { asking.done(ctx, err) }()
	if err = unnamed(who, known); err != nil {
		return eventstore.Appended{}, err
	}
	open, err := who.order(name, o.stream, seen, asked)
	if err != nil {
		return eventstore.Appended{}, err
	}
	open.about = o.about
	appended, err := carryOut(ctx, s, open, participant.Stored, command(known))
	return appended, err
}

// orderOf begins a command on a participant; whose affair it is their keeper says.
func (s *Server) orderOf(ctx context.Context, who Who, name, id string, seen eventstore.Revision) (o order, p history[participant.State], err error) {
	o = order{Who: who, name: name, stream: participant.Stream(id), seen: seen}
	h, err := recall[participant.State](ctx, s, participant.Stored, o.stream, time.Time{})
	if err != nil {
		return o, h, err
	}
	keeper, err := recall[unit.State](ctx, s, unit.Stored, unit.Stream(h.state.Keeper), time.Time{})
	if err != nil {
		return o, h, err
	}
	o.about = Concern{h.state.Keeper, keeper.state.Parent}
	if err := s.allowed(ctx, o); err != nil {
		return o, h, err
	}
	return o, h, nothingAttached(who)
}

// nothingAttached refuses files: they are kept in the clear, and by a digest that
// stays in the ledger. What a person wrote or signed goes into the statement.
func nothingAttached(who Who) error {
	if len(who.Attachments) > 0 {
		return domain.Refusal{Code: "participant.attached", Reason: "附件不加密、不能随本人删除，不附在参与人的办理上；内容记进意见", Basis: "个人信息保护法 第四十七条"}
	}
	return nil
}

// protect makes ready to keep what was asked for. Nothing is protected, and no
// key made, for a command that is only tried.
//
// The digest is made under the person's key. Under none, or under one that stays,
// whoever has the ledger could try out whose number it is.
//
// A person who is known has a key, and if it is not here none is made: two keys of
// one person, on two machines, would each open half.
func (s *Server) protect(ctx context.Context, o *order, id string, known participant.Kept, identity participant.Identity, asked any, keep func() error) error {
	if o.Trial {
		return nil
	}
	if known.Name.Key != "" {
		if _, err := s.Vault.Reveal(ctx, id, "name", known.Name); err != nil {
			return keyless(err)
		}
	}
	if err := unnamed(o.Who, identity); err != nil {
		return err
	}
	open, err := o.Who.order(o.name, o.stream, o.seen, nil) // its digest is of what is no secret: who, what, when
	if err != nil {
		return err
	}
	body, err := json.Marshal(asked)
	if err != nil {
		return err
	}
	sum, err := s.Vault.Digest(ctx, id, append([]byte(open.digest+"\x00"), body...))
	if err != nil {
		return keyless(err)
	}
	o.digest = hex.EncodeToString(sum[:16])
	return keyless(keep())
}

// keyless refuses what needs a key that there will never be again, or that is
// elsewhere.
func keyless(err error) error {
	switch {
	case errors.Is(err, vault.ErrDestroyed):
		return domain.Refusal{Code: "participant.key-destroyed", Reason: "该参与人的密钥已经销毁，不能再办理", Basis: "个人信息保护法 第四十七条"}
	case errors.Is(err, vault.ErrMissing), errors.Is(err, vault.ErrAltered):
		return domain.Refusal{Code: "participant.key-missing", Reason: "该参与人的密钥不在本机，放回钥匙库后再办"}
	}
	return err
}

// unnamed refuses a number of the request that tells who it is about: it stands
// in the envelope for good.
func unnamed(who Who, identity participant.Identity) error {
	if participant.Mentions(identity, who.Command) || participant.Mentions(identity, who.Correlation) {
		return domain.Refusal{Code: keyNamesPerson, Reason: "Idempotency-Key 和 X-Request-ID 要永久留存，不能写出参与人的姓名、证件号、电话或账号", Basis: "个人信息保护法 第四十七条"}
	}
	return nil
}

// trimmed is an identity without the blanks around what was typed.
func trimmed(identity participant.Identity) participant.Identity {
	for _, part := range identity.Parts() {
		*part.Value = strings.TrimSpace(*part.Value)
	}
	return identity
}

// kept protects what there is of an identity.
func (s *Server) kept(ctx context.Context, id string, identity participant.Identity) (kept participant.Kept, err error) {
	to := kept.Parts()
	for n, part := range identity.Parts() {
		if *part.Value == "" {
			continue
		}
		if *to[n].Value, err = s.Vault.Protect(ctx, id, part.Field, *part.Value); err != nil {
			return kept, err
		}
	}
	return kept, nil
}

// identity reveals what can be revealed. What cannot, because its key is gone or
// elsewhere, is left out.
func (s *Server) identity(ctx context.Context, id string, kept participant.Kept) (identity participant.Identity, err error) {
	to := identity.Parts()
	for n, part := range kept.Parts() {
		if part.Value.Key == "" {
			continue
		}
		text, err := s.Vault.Reveal(ctx, id, part.Field, *part.Value)
		if err != nil && hiddenBecause(err) == "" {
			return identity, err
		}
		*to[n].Value = text
	}
	return identity, nil
}
