package api

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"wenxiao/api/accounts"
	"wenxiao/domain"
	"wenxiao/domain/attachment"
	"wenxiao/domain/programme"
	"wenxiao/domain/unit"
	"wenxiao/eventstore"
	"wenxiao/eventstore/attachments"
	"wenxiao/projections"
)

// fileReaders says who may read the bytes of files handed in, and in whose
// matters. What the ledger says of them everybody may read who is signed in.
var fileReaders = grants{
	accounts.Filer: Own, accounts.Department: Below, accounts.Finance: All, accounts.Treasury: All,
	accounts.Auditor: All, accounts.Inspector: All, accounts.Congress: All,
}

// mayRead refuses who has no business with a file.
func (s *Server) mayRead(ctx context.Context, account accounts.Account, f attachment.State) error {
	reach := fileReaders[account.Role]
	if reach == All {
		return nil
	}
	for _, d := range f.Deposits {
		about, err := s.matter(ctx, d)
		if err != nil {
			return err
		}
		if reach > 0 && about.Unit == account.Unit || reach == Below && about.Department == account.Unit {
			return nil
		}
	}
	return Denied{Code: "attachment.not-yours", Rule: fmt.Sprintf("附件由有关单位、其主管部门和监督部门查看，%s账户不能看这一件", account.Role.Name())}
}

// matter is whose affair a deposit is: its unit's, and the department's over it.
func (s *Server) matter(ctx context.Context, d attachment.Deposited) (Concern, error) {
	u, _, err := eventstore.Load[unit.State](ctx, s.Store, unit.Stored, unit.Stream(d.Unit))
	if err != nil || u.Parent != "" || d.Programme == "" {
		return Concern{d.Unit, u.Parent}, err
	}
	p, _, err := eventstore.Load[programme.State](ctx, s.Store, programme.Stored, programme.Stream(d.Programme))
	if err != nil || p.Unit != d.Unit {
		return Concern{Unit: d.Unit}, err
	}
	return Concern{d.Unit, p.Department}, nil
}

// file is one file as the ledger has it now.
func (s *Server) file(ctx context.Context, digest string) (attachment.State, error) {
	f, _, err := eventstore.Load[attachment.State](ctx, s.Store, attachment.Stored, attachment.Stream(digest))
	return f, err
}

// cite checks the files an order rests on, and names them in its basis, so that
// their digests stand in the envelope.
func (s *Server) cite(ctx context.Context, o *order) error {
	if len(o.Attachments) == 0 {
		return nil
	}
	if err := attachment.CheckDigests(o.Attachments); err != nil {
		return err
	}
	var no domain.Refusals
	for _, digest := range o.Attachments {
		f, err := s.file(ctx, digest)
		if err != nil {
			return err
		}
		if err := s.citable(ctx, o.Account, digest, f); err != nil {
			if len(domain.Refused(err)) == 0 {
				return err
			}
			no = append(no, domain.Refused(err)...)
		}
		o.basis = append(slices.Clip(o.basis), attachment.Stream(digest))
	}
	return domain.Refuse(no...)
}

// citable refuses a file that is not there for this account to rest an act on.
func (s *Server) citable(ctx context.Context, account accounts.Account, digest string, f attachment.State) error {
	if err := f.Citable(digest); err != nil {
		return err
	}
	if err := s.mayRead(ctx, account, f); err != nil {
		if denied := (Denied{}); errors.As(err, &denied) {
			return domain.Refusal{Code: denied.Code, Reason: denied.Rule, Field: "/attachments"}
		}
		return err
	}
	if last := f.Deposits[len(f.Deposits)-1]; !s.Files.Has(digest, last.Size) {
		s.Log.ErrorContext(ctx, "attachment is missing", "digest", digest)
		return domain.Refusal{Code: "attachment.missing", Field: "/attachments", Reason: fmt.Sprintf("附件“%s”的文件不在，重新上传后再引用", last.Name)}
	}
	return nil
}

// deposit hands in a file that was received.
func (s *Server) deposit(ctx context.Context, who Who, taken *attachments.Taken, cmd attachment.Deposit) (appended eventstore.Appended, err error) {
	cmd.Digest, cmd.SM3, cmd.Size, cmd.MediaType, cmd.By = taken.Digest, taken.SM3, taken.Size, taken.MediaType, who.Actor()
	who.Trial, who.Attachments = false, nil
	o, err := s.depositing(ctx, who, attachment.Stream(taken.Digest), &cmd)
	if err != nil {
		return appended, err
	}
	err = taken.Keep(func() (err error) {
		appended, err = carryOut(ctx, s, o, attachment.Stored, cmd)
		return err
	})
	return appended, err
}

// depositing begins the order by which a file is handed in: in the matter of a
// programme's unit, or of one's own. It is refused before anything is received.
func (s *Server) depositing(ctx context.Context, who Who, stream string, cmd *attachment.Deposit) (o order, err error) {
	if cmd.Programme == "" {
		cmd.Unit = who.Unit
		if o, err = who.order("attachment.deposit", stream, eventstore.AnyRevision, cmd); err != nil {
			return o, err
		}
		o.about = Concern{Unit: who.Unit}
	} else {
		var p history[programme.State]
		if o, p, err = s.about(ctx, who, "attachment.deposit", stream, eventstore.AnyRevision, cmd.Programme, cmd); err != nil {
			return o, err
		}
		cmd.Unit = p.state.Unit
	}
	return o, s.allowed(ctx, o)
}

// withdraw takes a file back. The bytes go once the event is in the ledger.
func (s *Server) withdraw(ctx context.Context, who Who, digest string, seen eventstore.Revision, cmd attachment.Withdraw) (eventstore.Appended, error) {
	o, err := who.order("attachment.withdraw", attachment.Stream(digest), seen, cmd)
	if err != nil {
		return eventstore.Appended{}, err
	}
	f, err := s.file(ctx, digest)
	if err != nil {
		return eventstore.Appended{}, err
	}
	if len(f.Deposits) == 0 {
		return eventstore.Appended{}, projections.ErrNotFound
	}
	if o.about, err = s.matter(ctx, f.Deposits[len(f.Deposits)-1]); err != nil {
		return eventstore.Appended{}, err
	}
	if err := s.allowed(ctx, o); err != nil {
		return eventstore.Appended{}, err
	}
	cmd.By = who.Actor()
	appended, err := s.takeBack(ctx, o, digest, cmd)
	if err == nil && !who.Trial {
		s.clear(ctx, digest)
	}
	return appended, err
}

// citing is held by who rests an act on files, beside others, and alone by who
// takes one back.
const citing = "citing"

// takeBack asks what rests on a file and writes that it is withdrawn, while no act
// begins to rest on one.
func (s *Server) takeBack(ctx context.Context, o order, digest string, cmd attachment.Withdraw) (appended eventstore.Appended, err error) {
	release, err := s.Guard.Alone(ctx, citing)
	if err != nil {
		return appended, err
	}
	defer release()
	if cmd.Cited, err = s.cited(ctx, digest); err != nil {
		return appended, err
	}
	return enact(ctx, s, o, attachment.Stored, cmd)
}

// cited is the last act that rests on a file.
func (s *Server) cited(ctx context.Context, digest string) (domain.Fact, error) {
	if err := s.settle(ctx); err != nil {
		return domain.Fact{}, err
	}
	uses, err := s.Views.AttachmentUses(ctx, digest)
	if err != nil || len(uses) == 0 {
		return domain.Fact{}, err
	}
	last := uses[len(uses)-1]
	return domain.Fact{Event: last.Event, Holds: true, Text: fmt.Sprintf("账本位置 %d", last.Position)}, nil
}

// clear removes the bytes of a file withdrawn. What fails here the sweep does.
func (s *Server) clear(ctx context.Context, digest string) {
	if _, err := s.Files.Clear(digest, s.verdict(ctx)); err != nil {
		s.Log.ErrorContext(ctx, "remove attachment", "digest", digest, "err", err)
	}
}

// verdict says of a file what the ledger says of it. One that was taken back as a
// mistake, and that an act rests on all the same, is kept: a process whose guard
// was lost with its connection may have written the act between the question and
// the withdrawal.
func (s *Server) verdict(ctx context.Context) func(digest string) (attachments.Verdict, error) {
	return func(digest string) (attachments.Verdict, error) {
		f, err := s.file(ctx, digest)
		switch {
		case err != nil || len(f.Deposits) == 0:
			return attachments.Unknown, err
		case f.Withdrawn == nil:
			return attachments.Kept, nil
		case f.Withdrawn.Ground == attachment.Mistake:
			used, err := s.cited(ctx, digest)
			if err != nil || used.Holds {
				return attachments.Kept, err
			}
		}
		return attachments.Withdrawn, nil
	}
}

// SweepFiles clears away, now and four times a day until ctx ends, what was
// uploaded and never handed in, and what was withdrawn.
func (s *Server) SweepFiles(ctx context.Context) error {
	for every := time.Tick(6 * time.Hour); ; {
		swept, err := s.Files.Sweep(time.Now(), s.verdict(ctx))
		for _, e := range swept {
			s.Log.WarnContext(ctx, "attachment swept", "digest", e.Digest, "path", e.Path, "bytes", e.Size, "since", e.Since)
		}
		if err != nil && ctx.Err() == nil {
			s.Log.ErrorContext(ctx, "sweep attachments", "err", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-every:
		}
	}
}

// attachmentRoutes are what may be asked of files, and done with them; uploads and
// the bytes themselves are in attachments_upload.go and attachments_serve.go.
func (s *Server) attachmentRoutes(a huma.API) {
	digestCommand(s, a, "attachments/{digest}/withdraw", "attachment.withdraw", attachment.Stream, s.withdraw)
	query(s, a, "attachments", "attachment.list", "交存的附件", s.askAttachments)
	query(s, a, "attachments/{digest}", "attachment.one", "一个附件：何人交存，何事以它为依据", s.askAttachment)
}

type digestRequest[C any] struct {
	Digest string `path:"digest" pattern:"^[0-9a-f]{64}$" doc:"文件的 SHA-256"`
	Conditions
	Body C
}

// digestCommand offers a command on a file.
func digestCommand[C any](
	s *Server, api huma.API, path, name string, stream func(string) string,
	do func(context.Context, Who, string, eventstore.Revision, C) (eventstore.Appended, error),
) {
	offer[C](api, path, name, nil, func(ctx context.Context, in *digestRequest[C]) (*entered, error) {
		return s.change(ctx, in.Conditions, stream(in.Digest), func(who Who, seen eventstore.Revision) (eventstore.Appended, error) {
			return do(ctx, who, in.Digest, seen, in.Body)
		})
	})
}

type attachmentsOf struct {
	Fresh
	Paged
	Text      string               `query:"text" doc:"名称、说明、单位、项目或摘要"`
	Unit      domain.UnitCode      `query:"unit"`
	Programme domain.ProgrammeCode `query:"programme"`
}

func (s *Server) askAttachments(ctx context.Context, in *attachmentsOf) (projections.List[projections.Attachment], error) {
	return s.Views.Attachments(ctx, projections.AttachmentFilter{Text: in.Text, Unit: in.Unit, Programme: in.Programme, Paging: in.paging()})
}

type attachmentOf struct {
	Digest string `path:"digest" pattern:"^[0-9a-f]{64}$" doc:"文件的 SHA-256"`
	Fresh
}

func (in attachmentOf) stream() string { return attachment.Stream(in.Digest) }

// AttachmentAnswer is one file with the acts that rest on it.
type AttachmentAnswer struct {
	projections.Attachment
	Uses []projections.Use `json:"uses" doc:"以它为依据的办理"`
}

func (s *Server) askAttachment(ctx context.Context, in *attachmentOf) (AttachmentAnswer, error) {
	a, err := s.Views.Attachment(ctx, in.Digest)
	if err != nil {
		return AttachmentAnswer{}, err
	}
	uses, err := s.Views.AttachmentUses(ctx, in.Digest)
	return AttachmentAnswer{a, uses}, err
}

// digests reads a list of files from a header or from the controls of a form:
// parted by commas or blanks, each once.
func digests(lists ...string) (all []string) {
	for _, list := range lists {
		for _, d := range strings.FieldsFunc(list, func(r rune) bool { return r == ',' || r == ' ' || r == '\t' }) {
			if !slices.Contains(all, d) {
				all = append(all, d)
			}
		}
	}
	return all
}
