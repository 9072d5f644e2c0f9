package unit

import (
	"fmt"
	"maps"
	"slices"

	"wenxiao/domain"
)

// Status says whether the unit exists.
type Status string

const (
	Unregistered Status = ""
	Standing     Status = "standing" // 存续
	Ended        Status = "ended"    // 已并入其他单位或撤销
)

// State is a unit as it stands.
type State struct {
	Status       Status
	Code         domain.UnitCode
	Name         string
	NamedSince   domain.Day // when it got this name
	Kind         Kind
	Parent       domain.UnitCode
	CreditCode   domain.CreditCode
	Region       string
	Jurisdiction string
	Since        domain.Day
	EndedOn      domain.Day      // the first day it no longer is
	Successor    domain.UnitCode // who took over its duties, if any
	Posts        map[string]Post
	Tenures      []Tenure // in the order of appointment, ended ones included
	Delegations  []Delegation
}

// Post is a post of the unit.
type Post struct {
	Title  string
	Duties []string
}

// Tenure is the time a person held a post.
type Tenure struct {
	Person, Name, Post string
	Since              domain.Day
	Until              domain.Day // the last day, empty while in post
}

// Holds reports whether the tenure covers day.
func (t Tenure) Holds(day domain.Day) bool {
	return t.Since <= day && (t.Until == "" || day <= t.Until)
}

// Delegation is the time one person acted for another.
type Delegation struct {
	Post, From, To, Name, Scope string
	Since, Until                domain.Day
}

// InOffice returns the tenure of person in post that has not ended.
func (s State) InOffice(person, post string) (Tenure, bool) {
	for _, t := range s.Tenures {
		if t.Person == person && t.Post == post && t.Until == "" {
			return t, true
		}
	}
	return Tenure{}, false
}

// Holders returns who held post on day.
func (s State) Holders(post string, day domain.Day) (holders []Tenure) {
	for _, t := range s.Tenures {
		if t.Post == post && t.Holds(day) {
			holders = append(holders, t)
		}
	}
	return holders
}

// Evolve returns the state after one more fact.
func (s State) Evolve(e Event) State {
	switch e := e.(type) {
	case Registered:
		s.Status, s.Code, s.Name, s.NamedSince = Standing, e.Code, e.Name, e.Since
		s.Kind, s.Parent, s.CreditCode = e.Kind, e.Parent, e.CreditCode
		s.Region, s.Jurisdiction, s.Since = e.Region, e.Jurisdiction, e.Since
	case Renamed:
		s.Name, s.NamedSince = e.Name, e.Since
	case Merged:
		s.Status, s.EndedOn, s.Successor = Ended, e.Since, e.Into
	case Abolished:
		s.Status, s.EndedOn, s.Successor = Ended, e.Since, e.Successor
	case PostEstablished:
		s.Posts = withPost(s.Posts, e)
	case PersonAppointed:
		s.Tenures = append(slices.Clip(s.Tenures), Tenure{Person: e.Person, Name: e.Name, Post: e.Post, Since: e.Since})
	case PersonRelieved:
		s.Tenures, s.Delegations = relieved(s.Tenures, e), lapsed(s.Delegations, e)
	case AuthorityDelegated:
		s.Delegations = append(slices.Clip(s.Delegations), Delegation(e))
	default:
		panic(fmt.Sprintf("unit: no rule for %T", e))
	}
	return s
}

func withPost(posts map[string]Post, e PostEstablished) map[string]Post {
	posts = maps.Clone(posts)
	if posts == nil {
		posts = map[string]Post{}
	}
	posts[e.Post] = Post{Title: e.Title, Duties: e.Duties}
	return posts
}

func relieved(tenures []Tenure, e PersonRelieved) []Tenure {
	tenures = slices.Clone(tenures)
	for i, t := range tenures {
		if t.Person == e.Person && t.Post == e.Post && t.Until == "" {
			tenures[i].Until = e.Until
		}
	}
	return tenures
}

// lapsed ends what the person relieved had delegated: nobody acts for someone
// who is no longer there.
func lapsed(delegations []Delegation, e PersonRelieved) []Delegation {
	delegations = slices.Clone(delegations)
	for i, d := range delegations {
		if d.From == e.Person && d.Post == e.Post && d.Until > e.Until {
			delegations[i].Until = e.Until
		}
	}
	return delegations
}
