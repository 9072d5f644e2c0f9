package scoring

import (
	"regexp"
	"strings"
	"sync"

	"wenxiao/domain/rulebook"
)

// reverse reports whether less is better for a row, and why: by the sign of the
// target, by one in the name, or by the wording.
func reverse(d rulebook.Direction, r row, target Value) (bool, string) {
	switch target.Sign {
	case AtLeast, Above:
		return false, ""
	case AtMost, Below:
		return true, ""
	}
	name := normal(r.Level3)
	switch {
	case zero(target) && !gain.MatchString(name):
		return true, "指标值为 0，完成值不得超过"
	case strings.Contains(name, "≥"):
		return false, "符号印在指标名称中"
	case strings.Contains(name, "≤"):
		return true, "符号印在指标名称中"
	}
	if target.Sign == Equals {
		return false, "符号“=”，与“≥”同"
	}
	return worse(d, r, name, target)
}

// worse infers the direction where no sign is printed.
func worse(d rulebook.Direction, r row, name string, target Value) (bool, string) {
	name = nameNotes.ReplaceAllString(name, "")
	word := endsIn(d, name)
	cost := containsAny(r.level1+r.level2, d.ReverseGroups) != ""
	unit := measureOf(target.Unit).dimension
	good := containsAny(name, d.PositiveWords)
	switch {
	case denial.MatchString(name):
		return true, "未印符号，名称止于“" + denial.FindString(name) + "”，按越低越好"
	case saved.MatchString(name):
		return false, "未印符号，名称含“" + saved.FindString(name) + "”，按越高越好"
	case cost && (unit == money || unit == none && !notCost.MatchString(name)):
		return true, "未印符号，成本指标按越低越好"
	case (unit == days || unit == months) && strings.Contains(r.level2, "时效") && timeLimit.MatchString(name) && !openHours.MatchString(name):
		return true, "未印符号，时效指标的时长按越短越好"
	case good != "":
		return false, "未印符号，名称含“" + good + "”，按越高越好"
	case word != "":
		return true, "未印符号，名称止于“" + word + "”，按越低越好"
	case cost && (unit == days || unit == months):
		return true, "未印符号，成本指标按越低越好"
	}
	return false, "未印符号，按越高越好"
}

var (
	nameNotes = regexp.MustCompile(`\([^()]*\)|^(?:指标)?\d+[:、.]|/\p{Han}{1,3}$|[:;,。]$`)
	gain      = regexp.MustCompile(`节约|增长|增幅|提高|提升|下降|降低|减少`)
	denial    = regexp.MustCompile(`(?:不(?:合格|达标|满意|及时|通过|良)|漏报|漏检|误报)(?:数|次数|起数|件数|人数)?率?$`)
	saved     = regexp.MustCompile(`节约|节省|节支`)
	notCost   = regexp.MustCompile(`(?:率|人数|户数|次数|件数|个数|套数|份数|数量|面积)$`)
	timeLimit = regexp.MustCompile(`时间|时限|期限|周期|工期|耗时|用时`)
	openHours = regexp.MustCompile(`开放|服务|运行|供应|供水|供电|供暖|持续|使用|保障|值守|值班|培训`)
	tail      = `(?:的|发生|数量|数|率|次数|起数|件数|人数|人次|量|比例|比率|占比|比重|情况|控制率|控制数|总额|总量|总数|金额|程度|时间|时长|水平|面积|指数|强度|浓度|增长率|增幅)*$`
)

// endsIn returns the word for something bad that a name ends in, but for the
// likes of 数 and 率.
func endsIn(d rulebook.Direction, name string) string {
	m := ending(strings.Join(d.ReverseWords, "|")).FindStringSubmatch(name)
	if m == nil {
		return ""
	}
	return m[1]
}

var endings sync.Map // of words to patterns: rulebooks share their words

func ending(words string) *regexp.Regexp {
	if words == "" {
		words = `\z.` // matches nothing
	}
	if p, ok := endings.Load(words); ok {
		return p.(*regexp.Regexp)
	}
	p := regexp.MustCompile(`(` + words + `)` + tail)
	endings.Store(words, p)
	return p
}

func containsAny(s string, words []string) string {
	for _, w := range words {
		if strings.Contains(s, w) {
			return w
		}
	}
	return ""
}
