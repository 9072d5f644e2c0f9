package attachment

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"wenxiao/domain"
)

// mostName is how many bytes a file name may have: what common file systems take.
const mostName = 255

// Deposit hands a file in. Digest, SM3, Size and MediaType are what was found out
// of the bytes received, never what anybody claimed.
type Deposit struct {
	Name      string               `json:"name"`
	Title     string               `json:"title,omitempty"`
	Unit      domain.UnitCode      `json:"unit"`
	Programme domain.ProgrammeCode `json:"programme,omitempty"`
	Year      domain.FiscalYear    `json:"year,omitempty"`

	Digest    string       `json:"-"`
	SM3       string       `json:"-"`
	Size      int64        `json:"-"`
	MediaType string       `json:"-"`
	By        domain.Actor `json:"-"`
}

// Decide refuses a file without a name, or without bytes. The same deposit again
// changes nothing; one withdrawn by law does not come back.
func (c Deposit) Decide(s State) ([]Event, error) {
	var no domain.Refusals
	no.Check(CheckName(c.Name))
	no.If(!domain.IsDigest(c.Digest) || !domain.IsDigest(c.SM3), domain.Refusal{Code: "attachment.no-digest", Reason: "文件的 SHA-256 或 SM3 没有算出", Field: "/digest"})
	no.If(c.Size <= 0, domain.Refusal{Code: "attachment.empty", Reason: fmt.Sprintf("文件“%s”是空的", c.Name), Field: "/size"})
	no.If(domain.Blank(c.MediaType), domain.Refusal{Code: "attachment.unknown-type", Reason: fmt.Sprintf("看不出文件“%s”是什么类型", c.Name), Field: "/mediaType"})
	no.CheckAt("/unit", c.Unit.Check())
	if c.Programme != "" {
		no.CheckAt("/programme", c.Programme.Check())
	}
	no.If(c.Year != 0 && (!c.Year.Valid() || c.Programme == ""), domain.Refusal{
		Code: "attachment.no-year", Field: "/year", Reason: fmt.Sprintf("%d 不是可登记的预算年度，或没有写明项目", c.Year),
	})
	no.If(s.Withdrawn != nil && s.Withdrawn.Ground == ByLaw, domain.Refusal{
		Code: "attachment.withdrawn-by-law", Field: "/digest", Basis: s.lawOfWithdrawal(),
		Reason: fmt.Sprintf("同样内容的文件已依法撤下（%s），不得再次交存", s.reasonOfWithdrawal()),
	})
	if c.known(s) {
		return nil, domain.Refuse(no...)
	}
	return domain.Unless(no, Event(Deposited{
		Digest: c.Digest, SM3: c.SM3, Size: c.Size, MediaType: c.MediaType, Name: c.Name, Title: c.Title,
		Unit: c.Unit, Programme: c.Programme, Year: c.Year, By: c.By.Person,
	}))
}

// known reports whether the person handed the same file in before, under this
// name and in this matter, and it is still there.
func (c Deposit) known(s State) bool {
	for _, d := range s.Deposits {
		if d.By == c.By.Person && d.Name == c.Name && d.Title == c.Title && d.Unit == c.Unit && d.Programme == c.Programme && d.Year == c.Year {
			return s.Withdrawn == nil
		}
	}
	return false
}

func (s State) lawOfWithdrawal() string {
	if s.Withdrawn == nil {
		return ""
	}
	return s.Withdrawn.Article
}

func (s State) reasonOfWithdrawal() string {
	if s.Withdrawn == nil {
		return ""
	}
	return s.Withdrawn.Reason
}

// CheckName refuses a name that names no file, or that would be read as something
// else than it is: a path, or one with signs nobody sees.
func CheckName(name string) error {
	refuse := func(why string) error {
		return domain.Refusal{Code: "attachment.malformed-name", Field: "/name", Reason: why}
	}
	switch {
	case domain.Blank(name) || strings.Trim(name, ". ") == "":
		return refuse("文件没有名称")
	case len(name) > mostName:
		return refuse(fmt.Sprintf("文件名过长：%d 字节，至多 %d 字节", len(name), mostName))
	case !utf8.ValidString(name) || strings.ContainsFunc(name, unseen):
		return refuse("文件名里有看不见的字符，改名后再交")
	case strings.ContainsAny(name, `/\:*?"<>|`):
		return refuse(fmt.Sprintf(`文件名“%s”里有 / \ : * ? " < > | 之一，改名后再交`, name))
	}
	return nil
}

// unseen tells control and formatting characters: with them a name can show
// another ending than it has.
func unseen(r rune) bool {
	return unicode.Is(unicode.C, r) || unicode.Is(unicode.Zl, r) || unicode.Is(unicode.Zp, r)
}
