package projections

import (
	"context"
	"fmt"
	"strings"

	"wenxiao/domain"
	"wenxiao/domain/attachment"
	"wenxiao/eventstore"
)

// attachments keeps the files handed in, and which acts rest on which.
type attachments struct{}

var attachmentsTable = &tableOf[Attachment]{
	Table: Table{
		Name:    "attachments_v1",
		Columns: "digest TEXT, search TEXT, units TEXT, programmes TEXT, position BIGINT",
		Key:     "digest",
		Indexes: []string{"position"},
	},
	columns: func(args []any, k key, a *Attachment) []any {
		names, units, programmes := []string{a.Digest}, " ", " "
		for _, d := range a.Deposits {
			names = append(names, d.Name, d.Title, d.UnitName, d.ProgrammeName)
			units += string(d.Unit) + " "
			programmes += string(d.Programme) + " "
		}
		return append(args, k[0], searchable(a.Name, names...), units, programmes, int64(a.Last().Position))
	},
}

var usesTable = &tableOf[Use]{
	Table: Table{
		Name:    "attachment_uses_v1",
		Columns: "position BIGINT, no BIGINT, digest TEXT, stream TEXT, programme TEXT, year BIGINT",
		Key:     "position, no",
		Indexes: []string{"digest, position", "stream", "programme, year"},
		grows:   true,
	},
	columns: func(args []any, k key, u *Use) []any {
		return append(args, k[0], k[1], u.Digest, u.Stream, string(u.Programme), int64(u.Year))
	},
}

func (attachments) Name() string    { return attachmentsTable.Name }
func (attachments) Tables() []Table { return []Table{attachmentsTable.Table, usesTable.Table} }

func (attachments) Apply(page *Page, f Fact) error {
	for no, name := range f.Basis {
		if digest, ok := attachment.Digest(name); ok {
			usesTable.put(page, key{int64(f.Position), int64(no)}, &Use{
				Digest: digest, Position: f.Position, Event: f.ID, Type: f.Type, Stream: f.Stream, Programme: f.Programme, Year: f.Year,
				By: f.Actor, At: f.EffectiveAt, Text: deedOf(f).text,
			})
		}
	}
	event, ok := f.Event.(attachment.Event)
	if !ok {
		return nil
	}
	k := key{strings.TrimPrefix(f.Stream, "attachment-")}
	a, err := attachmentsTable.take(page, k)
	if err != nil {
		return err
	}
	a.evolve(f, event)
	attachmentsTable.put(page, k, a)
	return nil
}

func (a *Attachment) evolve(f Fact, event attachment.Event) {
	switch e := event.(type) {
	case attachment.Deposited:
		a.Digest, a.SM3, a.Size, a.MediaType, a.Name, a.Title, a.Withdrawn = e.Digest, e.SM3, e.Size, e.MediaType, e.Name, e.Title, nil
		a.Deposits = append(a.Deposits, Deposit{
			Name: e.Name, Title: e.Title, Unit: e.Unit, UnitName: f.name(unitName, string(e.Unit)), Programme: e.Programme, ProgrammeName: f.ProgrammeName,
			Year: e.Year, By: f.Actor, At: f.EffectiveAt, Position: f.Position, Event: f.ID,
		})
	case attachment.Withdrawn:
		a.Withdrawn = &Withdrawal{Ground: e.Ground, Reason: e.Reason, Article: e.Article, Document: e.Document, By: f.Actor, At: f.EffectiveAt, Position: f.Position}
	}
}

// Attachments returns a page of the files handed in, the latest first.
func (v Views) Attachments(ctx context.Context, f AttachmentFilter) (list List[Attachment], err error) {
	w := newWhere()
	w.words(f.Text, "search")
	if f.Unit != "" {
		w.add(`units LIKE ? ESCAPE '\'`, "% "+likeEscaper.Replace(string(f.Unit))+" %")
	}
	if f.Programme != "" {
		w.add(`programmes LIKE ? ESCAPE '\'`, "% "+likeEscaper.Replace(string(f.Programme))+" %")
	}
	if err := v.DB.QueryRowContext(ctx, "SELECT COUNT(*) FROM attachments_v1"+w.sql(), w.args...).Scan(&list.Total); err != nil {
		return list, fmt.Errorf("count attachments: %w", err)
	}
	list.Rows, err = docs(ctx, v, attachmentsTable, "SELECT doc FROM attachments_v1"+w.sql()+" ORDER BY position DESC, digest"+f.limit(), w.args...)
	return list, err
}

// Attachment returns one file, or [ErrNotFound].
func (v Views) Attachment(ctx context.Context, digest string) (Attachment, error) {
	found, err := docs(ctx, v, attachmentsTable, "SELECT doc FROM attachments_v1 WHERE digest = $1", digest)
	switch {
	case err != nil:
		return Attachment{}, err
	case len(found) == 0:
		return Attachment{}, fmt.Errorf("attachment %s: %w", digest, ErrNotFound)
	}
	return found[0], nil
}

// AttachmentUses returns the acts that rest on a file, in order.
func (v Views) AttachmentUses(ctx context.Context, digest string) ([]Use, error) {
	return docs(ctx, v, usesTable, "SELECT doc FROM attachment_uses_v1 WHERE digest = $1 ORDER BY position, no", digest)
}

// AttachedIn returns the files that the acts of one stream rest on.
func (v Views) AttachedIn(ctx context.Context, stream string) (Attached, error) {
	return v.attached(ctx, "u.stream = $1", stream)
}

// AttachedInYear returns the files that acts about a programme's year, or the
// programme as a whole, rest on.
func (v Views) AttachedInYear(ctx context.Context, code domain.ProgrammeCode, year domain.FiscalYear) (Attached, error) {
	return v.attached(ctx, "u.programme = $1 AND u.year IN (0, $2)", string(code), int64(year))
}

// AttachedAt returns the files that the acts from first to last rest on.
func (v Views) AttachedAt(ctx context.Context, first, last eventstore.Position) (Attached, error) {
	return v.attached(ctx, "u.position >= $1 AND u.position <= $2", int64(first), int64(last))
}

// attached joins uses with files. A file that is named and was never handed in is
// left out: verification tells of it.
func (v Views) attached(ctx context.Context, which string, args ...any) (Attached, error) {
	all := Attached{}
	query := "SELECT u.position, a.doc FROM attachment_uses_v1 u JOIN attachments_v1 a ON a.digest = u.digest WHERE " + which + " ORDER BY u.position, u.no"
	err := v.each(ctx, query, args, func(scan func(...any) error) error {
		var position int64
		var doc []byte
		if err := scan(&position, &doc); err != nil {
			return err
		}
		var a Attachment
		err := attachmentsTable.decode(doc, &a)
		all[eventstore.Position(position)] = append(all[eventstore.Position(position)], a)
		return err
	})
	return all, err
}
