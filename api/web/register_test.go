package web

import (
	"fmt"
	"strings"
	"testing"

	"wenxiao/domain"
	"wenxiao/projections"
)

func decimalOf(s string) *domain.Decimal { d := domain.MustDecimal(s); return &d }

// aRegister holds rows of awkward length: no money, no score, a name of forty
// characters, spending without a budget.
func aRegister() Register {
	rows := []projections.Programme{
		{
			Code: "p-26", Year: 2022, Name: "体育中心与委托运营方结算费用", UnitName: "体育事业管理中心", FundBook: "general",
			Stage: projections.StageResult, Status: projections.StatusWaiting, FullYear: 25_000_000, Paid: 21_545_760, Rate: decimalOf("0.8618"),
			FinalScore: decimalOf("98.62"), Grade: "优", Note: "整改中，剩 8 天",
		},
		{
			Code: "p-1", Year: 2021, Name: "国家基本公共卫生服务", UnitName: "翟店镇卫生院", FundBook: "unstated",
			Stage: projections.StageEvaluation, Status: projections.StatusAlert, Paid: 207_453_800, Note: "自评表有 11 处不符",
		},
		{
			Code: "p-40", Year: 2023, Name: strings.Repeat("关于推进城乡融合发展示范", 4)[:120], FundBook: "social-insurance",
			UnitName: "示例市农业农村局农村社会事业促进与乡村建设服务中心", Stage: projections.StageGoal, Status: projections.StatusNormal,
		},
		{Code: "p-9", Year: 2020, Name: "县级储备粮", UnitName: "商务和粮食局", FundBook: "general", Stage: projections.StageResult, Status: projections.StatusDone, FullYear: 194_900_000, Paid: 194_900_000, Rate: decimalOf("1")},
	}
	for i := range 40 {
		row := rows[i%4]
		row.Code, row.Name = domain.ProgrammeCode(fmt.Sprintf("q-%d", i)), fmt.Sprintf("%s（%d）", row.Name, i)
		rows = append(rows, row)
	}
	f := someFrame
	f.Title, f.Here, f.Wide, f.Crumbs = "项目登记册", "/programmes?sort=-budget&year=2022&page=2", true, f.Crumbs[:1]
	page := Register{
		Frame: f, Filter: projections.ProgrammeFilter{Sort: "-budget", Year: 2022, Text: "tyzx"},
		Years: []domain.FiscalYear{2023, 2022, 2021}, Units: []Option{{"101", "体育事业管理中心"}},
	}
	page.Filter.Page = 2
	page.Rows, page.Total = rows, 186
	page.Sums.FullYear, page.Sums.Paid = 41_207_360_000, 38_378_000_000
	page.Counts = map[string]int{"alert": 6, "warning": 17, "waiting": 1, "normal": 139, "done": 23}
	return page
}

func TestRegisterShowsEveryRowWithItsStanding(t *testing.T) {
	page := drawn(t, aRegister())
	shows(t, page, "体育中心与委托运营方结算费用", "25.00", "21.55", "86.18%", "98.62", ">优<", "预算为 0", "异常 6", "未载明", "41,207.36",
		`aria-sort="descending"`, `href="/programmes?sort=budget&amp;year=2022"`, `href="/programmes?sort=-budget&amp;status=alert&amp;year=2022"`,
		`href="/programmes.csv?sort=-budget&amp;year=2022"`, "51—94 / 186", `value="tyzx"`)
}

func TestRegisterWithoutRowsRepeatsTheConditions(t *testing.T) {
	page := aRegister()
	page.Rows, page.Total = nil, 0
	shows(t, drawn(t, page), "没有符合条件的项目", "“tyzx”、2022", "把年度放宽到全部")
}

func TestRegisterOpensReplay(t *testing.T) {
	page := aRegister()
	page.Open = "replay"
	shows(t, drawn(t, page), `href="/programmes/p-26/2022/replay"`, "选一个项目年度，回放它的经过")
}

func TestPagerLeavesAGap(t *testing.T) {
	p := someFrame.pager(projections.Paging{Page: 10, PerPage: 10}, 200, 10)
	var numbers []int
	for _, l := range p.Pages {
		numbers = append(numbers, l.Number)
	}
	if got := fmt.Sprint(numbers); got != "[1 0 8 9 10 11 12 0 20]" {
		t.Error(got)
	}
}
