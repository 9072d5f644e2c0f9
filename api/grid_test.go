package api

import (
	"bytes"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/simplifiedchinese"

	"wenxiao/domain"
)

const pastedRows = "项目名称\t体育中心与委托运营方结算费用\n" +
	"金额单位\t万元\n全年预算数\t25.00\n全年执行数\t21.55\n执行率\t86.19%\n执行分值\t10\n执行得分\t8.62\n" +
	"一级指标\t二级指标\t三级指标\t年度指标值\t实际完成值\t分值\t得分\t偏差原因\n" +
	"产出指标\t数量指标\t结算完成率\t=100%\t100%\t50\t50\t\n" +
	"\t质量指标\t条款完成率\t=100%\t100%\t20\t20\t\n" +
	"\n" +
	"满意度指标\t服务对象满意度\t开放满意度\t≥90%\t100%\t20\t20\t\n" +
	"总分\t\t\t\t\t100\t98.62\n"

func tableOf(t *testing.T, data []byte) pasted {
	t.Helper()
	g, err := readGrid(data)
	if err != nil {
		t.Fatal(err)
	}
	p, err := g.table(nil)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestPastedRowsAreATable(t *testing.T) {
	checkSportsCentre(t, tableOf(t, []byte(pastedRows)))
}

func TestCommaSeparatedAndGB18030AreRead(t *testing.T) {
	checkSportsCentre(t, tableOf(t, []byte(strings.ReplaceAll(pastedRows, "\t", ","))))
	gb, err := simplifiedchinese.GB18030.NewEncoder().Bytes([]byte(pastedRows))
	if err != nil {
		t.Fatal(err)
	}
	checkSportsCentre(t, tableOf(t, gb))
}

func checkSportsCentre(t *testing.T, p pasted) {
	t.Helper()
	b := p.Table.Budget
	if p.Table.Project != "体育中心与委托运营方结算费用" || p.Table.MoneyUnit != "万元" || b.RatePrinted != "86.19%" {
		t.Errorf("head: %+v", p.Table)
	}
	for what, pair := range map[string][2]string{
		"full year": {b.FullYear.String(), "25.00"}, "executed": {b.Executed.String(), "21.55"},
		"execution score": {b.ScorePrinted.String(), "8.62"}, "total": {p.Table.TotalPrinted.String(), "98.62"},
	} {
		if !domain.MustDecimal(pair[0]).Equal(domain.MustDecimal(pair[1])) {
			t.Errorf("%s is %s, not %s", what, pair[0], pair[1])
		}
	}
	if len(p.Table.Indicators) != 3 {
		t.Fatalf("%d indicators: %+v", len(p.Table.Indicators), p.Table.Indicators)
	}
	second, third := p.Table.Indicators[1], p.Table.Indicators[2]
	if second.Level1 != "产出指标" || second.Level2 != "质量指标" || third.Level1 != "满意度指标" || third.Target != "≥90%" {
		t.Errorf("rows: %+v", p.Table.Indicators)
	}
	if p.Places[2] != "第 12 行" {
		t.Errorf("the third row stands at %q", p.Places[2])
	}
}

// officialForm lays the cells out as the form of 财预〔2020〕10号 does, merged
// cells left empty as Excel leaves them.
func officialForm(t *testing.T, weight any) []byte {
	t.Helper()
	book := excelize.NewFile()
	defer func() { _ = book.Close() }()
	for row, cells := range [][]any{
		{"项目支出绩效自评表"},
		{"（2022 年度）金额单位：万元"},
		{"项目名称", nil, nil, "体育中心与委托运营方结算费用"},
		{"主管部门", nil, nil, "市体育局", nil, nil, "实施单位", nil, "体育事业管理中心"},
		{"项目资金（万元）", nil, nil, nil, "年初预算数", "全年预算数", "全年执行数", "分值", "执行率", "得分"},
		{nil, nil, "年度资金总额", nil, 25, 25, 21.55, 10, "86.19%", 8.62},
		{nil, nil, "其中：当年财政拨款", nil, 25, 25, 21.55, "—", nil, "—"},
		{nil, nil, "上年结转资金", nil, 0, 0, 0, "—", nil, "—"},
		{"年度总体目标", "预期目标", nil, nil, nil, "实际完成情况"},
		{nil, "按合同完成结算", nil, nil, nil, "已结算"},
		{"绩效指标", "一级指标", "二级指标", "三级指标", "年度指标值", "实际完成值", "分值", "得分", "偏差原因分析及改进措施"},
		{nil, "产出指标", "数量指标", "结算完成率", "=100%", "100%", weight, 10, nil},
		{nil, nil, "质量指标", "条款完成率", "=100%", "100%", 20, 20, nil},
		{nil, "总分", nil, nil, nil, nil, 100, 98.62},
	} {
		for column, value := range cells {
			name, err := excelize.CoordinatesToCellName(column+1, row+1)
			if err != nil {
				t.Fatal(err)
			}
			if err := book.SetCellValue("Sheet1", name, value); err != nil {
				t.Fatal(err)
			}
		}
	}
	var b bytes.Buffer
	if err := book.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestWorkbookOfTheOfficialForm(t *testing.T) {
	p := tableOf(t, officialForm(t, 10))
	b := p.Table.Budget
	if b.FullYear == nil || b.FullYear.String() != "25" || b.Weight == nil || b.Weight.String() != "10" || b.ScorePrinted.String() != "8.62" {
		t.Errorf("money: %+v", b)
	}
	if len(b.SubRows) != 2 || b.SubRows[0].Name != "当年财政拨款" || b.SubRows[1].Executed.String() != "0" {
		t.Errorf("parts: %+v", b.SubRows)
	}
	if p.Table.Department != "市体育局" || p.Table.MoneyUnit != "万元" || p.Table.Project != "体育中心与委托运营方结算费用" {
		t.Errorf("head: %+v", p.Table)
	}
	if len(p.Table.Indicators) != 2 || p.Table.Indicators[1].Level1 != "产出指标" || p.Table.Indicators[0].Level3 != "结算完成率" {
		t.Errorf("rows: %+v", p.Table.Indicators)
	}
	if p.Table.TotalPrinted == nil || p.Table.TotalPrinted.String() != "98.62" {
		t.Errorf("total %v", p.Table.TotalPrinted)
	}
}

func TestRefusalsNameThePlace(t *testing.T) {
	for _, c := range []struct {
		name, code, place string
		data              []byte
	}{
		{"a weight that is no number", "table.malformed-number", "第 9 行第 6 栏（分值）", []byte(strings.Replace(pastedRows, "100%\t50\t50", "100%\t五十\t50", 1))},
		{"a weight that is no number in a workbook", "table.malformed-number", "G12（分值）", officialForm(t, "五十")},
		{"a budget that is no number", "table.malformed-number", "第 3 行第 2 栏", []byte(strings.Replace(pastedRows, "25.00", "廿五", 1))},
		{"no head", "table.no-header", "", []byte("甲\t乙\n1\t2\n")},
		{"a head and nothing below", "table.no-rows", "第 1 行第 1 栏", []byte("三级指标\t指标值\t完成值\t分值\t得分\n")},
		{"a broken workbook", "table.not-a-workbook", "", []byte("PK\x03\x04 and no more")},
		{"a picture", "table.not-text", "", []byte("\x89PNG\r\n\x1a\n\x00\x00\xff\xd8")},
		{"a cell like a book", "table.cell-too-long", "第 2 行第 1 栏", []byte("三级指标\t指标值\n" + strings.Repeat("长", maxCell+1) + "\t1\n")},
		{"too many rows", "table.too-many-rows", "第 2001 行第 1 栏", []byte("三级指标\t指标值\n" + strings.Repeat("甲\t1\n", maxRows+5))},
		{"too many columns", "table.too-many-columns", "第 1 行第 65 栏", []byte(strings.Repeat("甲\t", maxColumns+2) + "\n")},
	} {
		t.Run(c.name, func(t *testing.T) {
			g, err := readGrid(c.data)
			if err == nil {
				_, err = g.table(nil)
			}
			var refusal domain.Refusal
			if !errors.As(err, &refusal) {
				t.Fatalf("not refused: %v", err)
			}
			if refusal.Code != c.code || refusal.Field != c.place {
				t.Errorf("refused as %s at %q: %s", refusal.Code, refusal.Field, refusal.Reason)
			}
		})
	}
}

func TestWhatIsTypedBesideOnlyFillsWhatIsMissing(t *testing.T) {
	g, err := readGrid([]byte(pastedRows))
	if err != nil {
		t.Fatal(err)
	}
	p, err := g.table(map[string]string{"full_year": "99", "begin": "24", "year": "2022"})
	if err != nil {
		t.Fatal(err)
	}
	if p.Table.Budget.FullYear.String() != "25.00" || p.Table.Budget.Begin.String() != "24" || p.Table.Year != 2022 {
		t.Errorf("%+v", p.Table.Budget)
	}
}

func FuzzGrid(f *testing.F) {
	f.Add([]byte(pastedRows))
	f.Add([]byte("三级指标,指标值\n\"甲\n乙\",1\n"))
	f.Add([]byte("全年预算数\t全年执行数\n三级指标\t指标值\n甲\t1"))
	f.Fuzz(func(t *testing.T, data []byte) {
		g, err := readGrid(data)
		if err != nil {
			return
		}
		if p, err := g.table(nil); err == nil && len(p.Places) != len(p.Table.Indicators) {
			t.Errorf("%d places for %d rows", len(p.Places), len(p.Table.Indicators))
		}
	})
}

// A small file may unpack to a great deal. What it costs to say no is what the
// limits allow, not what the file holds.
func TestAWorkbookFullOfTextIsRefusedAtOnce(t *testing.T) {
	book := excelize.NewFile()
	defer func() { _ = book.Close() }()
	w, err := book.NewStreamWriter("Sheet1")
	if err != nil {
		t.Fatal(err)
	}
	long := strings.Repeat("文", 1000)
	for i := range 10 * maxRows {
		if err := w.SetRow(fmt.Sprintf("A%d", i+1), []any{long}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	var file bytes.Buffer
	if err := book.Write(&file); err != nil {
		t.Fatal(err)
	}
	before := allocated()
	if g, err := readGrid(file.Bytes()); err == nil {
		t.Errorf("read %d rows", len(g.cells))
	}
	if cost := allocated() - before; cost > 4*maxSheet { // it unpacked everything, for half a minute
		t.Errorf("cost %d bytes of memory", cost)
	}
	if word := headWord(long); word != "" {
		t.Errorf("%d bytes pass for a head", len(word))
	}
}

// allocated is how many bytes this process has ever asked for.
func allocated() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.TotalAlloc
}
