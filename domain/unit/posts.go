package unit

import (
	"fmt"
	"slices"

	"wenxiao/domain"
)

// EstablishPost creates a post.
type EstablishPost struct {
	Post   string   `json:"post"`
	Title  string   `json:"title"`
	Duties []string `json:"duties,omitempty"`
}

// Decide refuses another post under the same code. The same post changes nothing.
func (c EstablishPost) Decide(s State) ([]Event, error) {
	if err := s.standing(); err != nil {
		return nil, err
	}
	if there, ok := s.Posts[c.Post]; ok {
		if there.Title == c.Title && slices.Equal(there.Duties, c.Duties) {
			return nil, nil
		}
		return nil, domain.Refusal{Code: "unit.post-exists", Reason: fmt.Sprintf("岗位编码 %s 已用于“%s”", c.Post, there.Title), Field: "/post"}
	}
	var no domain.Refusals
	no.If(domain.UnitCode(c.Post).Check() != nil, domain.Refusal{
		Code: "unit.malformed-post", Field: "/post",
		Reason: fmt.Sprintf("岗位编码“%s”应为小写字母、数字或连字符", c.Post),
	})
	no.If(domain.Blank(c.Title), domain.Refusal{Code: "unit.no-title", Reason: "岗位名称未填", Field: "/title", Basis: "忻州办法 第十条"})
	return domain.Unless(no, Event(PostEstablished(c)))
}

// Appoint puts a person into a post. A post may have several holders; a person
// holds the same post once.
type Appoint struct {
	Person string     `json:"person"`
	Name   string     `json:"name"`
	Post   string     `json:"post"`
	Since  domain.Day `json:"since"`
}

// Decide refuses a second tenure that overlaps the first.
func (c Appoint) Decide(s State) ([]Event, error) {
	if err := s.standing(); err != nil {
		return nil, err
	}
	var no domain.Refusals
	no.If(domain.Blank(c.Person), domain.Refusal{Code: "unit.no-person", Reason: "任职人员未填", Field: "/person"})
	no = append(no, domain.Official("/person", c.Person)...)
	no.If(domain.Blank(c.Name), domain.Refusal{Code: "unit.no-person-name", Reason: "任职人员姓名未填", Field: "/name"})
	no.If(!s.has(c.Post), s.unknownPost(c.Post))
	no.If(!c.Since.Valid(), notADay("/since", c.Since))
	no.If(c.Since.Valid() && c.Since < s.Since, domain.Refusal{
		Code: "unit.appointed-before-unit", Field: "/since",
		Reason: fmt.Sprintf("任职日期 %s 早于单位设立日 %s", c.Since, s.Since),
	})
	for _, t := range s.Tenures {
		no.If(t.Person == c.Person && t.Post == c.Post && (t.Until == "" || c.Since <= t.Until), domain.Refusal{
			Code: "unit.already-in-post", Field: "/person",
			Reason: fmt.Sprintf("%s 自 %s 起已任该岗位", t.Name, t.Since),
		})
	}
	return domain.Unless(no, Event(PersonAppointed(c)))
}

// Relieve ends a tenure; what was done in it stays the person's.
type Relieve struct {
	Person string     `json:"person"`
	Post   string     `json:"post"`
	Until  domain.Day `json:"until"`
	Reason string     `json:"reason"`
}

// Decide refuses to relieve who is not in post, or before the tenure began.
func (c Relieve) Decide(s State) ([]Event, error) {
	if err := s.standing(); err != nil {
		return nil, err
	}
	t, ok := s.InOffice(c.Person, c.Post)
	if !ok {
		return nil, domain.Refusal{Code: "unit.not-in-post", Reason: fmt.Sprintf("%s 当前未任岗位 %s", c.Person, c.Post), Field: "/person"}
	}
	var no domain.Refusals
	no.If(!c.Until.Valid(), notADay("/until", c.Until))
	no.If(c.Until.Valid() && c.Until < t.Since, domain.Refusal{
		Code: "unit.relieved-before-tenure", Field: "/until",
		Reason: fmt.Sprintf("离任日期 %s 早于任职日期 %s", c.Until, t.Since),
	})
	no.If(domain.Blank(c.Reason), domain.Refusal{Code: "unit.no-reason", Reason: "离任原因未填", Field: "/reason"})
	return domain.Unless(no, Event(PersonRelieved(c)))
}

// Delegate lets another act for the holder of a post (代办) for a time.
type Delegate struct {
	Post  string     `json:"post"`
	From  string     `json:"from"`
	To    string     `json:"to"`
	Name  string     `json:"name"`
	Scope string     `json:"scope"`
	Since domain.Day `json:"since"`
	Until domain.Day `json:"until"`
}

// Decide refuses a delegation by who does not hold the post, to oneself, without
// scope or end, or beside another of the same post.
func (c Delegate) Decide(s State) ([]Event, error) {
	if err := s.standing(); err != nil {
		return nil, err
	}
	t, held := s.InOffice(c.From, c.Post)
	if !held {
		return nil, domain.Refusal{Code: "unit.not-in-post", Reason: fmt.Sprintf("%s 当前未任岗位 %s，无权委托", c.From, c.Post), Field: "/from"}
	}
	var no domain.Refusals
	no.If(domain.Blank(c.To), domain.Refusal{Code: "unit.no-person", Reason: "代办人未填", Field: "/to"})
	no = append(no, domain.Official("/to", c.To)...)
	no.If(c.To == c.From, domain.Refusal{Code: "unit.own-delegate", Reason: "不能委托给本人", Field: "/to"})
	no.If(domain.Blank(c.Name), domain.Refusal{Code: "unit.no-person-name", Reason: "代办人姓名未填", Field: "/name"})
	no.If(domain.Blank(c.Scope), domain.Refusal{Code: "unit.no-scope", Reason: "代办事项未填", Field: "/scope"})
	no.If(!c.Since.Valid(), notADay("/since", c.Since))
	no.If(!c.Until.Valid(), notADay("/until", c.Until))
	no.If(c.Since.Valid() && c.Since < t.Since, domain.Refusal{
		Code: "unit.delegated-before-tenure", Field: "/since",
		Reason: fmt.Sprintf("代办起始 %s 早于委托人任职日期 %s", c.Since, t.Since),
	})
	no.If(c.Until.Valid() && c.Until < c.Since, domain.Refusal{
		Code: "unit.delegation-ends-early", Field: "/until",
		Reason: fmt.Sprintf("代办止于 %s，早于起始 %s", c.Until, c.Since),
	})
	for _, d := range s.Delegations {
		no.If(d.Post == c.Post && d.From == c.From && c.Since <= d.Until && d.Since <= c.Until, domain.Refusal{
			Code: "unit.delegation-overlaps", Field: "/since",
			Reason: fmt.Sprintf("%s 至 %s 已委托 %s 代办", d.Since, d.Until, d.Name),
		})
	}
	return domain.Unless(no, Event(AuthorityDelegated(c)))
}

func (s State) has(post string) bool { _, ok := s.Posts[post]; return ok }

func (s State) unknownPost(post string) domain.Refusal {
	return domain.Refusal{Code: "unit.unknown-post", Reason: fmt.Sprintf("“%s”没有岗位 %s", s.Name, post), Field: "/post"}
}
