package api

import (
	"encoding/csv"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/gorilla/mux"
	"github.com/xuri/excelize/v2"

	"wenxiao/api/web"
	"wenxiao/domain"
	"wenxiao/projections"
)

// registerPage is the programme register.
func (s *Server) registerPage(w http.ResponseWriter, r *http.Request) error {
	page := web.Register{Frame: s.frame(r, "项目登记册", "/programmes"), Filter: registerFilter(r), Open: r.URL.Query().Get("open")}
	switch page.Open {
	case "replay", "chain":
		page.Nav = "/programmes?open=" + page.Open
	default:
		page.Open = ""
	}
	page.Wide = true
	var err error
	if page.ProgrammeList, err = s.Views.Programmes(r.Context(), page.Filter); err != nil {
		return err
	}
	if page.Units, err = s.unitOptions(r); err != nil {
		return err
	}
	page.Years = s.years()
	who, _ := s.who(r)
	page.MayRegister = page.Open == "" && mayRegister(who.Account)
	return s.draw(w, page)
}

// registerFilter reads the conditions of an address. What makes no sense there
// is no condition.
func registerFilter(r *http.Request) projections.ProgrammeFilter {
	q := r.URL.Query()
	f := projections.ProgrammeFilter{
		Text: strings.TrimSpace(q.Get("q")), Unit: domain.UnitCode(q.Get("unit")), FundBook: q.Get("book"), Kind: q.Get("kind"),
		Stage: q.Get("stage"), Status: q.Get("status"), Sort: q.Get("sort"), Major: q.Get("major") != "",
	}
	f.Year = yearIn(q.Get("year"))
	f.Page, _ = strconv.Atoi(q.Get("page"))
	return f
}

func yearIn(text string) domain.FiscalYear {
	if y, err := strconv.Atoi(text); err == nil && domain.FiscalYear(y).Valid() {
		return domain.FiscalYear(y)
	}
	return 0
}

// years are those one may choose from: this one and the ten before it.
func (s *Server) years() (years []domain.FiscalYear) {
	for y := s.today().Year() + 1; y > s.today().Year()-10; y-- {
		years = append(years, y)
	}
	return years
}

// unitOptions are the units one may choose from.
func (s *Server) unitOptions(r *http.Request) (options []web.Option, err error) {
	units, err := s.Views.Units(r.Context())
	for _, u := range units {
		options = append(options, web.Option{Value: string(u.Code), Text: u.Name})
	}
	return options, err
}

// latestYear leads from a programme to its last year in the register.
func (s *Server) latestYear(w http.ResponseWriter, r *http.Request) error {
	code := domain.ProgrammeCode(mux.Vars(r)["code"])
	years, err := s.Views.ProgrammeYears(r.Context(), code)
	if err != nil {
		return err
	}
	if len(years) == 0 {
		return projections.ErrNotFound
	}
	last := years[0]
	for _, y := range years {
		last = max(last, y)
	}
	http.Redirect(w, r, fmt.Sprintf("/programmes/%s/%d", code, last), http.StatusSeeOther)
	return nil
}

// registerColumns are the columns of the files, money in 万元 as on the page.
var registerColumns = []any{
	"项目编码", "项目", "年度", "实施单位", "主管部门", "预算本", "对象", "环节", "年初预算（万元）", "全年预算（万元）", "执行数（万元）",
	"执行率", "自评得分", "重算得分", "审定得分", "等级", "状态", "注意", "项目负责人", "账本位置",
}

// registerRow is a row of the files. Figures are decimals where there are any, and
// nil where nothing is known.
func registerRow(p projections.Programme) []any {
	number := func(d *domain.Decimal) any {
		if d == nil {
			return nil
		}
		return *d
	}
	wan := func(m domain.Money) any {
		if p.Budget == 0 && p.FullYear == 0 && p.Paid == 0 {
			return nil // no budget yet is not a budget of 0
		}
		return m.In(domain.WanYuan)
	}
	return []any{
		string(p.Code), p.Name, int(p.Year), p.UnitName, p.DepartmentName, web.Word(web.FundBooks, p.FundBook), web.Word(web.Kinds, p.Kind),
		web.Word(web.Stages, p.Stage), wan(p.Budget), wan(p.FullYear), wan(p.Paid), number(p.Rate), number(p.PrintedScore),
		number(p.ComputedScore), number(p.FinalScore), p.Grade, web.Word(web.Statuses, p.Status), p.Note, p.ResponsibleName, uint64(p.Position),
	}
}

// eachRow hands over every row that meets the conditions, page by page.
func (s *Server) eachRow(r *http.Request, row func([]any) error) error {
	f := registerFilter(r)
	f.PerPage = projections.MaxPerPage
	for f.Page = 1; ; f.Page++ {
		list, err := s.Views.Programmes(r.Context(), f)
		if err != nil {
			return err
		}
		for _, p := range list.Rows {
			if err := row(registerRow(p)); err != nil {
				return err
			}
		}
		if f.Page*f.PerPage >= list.Total {
			return nil
		}
	}
}

// registerExcel writes the rows as a workbook, in one sheet with a fixed head.
func (s *Server) registerExcel(w http.ResponseWriter, r *http.Request) error {
	book := excelize.NewFile()
	defer func() { _ = book.Close() }()
	const sheet = "项目登记册"
	if err := book.SetSheetName("Sheet1", sheet); err != nil {
		return err
	}
	rows, err := book.NewStreamWriter(sheet)
	if err != nil {
		return err
	}
	if err := rows.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}); err != nil {
		return err
	}
	n := 1
	put := func(row []any) error {
		cell, err := excelize.CoordinatesToCellName(1, n)
		n++
		if err != nil {
			return err
		}
		for i, v := range row {
			if d, ok := v.(domain.Decimal); ok {
				row[i] = d.Float() // a workbook knows no other numbers
			}
		}
		return rows.SetRow(cell, row)
	}
	if err := put(registerColumns); err != nil {
		return err
	}
	if err := s.eachRow(r, put); err != nil {
		return err
	}
	if err := rows.Flush(); err != nil {
		return err
	}
	s.download(w, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx")
	return book.Write(w)
}

// registerCSV writes the rows as UTF-8 with a mark that makes Excel read it so.
func (s *Server) registerCSV(w http.ResponseWriter, r *http.Request) error {
	var text strings.Builder
	text.WriteString("\ufeff")
	lines := csv.NewWriter(&text)
	put := func(row []any) error {
		fields := make([]string, len(row))
		for i, v := range row {
			if v != nil {
				fields[i] = harmless(fmt.Sprint(v))
			}
		}
		return lines.Write(fields)
	}
	if err := put(registerColumns); err != nil {
		return err
	}
	if err := s.eachRow(r, put); err != nil {
		return err
	}
	lines.Flush()
	s.download(w, "text/csv; charset=utf-8", "csv")
	_, err := w.Write([]byte(text.String()))
	return err
}

// harmless keeps a spreadsheet from taking a name for a formula.
func harmless(field string) string {
	if strings.HasPrefix(field, "-") {
		if _, err := strconv.ParseFloat(field, 64); err == nil {
			return field
		}
	}
	if field != "" && strings.ContainsRune("=+-@\t\r", rune(field[0])) {
		return "'" + field
	}
	return field
}

func (s *Server) download(w http.ResponseWriter, kind, extension string) {
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Content-Disposition", fmt.Sprintf(`attachment; filename="register-%s.%s"`, s.today(), extension))
}
