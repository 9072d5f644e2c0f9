package api

import (
	"cmp"
	"context"
	"slices"
	"time"

	limits "golang.org/x/time/rate"

	"wenxiao/domain"
	"wenxiao/domain/participant"
	"wenxiao/eventstore"
)

// That a text names a person is a thing only who knows the person can say. Asked
// often enough, with many numbers at a time, the answer tells the number that
// pages mask. So it is given only to a command that would else be done: whoever
// guesses wrong has done something in the ledger under their own name. And who
// guesses right is written down, and soon has to wait.
const (
	namedAtOnce = 5                // texts that name a person an account may send before it has to wait
	namedAgain  = 30 * time.Minute // until it may send another
)

const keyNamesPerson = "participant.key-names-person"

// A probe is a command that what is known of a person is held against.
type probe struct {
	*Server
	now      bool // the command is carried out if nothing is found: held against it is what is known
	username string
	stream   string
	taken    *limits.Reservation
	at       time.Time
}

// probe begins one. A command that is only tried, or that comes too late to be
// done, is compared with nothing.
func (s *Server) probe(who Who, o order, p history[participant.State]) (asking probe, err error) {
	if who.Trial || p.state.Status != participant.Known || o.seen != eventstore.AnyRevision && o.seen != p.at {
		return asking, nil
	}
	if _, err := o.meta(s.Now()); err != nil {
		return asking, err
	}
	limit, _ := s.probes.LoadOrStore(who.Username, limits.NewLimiter(limits.Every(namedAgain), namedAtOnce))
	now := s.Now()
	taken := limit.(*limits.Limiter).ReserveN(now, 1)
	if wait := taken.DelayFrom(now); wait > 0 {
		taken.CancelAt(now)
		seconds := int(wait/time.Second) + 1
		return asking, &Problem{
			Status: 429, Title: "暂不能办理", Code: "participant.too-many-namings", Wait: seconds, Basis: "个人信息保护法 第五十一条",
			Reason: "多次写出参与人的姓名或号码，" + inWords(seconds) + "后再办",
		}
	}
	return probe{s, true, who.Username, o.stream, taken, now}, nil
}

// known is what the command's texts must not say: nothing, where it is not asked.
func (s *Server) known(ctx context.Context, who Who, o order, p history[participant.State]) (known participant.Identity, asking probe, err error) {
	if asking, err = s.probe(who, o, p); err != nil || !asking.now {
		return known, asking, err
	}
	known, err = s.identity(ctx, o.stream[len(participant.Stream("")):], p.state.Identity)
	if err != nil {
		asking.done(ctx, nil)
	}
	return known, asking, err
}

// done gives back what was reserved, unless the person was named: that is told to
// the log.
func (p probe) done(ctx context.Context, err error) {
	if !p.now {
		return
	}
	if named := func(r domain.Refusal) bool { return r.Code == participant.NamesPerson || r.Code == keyNamesPerson }; slices.ContainsFunc(domain.Refused(err), named) {
		p.Log.WarnContext(ctx, "a text names a private person", "request", requestID(ctx), "username", p.username, "stream", p.stream)
		return
	}
	p.taken.CancelAt(p.at) // a reservation is given back as of when it was made
}

// unitNames is how units are called; one that is not in the register, by its code.
func (s *Server) unitNames(ctx context.Context) (func(domain.UnitCode) string, error) {
	units, err := s.Views.Units(ctx)
	names := map[domain.UnitCode]string{}
	for _, u := range units {
		names[u.Code] = u.Name
	}
	return func(code domain.UnitCode) string {
		return cmp.Or(names[code], string(code))
	}, err
}
