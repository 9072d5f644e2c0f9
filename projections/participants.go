package projections

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"wenxiao/domain"
	"wenxiao/domain/participant"
)

// participants keeps the register of private persons and what they said. What
// would tell who they are is there as the events have it: protected.
type participants struct{}

var participantsTable = &tableOf[Participant]{
	Table: Table{
		Name:    "participants_v1",
		Columns: "id TEXT, kind TEXT, keeper TEXT, status TEXT, position BIGINT",
		Key:     "id",
		Indexes: []string{"status, position"},
	},
	columns: func(args []any, k key, p *Participant) []any {
		return append(args, k[0], string(p.Kind), string(p.Keeper), p.Status(), int64(p.Position))
	},
}

var statementsTable = &tableOf[Statement]{
	Table: Table{Name: "statements_v1", Columns: "programme TEXT, year BIGINT, position BIGINT", Key: "programme, year, position"},
	columns: func(args []any, k key, _ *Statement) []any {
		return append(args, k[:]...)
	},
}

func (participants) Name() string    { return participantsTable.Name }
func (participants) Tables() []Table { return []Table{participantsTable.Table, statementsTable.Table} }

func (participants) Apply(page *Page, f Fact) error {
	event, ok := f.Event.(participant.Event)
	if !ok {
		return nil
	}
	k := key{strings.TrimPrefix(f.Stream, participant.Stream(""))}
	p, err := participantsTable.take(page, k)
	if err != nil {
		return err
	}
	p.evolve(f, event)
	participantsTable.put(page, k, p)
	switch event.(type) {
	case participant.StatementRecorded:
		putStatement(page, p.Statements[len(p.Statements)-1])
	case participant.Erased:
		for _, s := range p.Statements {
			putStatement(page, s)
		}
	}
	return nil
}

func putStatement(page *Page, s Statement) {
	statementsTable.put(page, key{string(s.Programme), int64(s.Year), int64(s.Position)}, &s)
}

func (p *Participant) evolve(f Fact, event participant.Event) {
	switch e := event.(type) {
	case participant.Entered:
		*p = Participant{
			ID: strings.TrimPrefix(f.Stream, participant.Stream("")), Kind: e.Kind, Keeper: e.Keeper, KeeperName: f.name(unitName, string(e.Keeper)),
			Identity: e.Identity, EnteredAt: f.EffectiveAt, EnteredBy: f.Actor,
		}
	case participant.Updated:
		p.Identity = e.Identity.Over(p.Identity, func(t domain.Protected) bool { return t.Key != "" })
	case participant.StatementRecorded:
		p.Statements = append(p.Statements, Statement{
			Participant: p.ID, Kind: p.Kind, Keeper: p.Keeper, Programme: e.Programme, ProgrammeName: f.name(programmeName, string(e.Programme)), Year: e.Year,
			Stage: e.Stage, Text: e.Text, Satisfaction: e.Satisfaction, Day: e.Day, RecordedBy: f.Actor, Position: f.Position,
		})
	case participant.Held:
		p.Holds = append(p.Holds, e)
	case participant.Released:
		p.Holds = slices.DeleteFunc(p.Holds, func(h participant.Held) bool { return h.Unit == e.Unit })
	case participant.Erased:
		p.Identity, p.Erased = participant.Kept{}, &Erasure{Event: f.ID, Erased: e, At: f.EffectiveAt}
		for i := range p.Statements {
			p.Statements[i].Text, p.Statements[i].Erased = domain.Protected{}, f.ID
		}
	}
	p.Steps = append(p.Steps, Step{f.Position, f.ID, f.Type, f.EffectiveAt, f.Actor, participantDeed(f, event).text, "", f.Late()})
	p.Revision, p.Position = f.Revision, f.Position
}

// participantDeed says what was done, and of whom by their id only.
func participantDeed(f Fact, event participant.Event) deed {
	id := strings.TrimPrefix(f.Stream, participant.Stream(""))
	d := deed{lane: LaneFinance, article: "个人信息保护法 第十三条"}
	switch e := event.(type) {
	case participant.Entered:
		d.verb, d.text = "登记", fmt.Sprintf("登记%s %s", e.Kind.Name(), id)
	case participant.Updated:
		d.verb, d.reason, d.article = "更正", e.Reason, "个人信息保护法 第四十六条"
		d.text = fmt.Sprintf("更正参与人 %s 的资料%s", id, because(e.Reason))
	case participant.StatementRecorded:
		d.verb = "记录"
		d.text = fmt.Sprintf("记录 %s 对%s %d 年度的%s%s", id, f.name(programmeName, string(e.Programme)), e.Year, e.Stage.Name(), when(e.Satisfaction != nil, "，满意度 "+score(e.Satisfaction)))
	case participant.Held:
		d.verb, d.reason, d.document, d.decision, d.article = "保全", e.Reason, e.Document, true, "个人信息保护法 第四十七条第二款"
		d.text = fmt.Sprintf("保全参与人 %s 的资料%s%s", id, under(e.Document), because(e.Reason))
	case participant.Released:
		d.verb, d.reason, d.decision, d.article = "解除保全", e.Reason, true, "个人信息保护法 第四十七条第二款"
		d.text = fmt.Sprintf("解除保全参与人 %s 的资料%s", id, because(e.Reason))
	case participant.Erased:
		d.verb, d.reason, d.document, d.decision, d.article = "删除", e.Reason, e.Document, true, e.Article
		d.text = fmt.Sprintf("删除参与人 %s 的个人信息，%s提出，%s决定%s", id, participant.Askers[e.AskedBy], e.DeciderName, because(e.Reason))
	}
	return d
}

// Participants returns a page of the register, the latest first.
func (v Views) Participants(ctx context.Context, f ParticipantFilter) (ParticipantList, error) {
	list := ParticipantList{Counts: map[string]int{}}
	w := newWhere()
	w.equal("kind", string(f.Kind))
	w.equal("keeper", string(f.Keeper))
	if err := v.tally(ctx, "status FROM "+participantsTable.Name, w, list.Counts); err != nil {
		return list, err
	}
	for status, n := range list.Counts {
		if f.Status == "" || f.Status == status {
			list.Total += n
		}
	}
	w.equal("status", f.Status)
	var err error
	list.Rows, err = docs(ctx, v, participantsTable, "SELECT doc FROM "+participantsTable.Name+w.sql()+" ORDER BY position DESC"+f.limit(), w.args...)
	return list, err
}

// Participant returns one, or [ErrNotFound].
func (v Views) Participant(ctx context.Context, id string) (Participant, error) {
	list, err := docs(ctx, v, participantsTable, "SELECT doc FROM "+participantsTable.Name+" WHERE id = $1", id)
	if err == nil && len(list) == 0 {
		err = fmt.Errorf("participant %s: %w", id, ErrNotFound)
	}
	if err != nil {
		return Participant{}, err
	}
	return list[0], nil
}

// Statements returns what participants said of a programme's year, in the order
// recorded.
func (v Views) Statements(ctx context.Context, code domain.ProgrammeCode, year domain.FiscalYear) ([]Statement, error) {
	return docs(ctx, v, statementsTable, "SELECT doc FROM "+statementsTable.Name+" WHERE programme = $1 AND year = $2 ORDER BY position", string(code), int64(year))
}

// Erased returns the ids of all who are erased: their keys must not exist.
func (v Views) Erased(ctx context.Context) ([]string, error) {
	return v.streams(ctx, "SELECT id FROM "+participantsTable.Name+" WHERE status = '"+ParticipantErased+"' ORDER BY id")
}

// Official reports whether person has acted or held a duty or post: those are
// people of the ledger for good.
func (v Views) Official(ctx context.Context, person string) (bool, error) {
	named, err := docs(ctx, v, peopleTable, "SELECT doc FROM "+peopleTable.Name+" WHERE person = $1", person)
	return len(named) > 0, err
}
