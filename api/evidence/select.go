package evidence

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"wenxiao/domain"
	"wenxiao/domain/attachment"
	"wenxiao/domain/participant"
	"wenxiao/domain/programme"
	"wenxiao/domain/unit"
	"wenxiao/eventstore"
	"wenxiao/eventstore/attachments"
	"wenxiao/eventstore/seal"
	"wenxiao/eventstore/vault"
	"wenxiao/projections"
)

// A Source is the ledger that bundles are made from.
type Source struct {
	Store      eventstore.Store
	Views      projections.Views
	Tiles      seal.Tiles
	Checkpoint seal.Checkpoint        // published, with its cosignatures
	Policy     seal.Policy            // as the ledger states it
	Files      *attachments.Directory // nil: there are none
	Keys       *vault.Vault           // nil: nothing of private persons is opened

	// MayRead reports whether who asks may have the bytes of a file; nil: all.
	MayRead func(ctx context.Context, digest string) (bool, error)
}

// A selecting works out a selection. Positions are all it holds of records.
type selecting struct {
	ctx context.Context
	Source
	Selection
	streams map[string]*Stream
	whole   []eventstore.Position // of streams taken whole
	waiting []string              // context streams still to be read
	later   []eventstore.Position // withdrawals that no stream or filter brought
	files   []string              // digests that records rest on or hand in
}

// choose works out what r asks for, and where it lies, in order.
func choose(ctx context.Context, src Source, r Request) (Selection, []eventstore.Position, error) {
	r, err := legible(r)
	if err != nil {
		return Selection{}, nil, err
	}
	s := &selecting{ctx: ctx, Source: src, Selection: Selection{Format: Format, Program: program(), Wording: Wording, Request: r}, streams: map[string]*Stream{}}
	if err := s.place(); err != nil {
		return Selection{}, nil, err
	}
	switch {
	case r.Programme != "":
		err = s.programme()
	case r.Person != "":
		err = s.person()
	case r.Query != nil:
		err = s.query()
	default:
		err = domain.Refusal{Code: "evidence.of-what", Reason: "须说明取证范围：一个项目、一个人，或一组查询条件"}
	}
	if err == nil {
		err = s.settle()
	}
	return s.Selection, s.positions(), err
}

// legible is r as it will be read again: what is no UTF-8 cannot be written down.
func legible(r Request) (again Request, err error) {
	text, err := json.Marshal(r)
	return again, errors.Join(err, json.Unmarshal(text, &again))
}

// place settles as of which position and day the ledger is asked. Only what is
// under the checkpoint can be proven.
func (s *selecting) place() error {
	signed := s.Checkpoint.Size
	switch {
	case signed == 0:
		return domain.Refusal{Code: "evidence.not-sealed", Reason: "账本还没有签过名的检查点，取出来也无从证明；运行 wenxiao seal publish，或稍候再取"}
	case s.At > signed:
		return domain.Refusal{Code: "evidence.not-sealed", Reason: fmt.Sprintf("检查点只到账本位置 %d，还不能证明第 %d 位；运行 wenxiao seal publish，或稍候再取", signed, s.At)}
	}
	asOf := domain.DayOf(s.On)
	last := s.At
	if last == 0 {
		last = signed
	}
	for r, err := range s.Store.ReadAll(s.ctx, last-1) {
		if err != nil {
			return err
		}
		s.Moment = r.RecordedAt
		break
	}
	if s.At != 0 {
		asOf = domain.DayOf(s.Moment)
	}
	s.At, s.AsOf, s.On = last, asOf, s.On.UTC().Truncate(time.Second)
	if s.On.Before(s.Moment.Truncate(time.Second)) {
		return domain.Refusal{Code: "evidence.before-moment", Field: "/on", Reason: fmt.Sprintf("取证时间 %s 早于账本位置 %d 的记账时间 %s；核对取证时间或本机时钟，或取更早的位置", moment(s.On), s.At, moment(s.Moment))}
	}
	return nil
}

func (s *selecting) programme() error {
	names, err := s.Views.ProgrammeStreams(s.ctx, s.Programme)
	if err == nil && len(names) == 0 {
		err = domain.Refusal{Code: "programme.unknown", Reason: fmt.Sprintf("账本里没有项目 %s", s.Programme)}
	}
	if err != nil {
		return err
	}
	years, err := s.Views.ProgrammeYears(s.ctx, s.Programme)
	if err != nil && !errors.Is(err, projections.ErrNotFound) {
		return err
	}
	if s.Year != 0 {
		if !slices.Contains(years, s.Year) {
			return domain.Refusal{Code: "programme.unknown-year", Reason: fmt.Sprintf("账本里没有项目 %s 的 %d 年度", s.Programme, s.Year)}
		}
		years = []domain.FiscalYear{s.Year}
		if names, err = s.Views.YearStreams(s.ctx, s.Programme, s.Year); err != nil {
			return err
		}
		names = slices.DeleteFunc(names, func(n string) bool { return strings.HasPrefix(n, unit.Stream("")) })
	}
	for _, name := range names {
		if err := s.take(name, false); err != nil {
			return err
		}
	}
	return s.heard(years)
}

// heard takes what participants said of the programme: of each their entry, what
// became of it, and what they said of this programme, and not of others (个人信息
// 保护法 第六条: no more than is needed).
func (s *selecting) heard(years []domain.FiscalYear) error {
	done := map[string]bool{}
	for _, year := range years {
		said, err := s.Views.Statements(s.ctx, s.Programme, year)
		if err != nil {
			return err
		}
		for _, statement := range said {
			if done[statement.Participant] || statement.Position > s.At {
				continue
			}
			done[statement.Participant] = true
			if err := s.participant(statement.Participant); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *selecting) participant(id string) error {
	for r, err := range s.Store.ReadStream(s.ctx, participant.Stream(id), 0) {
		if err != nil || r.Position > s.At {
			return err
		}
		if about := subjectOf(r.Data); r.Type == (participant.StatementRecorded{}).EventType() && (about.Programme != s.Programme || s.Year != 0 && about.Year != s.Year) {
			continue
		}
		s.one(r)
	}
	return nil
}

// private takes what the ledger has of a participant, and the programmes they
// spoke of, to be understood. It stays sealed but for Personal.
func (s *selecting) private() error {
	p, err := s.Views.Participant(s.ctx, s.Person)
	if errors.Is(err, projections.ErrNotFound) {
		return domain.Refusal{Code: "person.unknown", Reason: fmt.Sprintf("账本里没有人员或参与人 %s", s.Person)}
	}
	if err != nil {
		return err
	}
	for _, said := range p.Statements {
		s.wait(programme.Stream(said.Programme))
	}
	s.wait(unit.Stream(p.Keeper))
	return s.take(participant.Stream(s.Person), false)
}

func (s *selecting) person() error {
	chain, err := s.Views.PersonChain(s.ctx, s.Person, s.At)
	if errors.Is(err, projections.ErrNotFound) || err == nil && len(chain.Acts)+len(chain.Tenures) == 0 {
		return s.private()
	}
	if err != nil {
		return err
	}
	for _, t := range chain.Tenures {
		name := unit.Stream(t.Unit)
		if t.Capacity == projections.CapacityResponsible {
			name = programme.Stream(t.Programme)
		}
		if err := s.take(name, false); err != nil {
			return err
		}
	}
	return s.trail(projections.TrailFilter{Person: s.Person})
}

func (s *selecting) query() error { return s.trail(*s.Query) }

// trail takes every record that a filter finds, one by one.
func (s *selecting) trail(f projections.TrailFilter) error {
	f.At, f.Ascending, f.Before, f.Limit = s.At, true, 0, projections.MaxPerPage
	for {
		page, err := s.Views.Trail(s.ctx, f)
		if err != nil {
			return err
		}
		found := make([]eventstore.Position, len(page.Entries))
		for i, e := range page.Entries {
			found[i] = e.Position
			if e.Programme != "" {
				s.wait(programme.Stream(e.Programme))
			}
		}
		for r, err := range recordsAt(s.ctx, s.Store, found) {
			if err != nil {
				return err
			}
			s.one(r)
		}
		if !page.More {
			return nil
		}
		f.Before = page.Next
	}
}

// take takes a whole stream.
func (s *selecting) take(name string, context bool) error {
	if s.streams[name] != nil {
		return nil
	}
	stream := &Stream{Name: name, Context: context}
	s.streams[name] = stream
	for r, err := range s.Store.ReadStream(s.ctx, name, 0) {
		if err != nil {
			return err
		}
		if r.Position > s.At {
			break
		}
		stream.Revision = r.Revision
		s.whole = append(s.whole, r.Position)
		s.around(r, context)
	}
	return nil
}

// one takes one record.
func (s *selecting) one(r eventstore.Record) {
	s.Records = append(s.Records, r.Position)
	s.around(r, false)
}

// around notes what is needed to understand a record: the files it rests on and,
// of what was asked for, the units that are named.
func (s *selecting) around(r eventstore.Record, context bool) {
	if digest, ok := attachment.Digest(r.Stream); ok && !slices.Contains(s.files, digest) {
		s.files = append(s.files, digest)
	}
	for _, basis := range r.Basis {
		if digest, ok := attachment.Digest(basis); ok {
			s.wait(attachment.Stream(digest))
		}
	}
	if context {
		return
	}
	named := []string{r.Actor.Unit}
	if r.Type == (programme.Registered{}).EventType() {
		about := subjectOf(r.Data)
		named = append(named, about.Unit, about.Department)
	}
	for _, u := range named {
		if u != "" {
			s.wait(unit.Stream(domain.UnitCode(u)))
		}
	}
}

func (s *selecting) wait(name string) {
	if s.streams[name] == nil && !slices.Contains(s.waiting, name) {
		s.waiting = append(s.waiting, name)
	}
}

// settle takes the context and puts everything in order.
func (s *selecting) settle() error {
	for len(s.waiting) > 0 {
		name := s.waiting[0]
		s.waiting = s.waiting[1:]
		if err := s.take(name, true); err != nil {
			return err
		}
	}
	for _, stream := range s.streams {
		if stream.Revision > 0 {
			s.Streams = append(s.Streams, *stream)
		}
	}
	slices.SortFunc(s.Streams, func(a, b Stream) int { return cmp.Compare(a.Name, b.Name) })
	slices.Sort(s.whole)
	slices.Sort(s.Records)
	s.Records = slices.DeleteFunc(slices.Compact(s.Records), func(p eventstore.Position) bool {
		_, whole := slices.BinarySearch(s.whole, p)
		return whole
	})
	if len(s.whole)+len(s.Records) == 0 {
		return domain.Refusal{Code: "evidence.nothing", Reason: fmt.Sprintf("到账本位置 %d 为止，没有符合“%s”的记录", s.At, s.Title())}
	}
	return errors.Join(s.withhold(), s.reveal())
}

// withhold names the files that were withdrawn, whenever that was: what the law
// does not let us keep is not handed out of the past either. And those that who
// asks may not have.
func (s *selecting) withhold() error {
	slices.Sort(s.files)
	for _, digest := range s.files {
		a, err := s.Views.Attachment(s.ctx, digest)
		if err != nil {
			return err
		}
		if a.Withdrawn != nil {
			if err := s.withdrawn(digest, a.Withdrawn.Position); err != nil {
				return err
			}
			continue
		}
		if s.MayRead == nil {
			continue
		}
		if may, err := s.MayRead(s.ctx, digest); err != nil {
			return err
		} else if !may {
			s.Withheld = append(s.Withheld, Withheld{Digest: digest, Barred: true})
		}
	}
	return nil
}

// withdrawn withholds a file, and takes the record of its withdrawal, also one
// after At: nobody has to believe us.
func (s *selecting) withdrawn(digest string, at eventstore.Position) error {
	if at > s.Checkpoint.Size {
		return domain.Refusal{Code: "evidence.not-sealed", Reason: fmt.Sprintf("有附件于账本位置 %d 撤下，检查点只到 %d，还不能证明；运行 wenxiao seal publish，或稍候再取", at, s.Checkpoint.Size)}
	}
	s.Withheld = append(s.Withheld, Withheld{Digest: digest, Withdrawn: at})
	if !slices.Contains(s.Records, at) && (at > s.At || s.streams[attachment.Stream(digest)] == nil) {
		s.later = append(s.later, at)
	}
	return nil
}

func (s *selecting) positions() []eventstore.Position {
	all := slices.Concat(s.whole, s.Records, s.later)
	slices.Sort(all)
	return all
}

// recordsAt yields the records at positions, which are in order. Where they lie
// close together it reads on rather than anew.
func recordsAt(ctx context.Context, store eventstore.Store, positions []eventstore.Position) iter.Seq2[eventstore.Record, error] {
	const near = 256
	return func(yield func(eventstore.Record, error) bool) {
		for len(positions) > 0 {
			from := positions[0]
			for r, err := range store.ReadAll(ctx, from-1) {
				if err != nil {
					yield(r, err)
					return
				}
				if r.Position == positions[0] {
					positions = positions[1:]
					if !yield(r, nil) {
						return
					}
				}
				if len(positions) == 0 || positions[0] > r.Position+near {
					break
				}
			}
			if len(positions) > 0 && positions[0] == from {
				yield(eventstore.Record{}, fmt.Errorf("%w: no record at %d", eventstore.ErrDamaged, from))
				return
			}
		}
	}
}

// A subject is what the data of an event may say of what they are about.
type subject struct {
	Programme    domain.ProgrammeCode `json:"programme"`
	Year         domain.FiscalYear    `json:"year"`
	Unit         string               `json:"unit"`
	Department   string               `json:"department"`
	Jurisdiction string               `json:"jurisdiction"`
	Due          domain.Day           `json:"due"`
	Digest       string               `json:"digest"`
	SM3          string               `json:"sm3"`
	Size         int64                `json:"size"`
	Name         string               `json:"name"`
	Source       json.RawMessage      `json:"source"`
	Ground       string               `json:"ground"`
	Reason       string               `json:"reason"`
}

// subjectOf reads data as far as they say it; what is of another type elsewhere
// stays empty.
func subjectOf(data []byte) (s subject) {
	_ = json.Unmarshal(data, &s)
	return s
}
