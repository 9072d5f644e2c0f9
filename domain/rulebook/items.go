package rulebook

import (
	"fmt"
	"strings"

	"wenxiao/domain"
)

// An Item is one value of a rulebook in words.
type Item struct {
	Key    string `json:"key"`  // scoring.reverse: the same in every rulebook
	Name   string `json:"name"` // 反向指标未达到
	Value  string `json:"value"`
	Source Source `json:"source"`
}

// A Difference is an item on which two rulebooks part. The one that lacks it
// has no value and no source.
type Difference struct {
	Key  string `json:"key"`
	Name string `json:"name"`
	A    Item   `json:"a"`
	B    Item   `json:"b"`
}

// Items lists every value with its source, in a fixed order.
func (r *Rulebook) Items() []Item {
	items := make([]Item, 0, 64)
	for _, e := range r.entries() {
		items = append(items, Item{e.key, e.name, e.value, *e.source})
	}
	return items
}

// Differences lists what two rulebooks have differently, in the order of a's
// items, then what only b has. The days they are in force from are no
// difference: they say which applies, not what.
func Differences(a, b *Rulebook) (differences []Difference) {
	of := make(map[string]Item)
	for _, item := range b.Items() {
		of[item.Key] = item
	}
	for _, item := range a.Items() {
		other := of[item.Key]
		delete(of, item.Key)
		if item.Value != other.Value && item.Key != "from" {
			differences = append(differences, Difference{item.Key, item.Name, item, other})
		}
	}
	for _, item := range b.Items() {
		if _, only := of[item.Key]; only {
			differences = append(differences, Difference{item.Key, item.Name, Item{}, item})
		}
	}
	return differences
}

// An entry is an item that can still be given another source.
type entry struct {
	key, name, value string
	source           *Source
}

func (r *Rulebook) entries() []entry {
	return concat(
		[]entry{{"from", "施行日", string(r.From.Value), &r.From.Source}},
		r.weightEntries(), r.scoringEntries(), r.scaleEntries(), r.reviewEntries(),
		r.dutyEntries(), r.parameterEntries())
}

func concat(lists ...[]entry) (all []entry) {
	for _, l := range lists {
		all = append(all, l...)
	}
	return all
}

func (r *Rulebook) weightEntries() []entry {
	w := &r.Weights
	return []entry{
		{"framework", "指标框架", listed(r.Framework.Value, Group.String), &r.Framework.Source},
		{"weights.execution", "预算执行率分值", w.Execution.Value.String(), &w.Execution.Source},
		{"weights.plain", "一级指标分值", listed(w.Plain.Value, Share.String), &w.Plain.Source},
		{"weights.with-cost", "一级指标分值（单列成本指标）", listed(w.WithCost.Value, Share.String), &w.WithCost.Source},
		{"weights.satisfaction", "不设满意度指标时其分值归入", w.Satisfaction.Value, &w.Satisfaction.Source},
	}
}

func (r *Rulebook) scoringEntries() []entry {
	s := &r.Scoring
	return []entry{
		{"scoring.execution", "预算执行率得分", s.Execution.Value.String(), &s.Execution.Source},
		{"scoring.positive", "正向定量指标", s.Positive.Value.String(), &s.Positive.Source},
		{"scoring.pass", "及格门槛", percent(s.Pass.Value), &s.Pass.Source},
		{"scoring.reverse", "反向定量指标", s.Reverse.Value.String(), &s.Reverse.Source},
		{"scoring.equal", "等于指标", s.Equal.Value.String(), &s.Equal.Source},
		{"scoring.zero", "指标值为 0", s.Zero.Value.String(), &s.Zero.Source},
		{"scoring.yes-no", "是否类指标", s.YesNo.Value.String(), &s.YesNo.Source},
		{"scoring.qualitative", "定性指标", s.Qualitative.Value.String(), &s.Qualitative.Source},
		{"scoring.late", "逾期完成", s.Late.Value.String(), &s.Late.Source},
		{"scoring.printed", "表上印有评（扣）分标准", s.Printed.Value.String(), &s.Printed.Source},
		{"scoring.intervals", "满意度分区间", listed(s.Intervals.Value, Interval.String), &s.Intervals.Source},
		{"scoring.over.threshold", "超额完成须说明的界限", percent(s.Over.Threshold.Value), &s.Over.Threshold.Source},
		{"scoring.over.reduction", "超额完成的处理", s.Over.Reduction.Value.String(), &s.Over.Reduction.Source},
		{"scoring.deduction", "扣分", s.Deduction.Value.String(), &s.Deduction.Source},
		{"scoring.aggregate", "多个单位汇总", s.Aggregate.Value.String(), &s.Aggregate.Source},
		{"scoring.places", "得分小数位（四舍五入）", fmt.Sprint(s.Places.Value), &s.Places.Source},
		{"scoring.direction", "未印符号时的方向", s.Direction.Value.String(), &s.Direction.Source},
	}
}

func (r *Rulebook) scaleEntries() []entry {
	return []entry{
		{"bands", "定性分档", listed(r.Bands.Value, Band.String), &r.Bands.Source},
		{"grades", "等级", listed(r.Grades.Value, Grade.String), &r.Grades.Source},
	}
}

func (r *Rulebook) reviewEntries() []entry {
	return []entry{
		{"ex-ante", "事前绩效评估论证内容", strings.Join(r.ExAnte.Value, "、"), &r.ExAnte.Source},
		{"criteria", "绩效目标审核", strings.Join(r.Criteria.Value, "、"), &r.Criteria.Source},
	}
}

func (r *Rulebook) dutyEntries() (entries []entry) {
	for i := range r.Deadlines {
		d := &r.Deadlines[i]
		entries = append(entries, entry{"deadline." + d.Value.Code, "时限", d.Value.String(), &d.Source})
	}
	for i := range r.Gates {
		g := &r.Gates[i]
		entries = append(entries, entry{"gate." + g.Value.Code, "门槛", g.Value.String(), &g.Source})
	}
	for i := range r.Linkages {
		l := &r.Linkages[i]
		entries = append(entries, entry{"linkage." + l.Value.On, "挂钩", l.Value.String(), &l.Source})
	}
	return entries
}

func (r *Rulebook) parameterEntries() []entry {
	p := &r.Parameters
	return []entry{
		{"parameter.rectification-days", "整改期限", fmt.Sprintf("%d 日", p.RectificationDays.Value), &p.RectificationDays.Source},
		{"parameter.handover-days", "责任交接记录期限", fmt.Sprintf("%d 日", p.HandoverDays.Value), &p.HandoverDays.Source},
		{"parameter.major", "重大项目金额", p.Major.Value.Wan() + " 万元", &p.Major.Source},
		{"parameter.behind", "双监控预警：落后时间进度", points(p.Behind.Value), &p.Behind.Source},
		{"parameter.far-behind", "双监控异常：落后时间进度", points(p.FarBehind.Value), &p.FarBehind.Source},
		{"parameter.apart", "双监控矛盾：目标与执行相差", points(p.Apart.Value), &p.Apart.Source},
	}
}

func points(d domain.Decimal) string { return d.String() + " 个百分点" }

// percent prints a share: 1.3 is 130%, 0 is none.
func percent(share domain.Decimal) string {
	if share.IsZero() {
		return "无"
	}
	return of(domain.Int(100), share).String() + "%"
}

// listed joins the words for each value; an empty list is 无.
func listed[T any](values []T, word func(T) string) string {
	words := make([]string, len(values))
	for i, v := range values {
		words[i] = word(v)
	}
	if len(words) == 0 {
		return "无"
	}
	return strings.Join(words, "，")
}

func (g Group) String() string {
	return fmt.Sprintf("%s（%s）", g.Name, strings.Join(g.Second, "、"))
}
func (s Share) String() string {
	return strings.TrimSuffix(s.Group, "指标") + " " + s.Weight.String()
}
func (g Grade) String() string { return fmt.Sprintf("%s≥%s", g.Name, g.From) }
func (b Band) String() string {
	return fmt.Sprintf("%s %s—%s", b.Name, percent(b.To), strings.Replace(percent(b.From), "无", "0", 1))
}
func (i Interval) String() string {
	return fmt.Sprintf("≥%s%% 得 %s", i.From, strings.Replace(percent(i.Share), "无", "0", 1))
}
func (d Direction) String() string {
	return fmt.Sprintf("成本类（%s）与以减少为好的词（%d 个）按反向，其余按正向", strings.Join(d.ReverseGroups, "、"), len(d.ReverseWords))
}

var methodWords = map[Method]string{
	CappedRatio:     "分值×执行数÷全年预算数，不超过分值",
	Ratio:           "达到得满分，未达到按 分值×完成值÷指标值",
	RatioWithPass:   "达到得满分，未达到按比例，低于及格门槛不得分",
	InverseRatio:    "不超过得满分，超过按 分值×指标值÷完成值",
	LinearToZero:    "不超过得满分，超过按超出比例扣减，超一倍不得分",
	AtLeast:         "同“≥”（成本类同“≤”）",
	Exact:           "相等得满分，不等按较小÷较大",
	AllOrNothing:    "做到得满分，否则不得分",
	Direct:          "是得满分，否不得分",
	Banded:          "按档评分，核为原印得分",
	Open:            "条文未定，不能计算",
	AsPrinted:       "从表上所印",
	WithReason:      "须写明原因",
	AttainmentFirst: "绝对值相加、相对值按金额加权，先汇总完成情况再计分",
	ByDeviation:     "按超出界限的幅度调减",
	Explained:       "须说明，不自动扣分",
}

// String says the method in Chinese.
func (m Method) String() string { return methodWords[m] }
