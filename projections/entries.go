package projections

// trail keeps the audit trail: one row per event, in words.
type trail struct{}

var trailTable = &tableOf[Entry]{
	Table: Table{
		Name:    "trail_v1",
		Columns: "position BIGINT, recorded BIGINT, effective TEXT, programme TEXT, year BIGINT, person TEXT, stream TEXT",
		Key:     "position",
		Indexes: []string{"programme, position", "person, position"},
		grows:   true,
	},
	columns: func(args []any, k key, e *Entry) []any {
		return append(args, k[0], e.RecordedAt.UnixNano(), string(dayOf(e.EffectiveAt)), string(e.Programme), int64(e.Year), e.Actor.Person, e.Stream)
	},
}

func (trail) Name() string    { return trailTable.Name }
func (trail) Tables() []Table { return []Table{trailTable.Table, wordsTable.Table} }

func (trail) Apply(page *Page, f Fact) error {
	e := newEntry(f)
	trailTable.put(page, key{int64(f.Position)}, &e)
	return indexEntry(page, &e)
}

// newEntry puts one fact into words.
func newEntry(f Fact) Entry {
	d := deedOf(f)
	if d.source != nil {
		d.text += "（据“" + clip(d.source.Title) + "”）"
	}
	e := Entry{
		Position: f.Position, Event: f.ID, Type: f.Type, Stream: f.Stream, Revision: f.Revision,
		Programme: f.Programme, ProgrammeName: f.ProgrammeName, Year: f.Year,
		RecordedAt: f.RecordedAt, EffectiveAt: f.EffectiveAt, Actor: f.Actor, UnitName: f.UnitName,
		Sentence: sentence(f.Actor, f.UnitName, d.system, d.text), Verb: d.verb, Text: d.text, Reason: d.reason, Decision: d.decision,
		Corrects: d.corrects, Basis: f.Basis, Article: d.article, Rulebook: f.Rulebook, Stage: d.stage, Lane: lane(f, d),
		Amount: d.amount, Document: d.document, Attested: d.source != nil, Automatic: d.system,
	}
	if happened, recorded := dayOf(f.EffectiveAt), dayOf(f.RecordedAt); recorded > happened {
		e.Late, e.LateDays = true, daysBetween(f.EffectiveAt, f.RecordedAt)
	}
	return e
}
