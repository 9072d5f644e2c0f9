package api

import (
	"fmt"
	"slices"
	"strings"

	"wenxiao/api/accounts"
	"wenxiao/domain"
)

// A Reach says whose affairs a role may act in.
type Reach int

const (
	Own   Reach = iota + 1 // those of its own unit
	Below                  // those of its own unit and of the units under it
	All                    // everybody's
)

func (r Reach) String() string {
	return [...]string{"", "本单位", "本部门及所属单位", "全部单位"}[r]
}

// A Permission is one row of the table below.
type Permission struct {
	Command string // noun.verb
	Title   string // what it does, in the words of the regulations
	Basis   string // the article that gives the task to these roles, where one does
	Reach   grants
}

type grants = map[accounts.Role]Reach

var (
	finance      = grants{accounts.Finance: All}
	treasury     = grants{accounts.Treasury: All}
	unitItself   = grants{accounts.Filer: Own, accounts.Department: Own}
	unitAndAbove = grants{accounts.Filer: Own, accounts.Department: Below}
	supervising  = grants{accounts.Department: Below, accounts.Finance: All}
	inquiring    = grants{accounts.Auditor: All, accounts.Inspector: All}
	handsIn      = grants{accounts.Filer: Own, accounts.Department: Below, accounts.Finance: All, accounts.Treasury: All}
	wholeChain   = grants{accounts.Filer: Own, accounts.Department: Below, accounts.Finance: All}
)

// Permissions says which role may give which command, and in whose affairs. It
// is the whole of it: what is not here nobody may do. Auditors, inspectors and
// the people's congress read (忻州办法 第四十一条), and the first two keep what they
// look into from being erased; who keeps the accounts files and reviews nothing.
var Permissions = []Permission{
	{"unit.register", "登记单位", "忻州办法 第五条", finance},
	{"unit.rename", "变更单位名称", "忻州办法 第五条", finance},
	{"unit.merge", "登记单位合并", "忻州办法 第五条", finance},
	{"unit.abolish", "登记单位撤销", "忻州办法 第五条", finance},
	{"unit.establish-post", "设立岗位", "忻州办法 第十条", wholeChain},
	{"unit.appoint", "登记任职", "忻州办法 第十条", wholeChain},
	{"unit.relieve", "登记离任", "忻州办法 第十条", wholeChain},
	{"unit.delegate", "登记委托代办", "忻州办法 第十条", wholeChain},

	{"programme.register", "登记项目", "忻州办法 第十二条第二项", wholeChain},
	{"programme.assign-responsible", "明确项目责任人", "忻州办法 第十四条第一项", unitAndAbove},
	{"programme.hand-over", "办理项目责任人交接", "忻州办法 第十四条第一项", unitAndAbove},
	{"programme.mark-major", "列为重大项目", "忻州办法 第十四条第二项", supervising},
	{"programme.correct", "更正项目登记", "", wholeChain},
	{"programme.exit", "办理项目退出", "忻州办法 第四十条第二项", supervising},

	{"goal.file", "申报绩效目标", "忻州办法 第十九条：谁申请资金，谁设定目标", unitItself},
	{"goal.return", "退回绩效目标", "忻州办法 第二十条：谁分配资金，谁审核目标", supervising},
	{"goal.review", "审核绩效目标", "忻州办法 第二十条：谁分配资金，谁审核目标", supervising},
	{"goal.approve", "批复绩效目标", "忻州办法 第二十二条：谁批复预算，谁批复目标", finance},

	{"execution.set-budget", "下达年初预算", "忻州办法 第二十二条：谁批复预算，谁批复目标", finance},
	{"execution.adjust-budget", "调整预算", "忻州办法 第十九条", finance},
	{"execution.allot", "下达指标", "忻州办法 第二十六条", finance},
	{"execution.pay", "支付", "忻州办法 第二十六条", treasury},
	{"execution.correct-payment", "更正支付", "", treasury},
	{"execution.suspend", "暂缓拨款", "忻州办法 第二十六条；南通办法 第十条第二款", finance},
	{"execution.resume", "恢复拨款", "忻州办法 第二十六条；南通办法 第十条第二款", finance},
	{"execution.stop", "停止拨款", "忻州办法 第二十六条；南通办法 第十条第二款", finance},
	{"execution.recall", "收回资金", "忻州办法 第四十条第二项", finance},
	{"execution.recover", "追回资金", "忻州办法 第四十六条", finance},

	{"monitoring.take-snapshot", "报送双监控", "忻州办法 第二十六条、第二十八条", unitAndAbove},
	{"monitoring.correct-snapshot", "更正双监控", "忻州办法 第二十六条、第二十八条", unitAndAbove},
	{"monitoring.explain-warning", "说明预警", "忻州办法 第二十六条", unitItself},
	{"monitoring.clear-warning", "解除预警", "忻州办法 第二十六条", supervising},
	{"monitoring.report-risk", "报告重大风险", "南通办法 第十条第一款", unitAndAbove},

	{"evaluation.file", "报送绩效自评", "忻州办法 第三十二条", unitItself},
	{"evaluation.check", "复核绩效自评", "忻州办法 第三十八条", finance},
	{"evaluation.return", "退回绩效自评", "忻州办法 第三十八条", finance},
	{"evaluation.finalise", "审定绩效自评", "忻州办法 第三十七条、第三十八条", finance},
	{"evaluation.feed-back", "反馈评价结果", "忻州办法 第四十条第一项", finance},

	{"attachment.deposit", "交存附件", "会计档案管理办法 第五条", handsIn},
	{"attachment.withdraw", "撤下附件", "个人信息保护法 第四十七条", wholeChain},

	{"rectification.issue", "下达整改通知", "忻州办法 第四十条第一项", supervising},
	{"rectification.plan", "报送整改方案", "忻州办法 第十二条第六项", unitItself},
	{"rectification.progress", "报送整改进展", "忻州办法 第十二条第六项", unitItself},
	{"rectification.report", "报送整改报告", "忻州办法 第十二条第六项", unitItself},
	{"rectification.return", "退回整改报告", "忻州办法 第四十条第一项", supervising},
	{"rectification.close", "整改销号", "忻州办法 第四十条第一项", supervising},

	{"participant.enter", "登记参与人", "个人信息保护法 第十三条第一款第三项", wholeChain},
	{"participant.update", "更正参与人资料", "个人信息保护法 第四十六条", wholeChain},
	{"participant.record-statement", "记录意见", "个人信息保护法 第十三条第一款第三项", wholeChain},
	{"participant.hold", "保全参与人资料", "个人信息保护法 第四十七条第二款", inquiring},
	{"participant.release", "解除保全", "个人信息保护法 第四十七条第二款", inquiring},
	{"participant.erase", "删除个人信息", "个人信息保护法 第四十七条第一款", finance},
}

// Concern is the unit an act is about, and the department over it.
type Concern struct{ Unit, Department domain.UnitCode }

// Allowed refuses, as [Denied], a command that the account may not give in the
// affairs of a unit. The error names the rule.
func Allowed(account accounts.Account, command string, about Concern) error {
	i := slices.IndexFunc(Permissions, func(p Permission) bool { return p.Command == command })
	if i < 0 {
		return fmt.Errorf("no permission is written down for %s", command)
	}
	p := Permissions[i]
	reach, ok := p.Reach[account.Role]
	switch {
	case !ok:
		return Denied{
			Code: "permission.role", Basis: p.Basis,
			Rule: fmt.Sprintf("“%s”由%s办理，%s账户不能办", p.Title, p.roles(), account.Role.Name()),
		}
	case reach == Own && about.Unit != account.Unit,
		reach == Below && about.Unit != account.Unit && about.Department != account.Unit:
		return Denied{
			Code: "permission.unit", Basis: p.Basis,
			Rule: fmt.Sprintf("“%s”只能办%s的事，%s 不在其内", p.Title, reach, about.Unit),
		}
	}
	return nil
}

// May reports whether the account may give command in the affairs of a unit: for
// pages, which offer only what can be done.
func May(account accounts.Account, command string, about Concern) bool {
	return Allowed(account, command, about) == nil
}

// roles names who may, in the order of the process: 主管部门、财政部门.
func (p Permission) roles() string {
	var names []string
	for _, known := range accounts.Roles {
		if _, ok := p.Reach[known.Role]; ok {
			names = append(names, known.Name)
		}
	}
	return strings.Join(names, "、")
}
