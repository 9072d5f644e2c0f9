package execution_test

import (
	"reflect"
	"strings"
	"testing"

	"wenxiao/domain"
	. "wenxiao/domain/execution"
)

const wan = domain.WanYuan

var (
	finance = domain.Actor{Person: "p3", Unit: "1"}
	goal    = domain.Fact{Event: "018f", Holds: true}
	left    = domain.Fact{Event: "018e", Holds: true, Text: "已于 2022-06-30 退出"}
	printed = &domain.Source{Title: "部门整体支出绩效自评表"}

	set       = BudgetSet{Programme: "stadium", Year: 2022, Unit: "205001", Amount: 25 * wan, Document: "示例财预〔2022〕15号"}
	allotted  = Allotted{Amount: 20 * wan, Document: "示例财行〔2022〕30号"}
	paid      = Paid{Payment: "0530-017", Amount: 12 * wan, Purpose: "一季度结算"}
	suspended = Suspended{Reason: "执行 24.80%，落后 33.28 个百分点", Warning: "1"}
	stopped   = Stopped{Reason: "项目无法继续实施"}
	open      = []Event{set, allotted}
	spent     = []Event{set, allotted, paid}
	held      = []Event{set, allotted, paid, suspended}
	shut      = []Event{set, allotted, paid, stopped}
	attested  = []Event{BudgetSet{Programme: "whole", Year: 2023, Unit: "3", Amount: 3_297_700 * domain.Yuan, Source: printed}}
)

func setBudget(changes ...func(*SetBudget)) SetBudget {
	c := SetBudget{Programme: "stadium", Year: 2022, Unit: "205001", Amount: 25 * wan, Document: "示例财预〔2022〕15号", Goal: goal, Approved: 25 * wan}
	for _, change := range changes {
		change(&c)
	}
	return c
}

func TestDecide(t *testing.T) {
	for _, tt := range []struct {
		name  string
		given []Event
		when  Command
		then  []Event
		codes string
	}{
		{"the budget is set with the approved goal", nil, setBudget(), []Event{set}, ""},
		{"not without", nil, setBudget(func(c *SetBudget) { c.Goal = domain.Fact{Text: "第 1 版已退回"} }), nil, "execution.goal-not-approved"},
		{"nor with another amount", nil, setBudget(func(c *SetBudget) { c.Amount = 26 * wan }), nil, "execution.budget-not-as-approved"},
		{"nor for a programme that has left", nil, setBudget(func(c *SetBudget) { c.Exited = left }), nil, "execution.programme-not-active"},
		{"nor twice", open, setBudget(), nil, "execution.already-open"},
		{"all that is wrong is said at once", nil, SetBudget{Goal: goal}, nil, "programme.malformed-code execution.no-year execution.no-unit execution.no-amount execution.no-document"},
		{"a source attests its budget", nil, SetBudget{Programme: "whole", Year: 2023, Unit: "3", Source: printed}, []Event{BudgetSet{Programme: "whole", Year: 2023, Unit: "3", Source: printed}}, ""},
		{"not a negative one", nil, SetBudget{Programme: "whole", Year: 2023, Unit: "3", Amount: -1, Source: printed}, nil, "execution.no-amount"},
		{"nor one beyond all money", nil, SetBudget{Programme: "whole", Year: 2023, Unit: "3", Amount: domain.MaxMoney + 1, Source: printed}, nil, "execution.amount-too-large"},

		{
			"a budget is adjusted with the goal", open,
			AdjustBudget{Amount: 30 * wan, Reason: "追加", Document: "示例财预〔2022〕88号", Goal: goal},
			[]Event{BudgetAdjusted{Was: 25 * wan, Amount: 30 * wan, Reason: "追加", Document: "示例财预〔2022〕88号"}},
			"",
		},
		{"not without", open, AdjustBudget{Amount: 30 * wan, Reason: "追加", Document: "x"}, nil, "execution.goal-not-adjusted"},
		{"nor without reason and document", open, AdjustBudget{Amount: 30 * wan, Goal: goal}, nil, "execution.no-reason execution.no-document"},
		{"the same budget changes nothing", open, AdjustBudget{Amount: 25 * wan}, nil, ""},
		{"not more for a programme that has left", open, AdjustBudget{Amount: 30 * wan, Reason: "追加", Document: "x", Goal: goal, Exited: left}, nil, "execution.programme-not-active"},
		{
			"less for one that has", open,
			AdjustBudget{Amount: 20 * wan, Reason: "压减", Document: "x", Goal: goal, Exited: left},
			[]Event{BudgetAdjusted{Was: 25 * wan, Amount: 20 * wan, Reason: "压减", Document: "x"}},
			"",
		},
		{"not below what is paid", spent, AdjustBudget{Amount: 11 * wan, Reason: "压减", Document: "x", Goal: goal}, nil, "execution.below-paid"},
		{"nor below what is allotted", spent, AdjustBudget{Amount: 19 * wan, Reason: "压减", Document: "x", Goal: goal}, nil, "execution.below-allotted"},
		{
			"after a recall it may", append(spent, Recalled{Amount: 8 * wan}),
			AdjustBudget{Amount: 12 * wan, Reason: "压减", Document: "x", Goal: goal},
			[]Event{BudgetAdjusted{Was: 25 * wan, Amount: 12 * wan, Reason: "压减", Document: "x"}},
			"",
		},
		{"a source attests its adjustment", attested, AdjustBudget{Amount: 1, Source: printed}, []Event{BudgetAdjusted{Was: 3_297_700 * domain.Yuan, Amount: 1, Source: printed}}, ""},
		{"not to less than nothing", attested, AdjustBudget{Amount: -1, Source: printed}, nil, "execution.no-amount"},
		{"nor to more than everything", attested, AdjustBudget{Amount: domain.MaxMoney + 1, Source: printed}, nil, "execution.amount-too-large"},
		{"no budget to adjust", nil, AdjustBudget{Amount: 1}, nil, "execution.no-budget"},

		{"money is allotted", []Event{set}, Allot{Amount: 20 * wan, Document: "示例财行〔2022〕30号"}, []Event{allotted}, ""},
		{"up to the budget", open, Allot{Amount: 5 * wan, Document: "x"}, []Event{Allotted{Amount: 5 * wan, Document: "x"}}, ""},
		{"not above", open, Allot{Amount: 5*wan + 1, Document: "x"}, nil, "execution.over-budget"},
		{"some of it, by a document", open, Allot{}, nil, "execution.no-amount execution.no-document"},
		{"none without a budget", nil, Allot{Amount: 1, Document: "x"}, nil, "execution.no-budget"},
		{"none while payments are held", held, Allot{Amount: 1, Document: "x"}, nil, "execution.suspended"},

		{"a payment is made", open, Pay{Payment: "0530-017", Amount: 12 * wan, Purpose: "一季度结算"}, []Event{paid}, ""},
		{"up to what is allotted", spent, Pay{Payment: "0630-002", Amount: 8 * wan}, []Event{Paid{Payment: "0630-002", Amount: 8 * wan}}, ""},
		{"not a 分 above", spent, Pay{Payment: "0630-002", Amount: 8*wan + 1}, nil, "execution.over-allotted"},
		{"nor what was recalled", append(spent, Recalled{Amount: 8 * wan}), Pay{Payment: "0630-002", Amount: 1}, nil, "execution.over-allotted"},
		{"nor beyond the year's budget", spent, Pay{Payment: "0630-002", Amount: 14 * wan}, nil, "execution.over-allotted execution.over-budget"},
		{"a number is used once", spent, Pay{Payment: "0530-017", Amount: 1}, nil, "execution.number-used"},
		{"nor under one that looks the same", spent, Pay{Payment: "0530-017 ", Amount: 1}, nil, "execution.malformed-number"},
		{"or is written wide", spent, Pay{Payment: "０５３０-017", Amount: 1}, nil, "execution.malformed-number"},
		{"or with what nobody sees", spent, Pay{Payment: "0530\u200b-017", Amount: 1}, nil, "execution.malformed-number"},
		{"a word will do", spent, Pay{Payment: "一季度/3号", Amount: 1}, []Event{Paid{Payment: "一季度/3号", Amount: 1}}, ""},
		{"a payment has number and amount", open, Pay{Payment: " "}, nil, "execution.no-number execution.no-amount"},
		{"nothing is paid out of no budget", nil, Pay{Payment: "1", Amount: 1}, nil, "execution.no-budget"},
		{"nothing while payments are held", held, Pay{Payment: "0630-002", Amount: 1}, nil, "execution.suspended"},
		{"nothing once they are stopped", shut, Pay{Payment: "0630-002", Amount: 1}, nil, "execution.stopped"},
		{"a published table may show more spent than budgeted", attested, Pay{Payment: "全年", Amount: 3_383_100 * domain.Yuan, Source: printed}, []Event{Paid{Payment: "全年", Amount: 3_383_100 * domain.Yuan, Source: printed}}, ""},
		{"but no number twice", append(attested, Paid{Payment: "全年", Amount: 1, Source: printed}), Pay{Payment: "全年", Amount: 1, Source: printed}, nil, "execution.number-used"},
		{"nor what cannot be added up", append(attested, Paid{Payment: "a", Amount: domain.MaxMoney, Source: printed}), Pay{Payment: "b", Amount: 1, Source: printed}, nil, "execution.amount-too-large"},
		{"nor into a suspension", append(attested, suspended), Pay{Payment: "全年", Amount: 1, Source: printed}, nil, "execution.suspended"},

		{
			"a payment is put right", spent,
			CorrectPayment{Corrects: "018f", Payment: "0530-017", Amount: 11 * wan, Reason: "录入有误"},
			[]Event{PaymentCorrected{Corrects: "018f", Payment: "0530-017", Was: 12 * wan, Amount: 11 * wan, Reason: "录入有误"}},
			"",
		},
		{
			"or voided, even while payments are held", held,
			CorrectPayment{Corrects: "018f", Payment: "0530-017", Reason: "退票"},
			[]Event{PaymentCorrected{Corrects: "018f", Payment: "0530-017", Was: 12 * wan, Reason: "退票"}},
			"",
		},
		{"no more while payments are held", held, CorrectPayment{Corrects: "018f", Payment: "0530-017", Amount: 13 * wan, Reason: "x"}, nil, "execution.suspended"},
		{"what is right stays", spent, CorrectPayment{Payment: "0530-017", Amount: 12 * wan}, nil, ""},
		{"only what was paid", spent, CorrectPayment{Corrects: "018f", Payment: "9", Amount: 1, Reason: "x"}, nil, "execution.unknown-payment"},
		{"saying what and why", spent, CorrectPayment{Payment: "0530-017", Amount: -1}, nil, "execution.corrects-nothing execution.no-amount execution.no-reason"},
		{"within what is allotted", spent, CorrectPayment{Corrects: "018f", Payment: "0530-017", Amount: 21 * wan, Reason: "x"}, nil, "execution.over-allotted"},
		{"not below what came back", append(spent, Recovered{Amount: 2 * wan, Payment: "0530-017"}), CorrectPayment{Corrects: "018f", Payment: "0530-017", Amount: wan, Reason: "x"}, nil, "execution.below-recovered"},
		{
			"an attested payment may be put right upwards", append(attested, Paid{Payment: "全年", Amount: 1, Source: printed}),
			CorrectPayment{Corrects: "018f", Payment: "全年", Amount: 2, Reason: "x"},
			[]Event{PaymentCorrected{Corrects: "018f", Payment: "全年", Was: 1, Amount: 2, Reason: "x"}},
			"",
		},
		{"within reason", append(attested, Paid{Payment: "全年", Amount: 1, Source: printed}), CorrectPayment{Corrects: "018f", Payment: "全年", Amount: domain.MaxMoney + 1, Reason: "x"}, nil, "execution.amount-too-large"},

		{"payments are suspended", spent, Suspend{Reason: suspended.Reason, Warning: "1"}, []Event{suspended}, ""},
		{"not twice: the first reason stands", held, Suspend{Reason: "另一原因"}, nil, "execution.suspended"},
		{"not without a reason", spent, Suspend{}, nil, "execution.no-reason"},
		{"not what is stopped", shut, Suspend{Reason: "x"}, nil, "execution.stopped"},
		{"nothing to suspend", nil, Suspend{Reason: "x"}, nil, "execution.no-budget"},
		{"they are resumed", held, Resume{Reason: "整改到位", By: finance}, []Event{Resumed{Reason: "整改到位"}}, ""},
		{"and flow again", append(held, Resumed{}), Pay{Payment: "0630-002", Amount: 1}, []Event{Paid{Payment: "0630-002", Amount: 1}}, ""},
		{"not by the unit held, nor without a reason", held, Resume{By: domain.Actor{Unit: "205001"}}, nil, "execution.own-resumption execution.no-reason"},
		{"what flows is not resumed", spent, Resume{Reason: "x", By: finance}, nil, "execution.not-suspended"},
		{"what is stopped is not resumed", shut, Resume{Reason: "x", By: finance}, nil, "execution.stopped"},
		{"what never began is not resumed", nil, Resume{Reason: "x", By: finance}, nil, "execution.no-budget"},
		{"payments are stopped", spent, Stop(stopped), []Event{stopped}, ""},
		{"a suspension may become a stop", held, Stop(stopped), []Event{stopped}, ""},
		{"not twice", shut, Stop{Reason: "x"}, nil, "execution.stopped"},
		{"not without a reason", spent, Stop{}, nil, "execution.no-reason"},
		{"nothing to stop", nil, Stop{Reason: "x"}, nil, "execution.no-budget"},

		{"unspent money is recalled", spent, Recall{Amount: 8 * wan, Reason: "支出进度偏慢", Working: "20.00 − 12.00 = 8.00"}, []Event{Recalled{Amount: 8 * wan, Reason: "支出进度偏慢", Working: "20.00 − 12.00 = 8.00"}}, ""},
		{"also after a stop", shut, Recall{Amount: 8 * wan, Reason: "x", Working: "x"}, []Event{Recalled{Amount: 8 * wan, Reason: "x", Working: "x"}}, ""},
		{"not what is spent", spent, Recall{Amount: 8*wan + 1, Reason: "x", Working: "x"}, nil, "execution.over-unspent"},
		{"with reason and working", spent, Recall{}, nil, "execution.no-amount execution.no-reason execution.no-working"},
		{"an overspent table has nothing unspent", append(attested, Paid{Payment: "全年", Amount: 3_383_100 * domain.Yuan, Source: printed}), Recall{Amount: 1, Reason: "x", Working: "x"}, nil, "execution.over-unspent"},
		{"nothing to recall", nil, Recall{Amount: 1}, nil, "execution.no-budget"},

		{"wrongly spent money is recovered", spent, Recover{Amount: 2 * wan, Payment: "0530-017", Reason: "超范围支出"}, []Event{Recovered{Amount: 2 * wan, Payment: "0530-017", Reason: "超范围支出"}}, ""},
		{"never more than was paid", append(spent, Recovered{Amount: 2 * wan, Payment: "0530-017"}), Recover{Amount: 10*wan + 1, Payment: "0530-017", Reason: "x"}, nil, "execution.over-payment"},
		{"some of it, for a reason", spent, Recover{Payment: "0530-017"}, nil, "execution.no-amount execution.no-reason"},
		{"from a payment there is", spent, Recover{Amount: 1, Payment: "9", Reason: "x"}, nil, "execution.unknown-payment"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := tt.when.Decide(domain.Replay[State](tt.given...))
			if c := codes(err); c != tt.codes {
				t.Fatalf("refused with %q, want %q", c, tt.codes)
			}
			if !reflect.DeepEqual(got, tt.then) {
				t.Errorf("decided %+v, want %+v", got, tt.then)
			}
		})
	}
}

func TestState(t *testing.T) {
	s := domain.Replay[State](append(held,
		PaymentCorrected{Payment: "0530-017", Amount: 10 * wan}, Recovered{Payment: "0530-017", Amount: wan}, Recalled{Amount: 3 * wan}, BudgetAdjusted{Amount: 22 * wan})...)
	want := State{
		Status: Held, Reason: suspended.Reason, Programme: "stadium", Year: 2022, Unit: "205001", Budget: 25 * wan, FullYear: 22 * wan,
		Allotted: 20 * wan, Paid: 10 * wan, Recalled: 3 * wan, Recovered: wan, Payments: map[string]Payment{"0530-017": {Amount: 10 * wan, Recovered: wan}},
	}
	if !reflect.DeepEqual(s, want) {
		t.Errorf("got  %+v\nwant %+v", s, want)
	}
	if s.Unspent() != 7*wan {
		t.Errorf("unspent %s", s.Unspent().Wan())
	}
}

// TestSuspensionIsCited: who is refused a payment reads why it is held.
func TestSuspensionIsCited(t *testing.T) {
	_, err := Pay{Payment: "1", Amount: 1}.Decide(domain.Replay[State](held...))
	if no := domain.Refused(err)[0]; no.Reason != "已暂缓拨款：执行 24.80%，落后 33.28 个百分点" || no.Basis == "" {
		t.Errorf("%+v", no)
	}
}

func codes(err error) string {
	var list []string
	for _, no := range domain.Refused(err) {
		list = append(list, no.Code)
	}
	return strings.Join(list, " ")
}
