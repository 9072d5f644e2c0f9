package deadline

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"

	"wenxiao/domain"
)

// officer files what is theirs, each at its hour, and what comes back to them
// after.
func (o *person) officer() func(context.Context, *play) {
	return func(ctx context.Context, p *play) {
		for _, t := range o.files {
			p.until(ctx, t.hour)
			if ctx.Err() != nil {
				return
			}
			o.open(ctx, "filing desk", "/goals")
			p.desk.filed(t.code, o.file(ctx, p, t.code))
		}
	}
}

// patience is how often somebody tries again when others keep coming before.
const patience = 50

// file fills the form of a programme, has it checked and signs it.
func (o *person) file(ctx context.Context, p *play, code domain.ProgrammeCode) (position string) {
	return o.complete(ctx, p.address("evaluations", code, "/file"), sending{"form", "check", "file"}, func(f form) { f.evaluate(o.chance) })
}

// sending names what a form's page and its two ways of being sent are measured as.
type sending struct{ form, check, done string }

// complete opens a form, fills it, and confirms what it asks to be confirmed.
// Where somebody else was first, the page says so and keeps what was typed: it is
// sent again. It returns the position of what was entered, empty if nothing was.
func (o *person) complete(ctx context.Context, address string, as sending, fill func(form)) (position string) {
	if !o.open(ctx, as.form, address) {
		return ""
	}
	for range patience {
		f, ok := readForm(o.page)
		if !ok {
			o.tally.fail(as.form, address, "no form on the page", o.page)
			return ""
		}
		kind := as.check
		if confirming(o.page) {
			kind = as.done
			f.fields.Set("declared", "yes")
			f.fields.Set("do", "done")
		} else {
			fill(f)
		}
		o.send(ctx, kind, f)
		switch o.status {
		case http.StatusSeeOther:
			_, position, _ = strings.Cut(o.at, "entered=")
			o.open(ctx, "programme", o.at)
			return position
		case http.StatusOK, http.StatusPreconditionFailed:
		default:
			return ""
		}
	}
	o.tally.fail(as.done, address, fmt.Sprintf("not entered after %d attempts", patience), o.page)
	return ""
}

// confirming tells a page that shows what was filled once more.
func confirming(page []byte) bool { return bytes.Contains(page, []byte(`name="do" value="done"`)) }

// evaluate fills what the unit says of its year: nearly all reached.
func (f form) evaluate(chance *rand.Rand) {
	for name := range f.fields {
		switch {
		case name == "achieved":
			f.fields.Set(name, "按计划完成年度任务，服务对象满意。")
		case name == "cause":
			f.fields.Set(name, "补充完成值的佐证")
		case strings.HasSuffix(name, "-actual"):
			f.fields.Set(name, fmt.Sprintf("%d%%", 85+chance.IntN(16)))
		case strings.HasPrefix(name, "rows-") && strings.HasSuffix(name, "-score"):
			f.fields.Set(name, f.weights[name])
		}
	}
}
