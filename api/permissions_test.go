package api

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"wenxiao/api/accounts"
	"wenxiao/domain"
)

func TestEveryCommandByEveryRole(t *testing.T) {
	for _, p := range Permissions {
		for _, account := range people {
			reach, granted := p.Reach[account.Role]
			for _, about := range []Concern{{"101001", "101"}, {"102001", "102"}, {"101", "100"}} {
				want := granted && (reach == All || about.Unit == account.Unit || reach == Below && about.Department == account.Unit)
				if err := Allowed(account, p.Command, about); (err == nil) != want {
					t.Errorf("%s by %s in the affairs of %s: %v", p.Command, account.Username, about.Unit, err)
				}
			}
		}
	}
}

// TestWhoReadsWritesNothing: but that auditors and inspectors keep what they look
// into from being erased.
func TestWhoReadsWritesNothing(t *testing.T) {
	for _, p := range Permissions {
		for _, role := range []accounts.Role{accounts.Auditor, accounts.Inspector, accounts.Congress, accounts.Admin} {
			holds := p.Command == "participant.hold" || p.Command == "participant.release"
			inquires := role == accounts.Auditor || role == accounts.Inspector
			if p.Reach[role] != 0 && !(holds && inquires) {
				t.Errorf("%s may be given by %s", p.Command, role)
			}
		}
		if len(p.Reach) == 0 || p.Title == "" {
			t.Errorf("%s: nobody may give it, or nobody knows what it is", p.Command)
		}
	}
}

func TestWhoFilesDoesNotReview(t *testing.T) {
	for _, c := range []string{"goal.return", "goal.review", "goal.approve", "evaluation.check", "evaluation.return", "evaluation.finalise", "rectification.return", "rectification.close", "execution.resume", "monitoring.clear-warning"} {
		if May(accounts.Account{Role: accounts.Filer, Unit: "101001"}, c, Concern{"101001", "101"}) {
			t.Errorf("a filer may give %s", c)
		}
	}
}

func TestACommandNobodyWroteDownIsNobodys(t *testing.T) {
	if err := Allowed(accounts.Account{Role: accounts.Finance}, "ledger.erase", Concern{}); err == nil {
		t.Fatal("allowed")
	}
}

// TestTheTableHoldsOverHTTP asks for every command as every account, with a body
// of the right form, and looks only at whether the door was shut.
func TestTheTableHoldsOverHTTP(t *testing.T) {
	d := newOffice(t)
	d.funded()
	d.create("finance", "units/101001/register", `{"code":"101001","name":"示例市培训中心","kind":"budgetary","parent":"101"}`).entered()
	d.create("finance", "rectifications/n1/issue", `{"programme":"p1","year":2025,"unit":"101001","unitName":"示例市培训中心","issues":[{"no":1,"problem":"一","requirement":"二"}],"due":"2026-03-02","document":"三"}`).entered()
	somebody := d.somebody("unit")
	digest := d.handIn("unit", "佐证.txt", "一份佐证").Digest
	before := d.head()
	spec := into[document](d.get("", "/openapi.json"))
	asked := 0
	for path, methods := range spec.Paths {
		post, ok := methods["post"]
		if post.OperationID == "attachment.deposit" { // takes bytes: [TestWhoMayHandFilesIn]
			asked += len(people)
			continue
		}
		if !ok || post.OperationID == "score.table" || post.OperationID == "proof.verify" || operations[post.OperationID].title != "" { // they write nothing
			continue
		}
		p := permission(t, post.OperationID)
		body := specimen(spec.Components.Schemas, post.RequestBody.Content["application/json"].Schema)
		body = strings.NewReplacer(`"programme":""`, `"programme":"p1"`).Replace(body)
		path = strings.NewReplacer("participants/{id}", "participants/"+somebody, "{code}", map[bool]string{true: "101001", false: "p1"}[strings.HasPrefix(path, "/api/v1/units")], "{year}", "2025", "{id}", "n1", "{digest}", digest).Replace(path)
		for _, account := range people {
			asked++
			answer := d.do(call{as: account.Username, method: "POST", path: path, body: body, header: map[string]string{"If-Match": `"999"`}})
			reach := p.Reach[account.Role]
			open := reach == All || reach > 0 && account.Unit == "101001" || reach == Below && account.Unit == "101"
			own := strings.Contains(path, "/register") && strings.Contains(path, "programmes") || // whose it is the body says
				p.Command == "participant.enter" // or the account
			if shut := answer.Code == 403; shut == open && !own {
				t.Errorf("%s as %s: %d %s", p.Command, account.Username, answer.Code, answer.Body)
			}
			if answer.Code == 403 && reach == 0 && !strings.Contains(answer.Body.String(), p.Title) {
				t.Errorf("%s as %s does not say which rule: %s", p.Command, account.Username, answer.Body)
			}
			if answer.Code == 200 {
				t.Errorf("%s as %s was carried out on a revision there never was", p.Command, account.Username)
			}
		}
	}
	if want := len(Permissions) * len(people); asked != want {
		t.Errorf("asked %d times, want %d: not every command has an address", asked, want)
	}
	if d.head() != before {
		t.Error("something was written all the same")
	}
}

func permission(t *testing.T, command string) Permission {
	t.Helper()
	for _, p := range Permissions {
		if p.Command == command {
			return p
		}
	}
	t.Fatalf("no permission for %s", command)
	return Permission{}
}

// specimen is the least that a schema accepts.
func specimen(schemas map[string]schema, s schema) string {
	value := least(schemas, s)
	text, err := json.Marshal(value)
	if err != nil {
		panic(err)
	}
	return string(text)
}

func least(schemas map[string]schema, s schema) any {
	if name, ok := strings.CutPrefix(s.Ref, "#/components/schemas/"); ok {
		s = schemas[name]
	}
	kind, _ := s.Type.(string)
	if kinds, ok := s.Type.([]any); ok { // ["array", "null"]
		kind, _ = kinds[0].(string)
	}
	switch kind {
	case "object":
		o := map[string]any{}
		for _, name := range s.Required {
			o[name] = least(schemas, s.Properties[name])
		}
		return o
	case "array":
		return []any{}
	case "integer", "number":
		return 0
	case "boolean":
		return false
	}
	return ""
}

func TestEveryPermissionSaysWhoAndWhere(t *testing.T) {
	seen := map[string]bool{}
	for _, p := range Permissions {
		if seen[p.Command] {
			t.Errorf("%s twice", p.Command)
		}
		seen[p.Command] = true
		noun, verb, ok := strings.Cut(p.Command, ".")
		if !ok || noun == "" || verb == "" {
			t.Errorf("%s is not noun.verb", p.Command)
		}
	}
	denied := Allowed(people[0], "goal.approve", Concern{"101001", "101"})
	if got, want := fmt.Sprint(denied), "permission.role: “批复绩效目标”由财政部门办理，预算单位账户不能办"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	denied = Allowed(people[0], "goal.file", Concern{domain.UnitCode("102001"), "102"})
	if got, want := fmt.Sprint(denied), "permission.unit: “申报绩效目标”只能办本单位的事，102001 不在其内"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestEverybodyIsToldWhatTheyMayDo(t *testing.T) {
	d := newOffice(t)
	for _, account := range people {
		me := into[Me](d.get(account.Username, "/api/v1/me"))
		if me.Username != account.Username || me.Unit != account.Unit || me.Person != account.Person {
			t.Errorf("%+v", me.Account)
		}
		for _, task := range me.May {
			if permission(t, task.Command).Reach[account.Role] == 0 || task.Reach == "" || task.Title == "" {
				t.Errorf("%s may not give %+v", account.Username, task)
			}
		}
	}
	if text := d.get("finance", "/api/v1/me").Body.String(); strings.Contains(text, "argon") || strings.Contains(text, "epoch") {
		t.Errorf("too much: %s", text)
	}
}
