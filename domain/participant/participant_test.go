package participant_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"wenxiao/domain"
	. "wenxiao/domain/participant"
)

// No real person: the number has the right check character and a region code
// that was never assigned.
const goodID = "990101198001010022"

var (
	expert      = Identity{Name: "某专家", IDNumber: goodID, Phone: "13800000000", Organisation: "示例大学", Title: "教授", Expertise: "财政绩效", BankAccount: "6200000000000000"}
	commenter   = Identity{Name: "某意见人"}
	beneficiary = Identity{Name: "某受益人", Phone: "0350-1234567"}

	kept  = Kept{Name: sealed("n"), IDNumber: sealed("i"), Phone: sealed("p")}
	newer = Kept{Phone: sealed("q")}

	entered   = Entered{Kind: Expert, Keeper: "101", Identity: kept}
	said      = StatementRecorded{Programme: "stadium", Year: 2022, Stage: ExpertOpinion, Text: sealed("t"), Day: "2023-03-01"}
	held      = Held{Unit: "801", Document: "示例审〔2023〕4号", Reason: "专项审计需要"}
	released  = Released{Unit: "801", Reason: "审计结束"}
	erasedNow = Erased{
		Ground: ConsentWithdrawn, Article: "个人信息保护法 第四十七条第一款第三项：个人撤回同意", Scope: "身份资料 3 项、意见 0 条的全部内容；编号、环节、日期和满意度分数保留",
		Reason: "本人书面申请", AskedBy: Person, Decider: "p02", DeciderName: "孙某",
	}

	known = []Event{entered}
	gone  = []Event{entered, erasedNow}
)

func sealed(text string) domain.Protected {
	return domain.Protected{Key: "k", Nonce: []byte("nonce"), Text: []byte(text)}
}

func of(kind Kind) []Event { return []Event{Entered{Kind: kind, Keeper: "101", Identity: kept}} }

func enter(kind Kind, i Identity, changes ...func(*Identity)) Enter {
	for _, change := range changes {
		change(&i)
	}
	return Enter{Kind: kind, Identity: i, Keeper: "101", Kept: kept}
}

func say(changes ...func(*RecordStatement)) RecordStatement {
	c := RecordStatement{
		Programme: "stadium", Year: 2022, Stage: ExpertOpinion, Text: "目标偏低", Day: "2023-03-01",
		Today: "2023-03-02", Registered: domain.Fact{Event: "018f", Holds: true}, Kept: sealed("t"),
	}
	for _, change := range changes {
		change(&c)
	}
	return c
}

func erase(changes ...func(*Erase)) Erase {
	c := Erase{
		Ground: ConsentWithdrawn, Reason: "本人书面申请", AskedBy: Person, Decider: "p02", DeciderName: "孙某",
		By: domain.Actor{Person: "p01", Unit: "101"}, InPost: domain.Fact{Event: "018f", Holds: true}, Known: expert,
	}
	for _, change := range changes {
		change(&c)
	}
	return c
}

func score(s string) *domain.Decimal { d := domain.MustDecimal(s); return &d }

func TestDecide(t *testing.T) {
	for _, tt := range []struct {
		name  string
		given []Event
		when  Command
		then  []Event
		codes string
	}{
		{"an expert is entered, and only their protected form is kept", nil, enter(Expert, expert), []Event{entered}, ""},
		{"a fee may be paid in another way", nil, enter(Expert, expert, func(i *Identity) { i.BankAccount = "" }), []Event{entered}, ""},
		{"not twice", known, enter(Expert, expert), nil, "participant.already-entered"},
		{"somebody answers for the data", nil, Enter{Kind: Commenter, Identity: commenter}, nil, "participant.no-keeper"},
		{"of a kind there is", nil, enter("official", expert), nil, "participant.unknown-kind"},
		{"an expert is known well", nil, enter(Expert, commenter), nil, strings.Repeat(" participant.field-missing", 5)[1:]},
		{"a commenter has a name", nil, enter(Commenter, commenter), []Event{Entered{Kind: Commenter, Keeper: "101", Identity: kept}}, ""},
		{"and is asked for no more than needed", nil, enter(Commenter, Identity{Name: "某", IDNumber: goodID, BankAccount: "6200000000000000"}), nil, "participant.field-not-needed participant.field-not-needed"},
		{"a beneficiary can be reached", nil, enter(Beneficiary, Identity{Name: "某"}), nil, "participant.field-missing"},
		{"at a telephone of any kind", nil, enter(Beneficiary, beneficiary), []Event{Entered{Kind: Beneficiary, Keeper: "101", Identity: kept}}, ""},
		{
			"numbers are numbers", nil,
			enter(Expert, expert, func(i *Identity) {
				i.IDNumber, i.Phone, i.BankAccount = "990101198001010023", "1380000", "6200-0000"
			}),
			nil,
			"participant.malformed-id-number participant.malformed-phone participant.malformed-account",
		},
		{"and fields are fields", nil, enter(Commenter, Identity{Name: strings.Repeat("某", 101)}), nil, "participant.field-too-long"},

		{"a field is put right, the others stay", known, Update{Identity: Identity{Phone: "13900000000"}, Reason: "电话变更", Known: expert, Kept: newer}, []Event{Updated{Identity: newer, Reason: "电话变更"}}, ""},
		{"the same again changes nothing", known, Update{Identity: Identity{Phone: expert.Phone}, Reason: "核对", Known: expert}, nil, ""},
		{"but not without a reason: else whoever asks is told for nothing", known, Update{Identity: Identity{Phone: expert.Phone}, Known: expert}, nil, "participant.no-reason"},
		{"with a reason, and rightly", known, Update{Identity: Identity{Phone: "1"}, Known: expert}, nil, "participant.malformed-phone participant.no-reason"},
		{"that does not name the person", known, Update{Identity: Identity{Name: "另一名"}, Reason: "某专家改名另一名", Known: expert}, nil, "participant.names-person participant.names-person"},
		{"nobody to put right", nil, Update{}, nil, "participant.not-entered"},
		{"nobody any more", gone, Update{Identity: expert}, nil, "participant.erased"},

		{"an expert says something", known, say(), []Event{said}, ""},
		{"nobody says nothing", nil, say(), nil, "participant.not-entered"},
		{"and nobody who is gone says anything", gone, say(), nil, "participant.erased"},
		{
			"all that is wrong is said at once", known, RecordStatement{Today: "2023-03-02"}, nil,
			"programme.malformed-code participant.no-year participant.stage-of-others participant.no-text participant.malformed-day",
		},
		{"of a programme there is", known, say(func(c *RecordStatement) { c.Registered.Holds = false }), nil, "participant.unknown-programme"},
		{"on a day that has come", known, say(func(c *RecordStatement) { c.Day = "2023-03-03" }), nil, "participant.malformed-day"},
		{"in as many words as a person has", known, say(func(c *RecordStatement) { c.Text = strings.Repeat("长", 22000) }), nil, "participant.text-too-long"},
		{"a commenter is no expert", of(Commenter), say(), nil, "participant.stage-of-others"},
		{"but comments", of(Commenter), say(func(c *RecordStatement) { c.Stage = PublicComment }), []Event{StatementRecorded{Programme: "stadium", Year: 2022, Stage: PublicComment, Text: sealed("t"), Day: "2023-03-01"}}, ""},
		{
			"a beneficiary is more or less satisfied", of(Beneficiary), say(func(c *RecordStatement) { c.Stage, c.Satisfaction = Interview, score("86.5") }),
			[]Event{StatementRecorded{Programme: "stadium", Year: 2022, Stage: Interview, Text: sealed("t"), Satisfaction: score("86.5"), Day: "2023-03-01"}}, "",
		},
		{"at most wholly", of(Beneficiary), say(func(c *RecordStatement) { c.Stage, c.Satisfaction = Interview, score("100.1") }), nil, "participant.malformed-satisfaction"},
		{"and experts judge", known, say(func(c *RecordStatement) { c.Satisfaction = score("90") }), nil, "participant.malformed-satisfaction"},

		{"an auditor holds", known, Hold{Unit: "801", Document: held.Document, Reason: held.Reason, Known: expert}, []Event{held}, ""},
		{"once", []Event{entered, held}, Hold{Unit: "801", Document: "二", Reason: "三"}, nil, "participant.already-held"},
		{"beside another", []Event{entered, held}, Hold{Unit: "802", Document: held.Document, Reason: held.Reason}, []Event{Held{Unit: "802", Document: held.Document, Reason: held.Reason}}, ""},
		{"by a document, for a reason", known, Hold{Unit: "801"}, nil, "participant.no-document participant.no-reason"},
		{"that name nobody", known, Hold{Unit: "801", Document: "关于 " + goodID, Reason: "某专家涉案", Known: expert}, nil, "participant.names-person participant.names-person"},
		{"in a few words", known, Hold{Unit: "801", Document: strings.Repeat("一", 501), Reason: strings.Repeat("二", 501), Known: expert}, nil, "participant.words-too-many participant.words-too-many"},
		{"whom is not said to who gives no document", known, Hold{Unit: "801", Reason: expert.Phone, Known: expert}, nil, "participant.no-document"},
		{"nor to who gives a whole list", known, Hold{Unit: "801", Document: "一", Reason: strings.Repeat("1", 500) + expert.Phone, Known: expert}, nil, "participant.words-too-many"},
		{"nor to who releases with one", []Event{entered, held}, Release{Unit: "801", Reason: strings.Repeat("1", 500) + expert.Phone, Known: expert}, nil, "participant.words-too-many"},
		{"nor to who puts it right with one", known, Update{Identity: Identity{Phone: "13900000000"}, Reason: strings.Repeat("1", 500) + expert.Phone, Known: expert}, nil, "participant.words-too-many"},
		{"nor to who erases on no ground", known, erase(func(c *Erase) { c.Ground, c.Reason = 0, expert.Phone }), nil, "participant.no-ground"},
		{"who holds is said by name", []Event{entered, held}, erase(func(c *Erase) { c.UnitName = func(domain.UnitCode) string { return "示例市审计局" } }), nil, "participant.held"},
		{"nobody to hold", nil, Hold{}, nil, "participant.not-entered"},
		{"who holds releases", []Event{entered, held}, Release{Unit: "801", Reason: released.Reason, Known: expert}, []Event{released}, ""},
		{"and nobody else", []Event{entered, held}, Release{Unit: "802", Reason: "x"}, nil, "participant.not-held"},
		{"for a reason that names nobody", []Event{entered, held}, Release{Unit: "801"}, nil, "participant.no-reason"},
		{"nobody to release", gone, Release{}, nil, "participant.erased"},

		{"a person is erased", known, erase(), []Event{erasedNow}, ""},
		{"not twice", gone, erase(), nil, "participant.erased"},
		{"not who never was", nil, erase(), nil, "participant.not-entered"},
		{"not while held", []Event{entered, held}, erase(), nil, "participant.held"},
		{"once released, yes", []Event{entered, held, released}, erase(), []Event{erasedNow}, ""},
		{"an official in duty is not erased", nil, erase(func(c *Erase) { c.Official = true }), nil, "participant.official"},
		{"nor by entering one under that id", known, erase(func(c *Erase) { c.Official = true }), nil, "participant.official"},
		{"all that is wrong is said at once", known, Erase{}, nil, "participant.no-ground participant.no-reason participant.nobody-asked participant.no-decider"},
		{"consent is withdrawn by who gave it", known, erase(func(c *Erase) { c.AskedBy = Keeper }), nil, "participant.consent-not-theirs"},
		{"two people, one decision", known, erase(func(c *Erase) { c.Decider = "p01" }), nil, "participant.own-decision"},
		{"by who may decide here", known, erase(func(c *Erase) { c.InPost.Holds = false }), nil, "participant.decider-not-in-post"},
		{"in words that stay", known, erase(func(c *Erase) { c.Reason, c.Document = "某专家申请", "电话 13800000000" }), nil, "participant.names-person participant.names-person"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			then, err := tt.when.Decide(domain.Replay[State](tt.given...))
			var codes []string
			for _, no := range domain.Refused(err) {
				codes = append(codes, no.Code)
			}
			if got := strings.Join(codes, " "); got != tt.codes || !reflect.DeepEqual(then, tt.then) || (err != nil) != (tt.codes != "") {
				t.Errorf("then %+v, %v\nwant %+v, %s", then, err, tt.then, tt.codes)
			}
		})
	}
}

func TestAnUpdateKeepsWhatItLeavesOut(t *testing.T) {
	s := domain.Replay[State, Event](entered, Updated{Identity: newer})
	if want := (Kept{Name: kept.Name, IDNumber: kept.IDNumber, Phone: newer.Phone}); !reflect.DeepEqual(s.Identity, want) {
		t.Errorf("%+v", s.Identity)
	}
	c := Update{Identity: Identity{Name: expert.Name, Phone: "13900000000"}, Known: expert}
	if got := c.Changed(); got != (Identity{Phone: "13900000000"}) {
		t.Errorf("%+v", got)
	}
}

func TestIDNumbers(t *testing.T) {
	for number, good := range map[string]bool{
		goodID: true, "11010519491231002X": true, "99010119800101009X": true, "990101198001010023": false, "99010119800101001": false, "9901011980010100227": false,
		"990101198013010014": false, "99010119800101009x": false, "9901011980010100一": false, "A90101198001010022": false,
	} {
		no := Commenter.Check(Identity{Name: "某", IDNumber: number})
		refused := strings.Contains(refusals(no), "participant.malformed-id-number")
		if refused == good {
			t.Errorf("%s: %v", number, no)
		}
	}
}

func refusals(no domain.Refusals) (codes string) {
	for _, n := range no {
		codes += n.Code + " "
	}
	return codes
}

// TestNoRefusalRepeatsWhatWasTyped: refusals are logged and sent.
func TestNoRefusalRepeatsWhatWasTyped(t *testing.T) {
	secret := Identity{Name: "机密姓名", IDNumber: "机密证号", Phone: "机密电话", Organisation: "机密单位", Title: "机密职称", Expertise: "机密领域", BankAccount: "机密账号"}
	commands := []Command{
		enter(Expert, secret), enter(Commenter, secret),
		Update{Identity: secret, Reason: "机密姓名 机密证号", Known: expert},
		say(func(c *RecordStatement) { c.Text = strings.Repeat("机密意见", 20000) }),
		Hold{Unit: "801", Document: "机密姓名", Reason: "机密证号", Known: secret},
		erase(func(c *Erase) { c.Known, c.Reason, c.Document = secret, "机密姓名", "机密电话" }),
	}
	for _, c := range commands {
		_, err := c.Decide(domain.Replay[State](known...))
		if _, enters := c.(Enter); enters {
			_, err = c.Decide(State{})
		}
		text, _ := json.Marshal(domain.Refused(err))
		if len(domain.Refused(err)) == 0 || strings.Contains(string(text), "机密") {
			t.Errorf("%T: %s", c, text)
		}
	}
}
