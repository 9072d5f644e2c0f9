package web

import (
	"strconv"

	"wenxiao/projections"
)

// Pager leads through the pages of a list.
type Pager struct {
	First, Last, Total int // numbers of the rows shown
	Pages              []PageLink
	Previous, Next     string // empty at either end
}

// PageLink is one page number; a gap has no address and is not here.
type PageLink struct {
	Number  int
	Address string
	Here    bool
}

// pager lays out the links around the page asked for. shown is the number of
// rows on it.
func (f Frame) pager(asked projections.Paging, total, shown int) Pager {
	per, page := asked.PerPage, max(asked.Page, 1)
	if per <= 0 {
		per = projections.DefaultPerPage
	}
	last := max((total+per-1)/per, 1)
	p := Pager{First: (page-1)*per + 1, Last: (page-1)*per + shown, Total: total}
	for n := 1; n <= last; n++ {
		near := n == 1 || n == last || n >= page-2 && n <= page+2
		switch {
		case near:
			p.Pages = append(p.Pages, PageLink{n, f.With("page", strconv.Itoa(n)), n == page})
		case len(p.Pages) > 0 && p.Pages[len(p.Pages)-1].Address != "":
			p.Pages = append(p.Pages, PageLink{})
		}
	}
	if page > 1 {
		p.Previous = f.With("page", strconv.Itoa(page-1))
	}
	if page < last {
		p.Next = f.With("page", strconv.Itoa(page+1))
	}
	return p
}
