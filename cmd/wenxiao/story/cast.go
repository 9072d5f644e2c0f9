package story

import (
	"wenxiao/api/accounts"
	"wenxiao/domain"
	"wenxiao/domain/unit"
)

// A role is one person in one post. Names are 某: nobody real is meant.
type role struct {
	person, name string
	post, title  string // code of the post within the unit, and its title
	unit         domain.UnitCode
	unitName     string
	account      string        // sign-in name; empty: has none
	role         accounts.Role // of the account
	since        domain.Day
}

func (r role) actor() domain.Actor {
	return domain.Actor{Person: r.person, Name: r.name, Post: r.title, Unit: string(r.unit), Capacity: "本人履职"}
}

// An office is one unit of the invented city.
type office struct {
	code   domain.UnitCode
	name   string
	kind   unit.Kind
	parent domain.UnitCode
}

var offices = []office{
	{"100", "示例市人民政府", unit.Government, ""},
	{"101", "示例市财政局", unit.Finance, "100"},
	{"101002", "示例市国库支付中心", unit.Treasury, "101"},
	{"201", "示例市教育局", unit.Department, "100"},
	{"201007", "示例市第七中学", unit.Budgetary, "201"},
	{"301", "示例市卫生健康委员会", unit.Department, "100"},
	{"301005", "示例市东关镇卫生院", unit.Budgetary, "301"},
	{"401", "示例市体育局", unit.Department, "100"},
	{"401002", "示例市体育事业管理中心", unit.Budgetary, "401"},
	{"501", "示例市农业农村局", unit.Department, "100"},
	{"501003", "示例市农业技术推广中心", unit.Budgetary, "501"},
	{"601", "示例市民政局", unit.Department, "100"},
	{"651", "示例市医疗保障局", unit.Department, "100"},
	{"651001", "示例市医疗保险服务中心", unit.Budgetary, "651"},
	{"701", "示例市住房和城乡建设局", unit.Department, "100"},
	{"801", "示例市审计局", unit.Supervisor, "100"},
	{"802", "示例市纪委监委", unit.Supervisor, "100"},
	{"803", "示例市人大财政经济委员会", unit.Supervisor, "100"},
}

const early = domain.Day("2020-03-02")

// The desks every programme passes.
var (
	reviewer  = role{"p01", "张某", "performance", "绩效管理科一级主任科员", "101", "示例市财政局", "finance", accounts.Finance, early}
	budgeteer = role{"p02", "孙某", "budget", "预算科科长", "101", "示例市财政局", "budget", accounts.Finance, early}
	paymaster = role{"p03", "周某", "payment", "支付科科长", "101002", "示例市国库支付中心", "treasury", accounts.Treasury, early}
	auditor   = role{"p91", "冯某", "audit", "财政审计科科长", "801", "示例市审计局", "auditor", accounts.Auditor, early}
	inspector = role{"p92", "卫某", "inspection", "第二监督检查室主任", "802", "示例市纪委监委", "inspector", accounts.Inspector, early}
	deputy    = role{"p93", "蒋某", "review", "预算审查科科长", "803", "示例市人大财政经济委员会", "congress", accounts.Congress, early}
	caretaker = role{"p99", "沈某", "system", "信息中心系统管理员", "101", "示例市财政局", "admin", accounts.Admin, early}
)

// A desk is the people of one unit and its department.
type desk struct {
	responsible, finance, department role
}

var (
	sports = desk{
		role{"p07", "陈某", "project", "场馆科科长", "401002", "示例市体育事业管理中心", "", "", early},
		role{"p06", "王某", "finance", "财务科科长", "401002", "示例市体育事业管理中心", "unit", accounts.Filer, early},
		role{"p04", "李某", "planning", "规划财务科科长", "401", "示例市体育局", "department", accounts.Department, early},
	}
	health = desk{
		role{"p11", "钱某", "project", "院长", "301005", "示例市东关镇卫生院", "", "", early},
		role{"p12", "吴某", "finance", "财务科科长", "301005", "示例市东关镇卫生院", "health", accounts.Filer, early},
		role{"p13", "郑某", "planning", "财务科科长", "301", "示例市卫生健康委员会", "", "", early},
	}
	school = desk{
		role{"p21", "冉某", "project", "校长", "201007", "示例市第七中学", "", "", early},
		role{"p22", "褚某", "finance", "总务处主任", "201007", "示例市第七中学", "school", accounts.Filer, early},
		role{"p23", "尤某", "planning", "计财科科长", "201", "示例市教育局", "", "", early},
	}
	farm = desk{
		role{"p31", "许某", "project", "推广科科长", "501003", "示例市农业技术推广中心", "", "", early},
		role{"p32", "何某", "finance", "财务科科长", "501003", "示例市农业技术推广中心", "farm", accounts.Filer, early},
		role{"p33", "吕某", "planning", "计划财务科科长", "501", "示例市农业农村局", "", "", early},
	}
	insurance = desk{
		role{"p41", "施某", "project", "待遇保障科科长", "651001", "示例市医疗保险服务中心", "", "", early},
		role{"p42", "孔某", "finance", "财务科科长", "651001", "示例市医疗保险服务中心", "", "", early},
		role{"p43", "曹某", "planning", "规划财务科科长", "651", "示例市医疗保障局", "", "", early},
	}
	welfare = desk{
		role{"p51", "严某", "project", "养老服务科科长", "601", "示例市民政局", "", "", early},
		role{"p52", "华某", "finance", "规划财务科科长", "601", "示例市民政局", "", "", early},
		role{"p53", "金某", "planning", "办公室主任", "601", "示例市民政局", "", "", early},
	}
	housing = desk{
		role{"p61", "魏某", "project", "村镇建设科科长", "701", "示例市住房和城乡建设局", "", "", early},
		role{"p62", "陶某", "finance", "计划财务科科长", "701", "示例市住房和城乡建设局", "", "", early},
		role{"p63", "姜某", "planning", "办公室主任", "701", "示例市住房和城乡建设局", "", "", early},
	}
	// successor takes the sports programme over; before that he held another post
	// in the bureau above, so his chain runs across both.
	successor = role{"p08", "赵某", "project", "场馆科科长", "401002", "示例市体育事业管理中心", "", "", ""}
)

func people() []role {
	all := []role{reviewer, budgeteer, paymaster, auditor, inspector, deputy, caretaker}
	for _, d := range []desk{sports, health, school, farm, insurance, welfare, housing} {
		all = append(all, d.responsible, d.finance, d.department)
	}
	return all
}

// Accounts are those of the demonstration, one for each desk a visitor may sit at.
func Accounts() (all []accounts.Account) {
	for _, r := range people() {
		if r.account != "" {
			all = append(all, accounts.Account{
				Username: r.account, Person: r.person, Name: r.name, Post: r.title, Unit: r.unit, UnitName: r.unitName, Role: r.role,
			})
		}
	}
	return all
}

// found registers the city's offices and seats its people.
func (c *city) found() {
	day := early
	for i, o := range offices {
		w := on(day, 9, i)
		do(c, w, caretaker.actor(), unit.Stored, unit.Stream(o.code), func() unit.Command {
			return unit.Register{Code: o.code, Name: o.name, Kind: o.kind, Parent: o.parent, Region: "示例市", Jurisdiction: c.book.Jurisdiction, Since: day}
		})
	}
	for i, r := range people() {
		c.seat(on(day, 10+i/30, i%30*2), r)
	}
	bureau := role{person: successor.person, name: successor.name, post: "sports", title: "群众体育科科长", unit: "401", unitName: "示例市体育局", since: early}
	c.seat(on(day, 14, 0), bureau)
}

func (c *city) seat(w when, r role) {
	do(c, w, caretaker.actor(), unit.Stored, unit.Stream(r.unit), func() unit.Command {
		return unit.EstablishPost{Post: r.post, Title: r.title}
	})
	do(c, when{w.recorded.Add(1e9), w.effective}, caretaker.actor(), unit.Stored, unit.Stream(r.unit), func() unit.Command {
		return unit.Appoint{Person: r.person, Name: r.name, Post: r.post, Since: domain.DayOf(w.effective)}
	})
}

func (c *city) relieve(w when, code domain.UnitCode, person, post string) {
	do(c, w, caretaker.actor(), unit.Stored, unit.Stream(code), func() unit.Command {
		return unit.Relieve{Person: person, Post: post, Until: domain.DayOf(w.effective), Reason: "岗位调整"}
	})
}
