package api

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"

	"wenxiao/api/accounts"
	"wenxiao/api/web"
	"wenxiao/domain"
	"wenxiao/domain/programme"
	"wenxiao/domain/rulebook"
	"wenxiao/eventstore"
	"wenxiao/projections"
)

// mayRegister tells whose accounts enter programmes into the ledger.
func mayRegister(account accounts.Account) bool {
	return May(account, "programme.register", Concern{account.Unit, account.Unit})
}

// registration enters a new programme.
func (s *Server) registration(r *http.Request) (errand, error) {
	who, _ := s.who(r)
	if !mayRegister(who.Account) {
		return errand{}, Allowed(who.Account, "programme.register", Concern{who.Unit, who.Unit})
	}
	units, err := s.Views.Units(r.Context())
	page := web.Act{
		Frame: s.frame(r, "登记项目", "/programmes", web.Crumb{Text: "项目登记册", Address: "/programmes"}),
		About: who.UnitName,
		Post:  r.URL.Path, Button: "下一步：核对", Back: "/programmes",
		Fields: s.registrationFields(who, units),
		Effect: "登记之后须明确项目责任人；编码、单位不能改，名称、属性、预算本可以另行更正，原登记保留。",
	}
	return errand{page: page, grave: true, do: func(who Who, f *form) (string, eventstore.Appended, error) {
		cmd := registered(who, units, f)
		if f.bad() {
			return "", eventstore.Appended{}, nil
		}
		appended, err := s.registerProgramme(r.Context(), who, cmd.Code, f.seen, cmd)
		return fmt.Sprintf("/programmes/%s/%d", cmd.Code, cmd.From), appended, err
	}}, err
}

func (s *Server) registrationFields(who Who, units []projections.Unit) []web.Field {
	theirs := slices.DeleteFunc(slices.Clone(units), func(u projections.Unit) bool {
		return u.Ended != "" || s.Demo && u.Source != nil || !May(who.Account, "programme.register", Concern{u.Code, u.Parent})
	})
	var unitOptions []web.Option
	for _, u := range theirs {
		unitOptions = append(unitOptions, web.Option{Value: string(u.Code), Text: u.Name})
	}
	if len(unitOptions) == 0 {
		unitOptions = []web.Option{{Value: string(who.Unit), Text: who.UnitName}}
	}
	books := web.FundBooks[:4]
	return []web.Field{
		{Name: "code", Label: "项目编码", Kind: "text", Must: true, Hint: "1—48 位小写字母、数字或连字符，登记后不能改"},
		{Name: "name", Label: "项目名称", Kind: "text", Must: true},
		{Name: "kind", Label: "对象", Kind: "choice", Must: true, Options: web.Kinds},
		{Name: "unit", Label: "实施单位", Kind: "choice", Must: true, Options: unitOptions, Value: string(who.Unit)},
		{Name: "fundBook", Label: "预算本", Kind: "choice", Must: true, Options: books},
		{Name: "attribute", Label: "项目属性", Kind: "choice", Must: true, Options: []web.Option{{Value: "新增", Text: "新增"}, {Value: "延续", Text: "延续"}, {Value: "一次性", Text: "一次性"}}},
		{Name: "from", Label: "起始年度", Kind: "number", Must: true, Value: strconv.Itoa(int(s.today().Year()) + 1)},
		{Name: "to", Label: "终止年度", Kind: "number", Hint: "不填就是没有定"},
		{Name: "jurisdiction", Label: "适用办法", Kind: "choice", Must: true, Options: jurisdictions(), Value: jurisdictionOf(units, who.Unit)},
	}
}

// jurisdictions are those whose rules the ledger holds.
func jurisdictions() (options []web.Option) {
	for _, b := range rulebook.All() {
		if !slices.ContainsFunc(options, func(o web.Option) bool { return o.Value == b.Jurisdiction }) {
			options = append(options, web.Option{Value: b.Jurisdiction, Text: b.Document})
		}
	}
	return options
}

func jurisdictionOf(units []projections.Unit, code domain.UnitCode) string {
	for _, u := range units {
		if u.Code == code {
			return u.Jurisdiction
		}
	}
	return ""
}

// registered reads the form; the department is the unit's own.
func registered(who Who, units []projections.Unit, f *form) programme.Register {
	cmd := programme.Register{
		Code: domain.ProgrammeCode(f.text("code")), Name: f.text("name"), Kind: programme.Kind(f.text("kind")), Unit: domain.UnitCode(f.text("unit")),
		FundBook: programme.FundBook(f.text("fundBook")), Attribute: f.text("attribute"), From: f.year("from"), Jurisdiction: f.text("jurisdiction"),
	}
	if f.text("to") != "" {
		cmd.To = f.year("to")
	}
	names := make(map[domain.UnitCode]string)
	for _, u := range units {
		if names[u.Code] = u.Name; u.Code == cmd.Unit {
			cmd.Department = u.Parent
		}
	}
	if names[cmd.Department] == "" {
		cmd.Department = cmd.Unit
	}
	cmd.UnitName, cmd.DepartmentName = orElse(names[cmd.Unit], who.UnitName), orElse(names[cmd.Department], who.UnitName)
	return cmd
}

// year reads a budget year.
func (f *form) year(name string) domain.FiscalYear {
	y, err := strconv.Atoi(plainFigure(f.Get(name)))
	if err != nil {
		f.refuse(name, "request.malformed-year", "“"+f.text(name)+"”不是年度，应如 2026")
	}
	return domain.FiscalYear(y)
}
