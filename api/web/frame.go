package web

import (
	"net/url"
	"time"

	"wenxiao/eventstore"
)

// Frame is what every page shows around its own matter: where I am, who I am
// and in which post, and which moment of the ledger I look at.
type Frame struct {
	Title   string  // of the page; also in the foot of each printed sheet
	Nav     string  // address of the section it belongs to
	Crumbs  []Crumb // the way here; the page itself is added by the layout
	Who     Who
	Place   string // whose ledger this is
	Demo    bool   // what is invented must say so
	Mark    Mark
	English bool
	Here    string // address of this page, for the language switch and for coming back
	Wide    bool   // prints landscape
	Said    *Said  // what came of the act just done

	Exchanges bool // the reader may see what goes to other systems and comes from them
}

func (f Frame) english() bool { return f.English }

// With returns the address of this page with one value of its query changed;
// an empty value removes it. Any change but of the page begins at the first.
func (f Frame) With(name, value string) string {
	u, err := url.Parse(f.Here)
	if err != nil {
		return "/"
	}
	q := u.Query()
	for key := range q {
		if q.Get(key) == "" {
			q.Del(key)
		}
	}
	if q.Del("page"); value == "" {
		q.Del(name)
	} else {
		q.Set(name, value)
	}
	u.RawQuery = q.Encode()
	return u.String()
}

// OtherLanguage returns the address of this page in the language it is not in.
func (f Frame) OtherLanguage() string {
	if f.English {
		return f.With("lang", "zh")
	}
	return f.With("lang", "en")
}

// Sections are the entries of the navigation.
func (f Frame) Sections() []Crumb {
	return []Crumb{
		{"工作台", "/"},
		{"项目登记册", "/programmes"},
		{"双监控", "/monitoring"},
		{"填报", "/goals"},
		{"校核", "/check"},
		{"整改", "/rectifications"},
		{"回放", "/programmes?open=replay"},
		{"责任链", "/programmes?open=chain"},
		{"参与人", "/participants"},
		{"审计轨迹", "/record"},
	}
}

// Crumb is a word and where it leads.
type Crumb struct{ Text, Address string }

// Who is signed in; the zero Who is nobody.
type Who struct {
	Person, Name, Post, Unit string // Post and Unit in words
}

// Mark is the moment of the ledger a page shows. Looking says that it is a past
// one; Now is then the way back to the present.
type Mark struct {
	Position eventstore.Position
	AsOf     time.Time
	Looking  bool
	Now      string
	Seal     *Seal // nil where the ledger is not sealed
}

// Seal is what is known of the ledger's proof: how far it is signed, by whom.
type Seal struct {
	State Status
	Size  eventstore.Position // that the latest checkpoint covers
	Code  string              // of its root
}

// Said is one notice about what happened.
type Said struct {
	Status  Status
	Text    string
	Basis   string
	Receipt string // address of the receipt of what was done
}
