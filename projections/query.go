package projections

import (
	"context"
	"fmt"
	"strings"
)

// A where gathers conditions with their arguments, so that what a user typed is
// never part of the SQL.
type where struct {
	conditions []string
	args       []any
}

func newWhere(conditions ...string) *where { return &where{conditions: conditions} }

// add appends a condition; each ? in it stands for one argument.
func (w *where) add(condition string, args ...any) {
	for _, a := range args {
		w.args = append(w.args, a)
		condition = strings.Replace(condition, "?", fmt.Sprintf("$%d", len(w.args)), 1)
	}
	w.conditions = append(w.conditions, condition)
}

// equal adds column = value, unless value is empty.
func (w *where) equal(column, value string) {
	if value != "" {
		w.add(column+" = ?", value)
	}
}

// words adds that every word of text occurs in one of the columns, which hold
// lower-case text.
func (w *where) words(text string, columns ...string) {
	for _, word := range strings.Fields(strings.ToLower(text)) {
		var either []string
		var args []any
		for _, c := range columns {
			either = append(either, c+` LIKE ? ESCAPE '\'`)
			args = append(args, "%"+likeEscaper.Replace(word)+"%")
		}
		w.add("("+strings.Join(either, " OR ")+")", args...)
	}
}

var likeEscaper = strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`)

// sql returns the WHERE clause.
func (w *where) sql() string {
	if len(w.conditions) == 0 {
		return ""
	}
	return " WHERE " + strings.Join(w.conditions, " AND ")
}

// orderBy returns the ORDER BY clause for what the user chose from known, and
// last for rows that are equal in it. What has no value comes last.
func orderBy(chosen string, known map[string]string, last string) string {
	name, down := strings.CutPrefix(chosen, "-")
	column, ok := known[name]
	if !ok {
		return " ORDER BY " + last
	}
	direction := ""
	if down {
		direction = " DESC"
	}
	return fmt.Sprintf(" ORDER BY (CASE WHEN %s IS NULL THEN 1 ELSE 0 END), %s%s, %s", column, column, direction, last)
}

// limit returns the LIMIT clause of the page asked for.
func (p Paging) limit() string {
	per := p.PerPage
	if per <= 0 {
		per = DefaultPerPage
	}
	per = min(per, MaxPerPage)
	return fmt.Sprintf(" LIMIT %d OFFSET %d", per, per*(max(p.Page, 1)-1))
}

// each runs a query and hands every row to do.
func (v Views) each(ctx context.Context, query string, args []any, do func(scan func(...any) error) error) error {
	result, err := v.DB.QueryContext(ctx, query, args...)
	if err != nil {
		return fmt.Errorf("%s: %w", query, err)
	}
	defer result.Close()
	for result.Next() {
		if err := do(result.Scan); err != nil {
			return fmt.Errorf("%s: %w", query, err)
		}
	}
	return result.Err()
}

// tally counts the rows by the first column of what.
func (v Views) tally(ctx context.Context, what string, w *where, counts map[string]int) error {
	column, _, _ := strings.Cut(what, " ")
	return v.each(ctx, "SELECT "+column+", COUNT(*)"+strings.TrimPrefix(what, column)+w.sql()+" GROUP BY 1", w.args, func(scan func(...any) error) error {
		var value string
		var n int
		if err := scan(&value, &n); err != nil {
			return err
		}
		counts[value] = n
		return nil
	})
}

// docs reads the rows of t whose docs a query yields.
func docs[R any](ctx context.Context, v Views, t *tableOf[R], query string, args ...any) ([]R, error) {
	rows := []R{}
	err := v.each(ctx, query, args, func(scan func(...any) error) error {
		var doc []byte
		var row R
		if err := scan(&doc); err != nil {
			return err
		}
		if err := t.decode(doc, &row); err != nil {
			return err
		}
		rows = append(rows, row)
		return nil
	})
	return rows, err
}
