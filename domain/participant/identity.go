package participant

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"wenxiao/domain"
)

// IdentityOf is who a person is, each thing as a T. What a kind does not need is
// not kept of it (个人信息保护法 第六条: 最小范围).
type IdentityOf[T any] struct {
	Name         T `json:"name,omitzero"`
	IDNumber     T `json:"idNumber,omitzero"` // 公民身份号码
	Phone        T `json:"phone,omitzero"`    // 手机或固定电话
	Organisation T `json:"organisation,omitzero"`
	Title        T `json:"title,omitzero"`       // 职称或职务
	Expertise    T `json:"expertise,omitzero"`   // 专业领域
	BankAccount  T `json:"bankAccount,omitzero"` // for fees and benefits
}

type (
	// Identity is an identity in the clear: in commands and answers only.
	Identity = IdentityOf[string]

	// Kept is an identity as events hold it. A field of an update that is zero
	// leaves the earlier one.
	Kept = IdentityOf[domain.Protected]
)

// A Part is one field of an identity under the name it has in JSON.
type Part[T any] struct {
	Field string
	Value *T
}

// Parts lists the fields in the order of the form. The values are i's own.
func (i *IdentityOf[T]) Parts() []Part[T] {
	return []Part[T]{
		{"name", &i.Name},
		{"idNumber", &i.IDNumber},
		{"phone", &i.Phone},
		{"organisation", &i.Organisation},
		{"title", &i.Title},
		{"expertise", &i.Expertise},
		{"bankAccount", &i.BankAccount},
	}
}

// needs says of a field of a kind whether it must, may or must not be kept.
type needs struct{ must, may []string }

var needed = map[Kind]needs{
	Expert:      {must: []string{"name", "idNumber", "phone", "organisation", "title", "expertise"}, may: []string{"bankAccount"}},
	Commenter:   {must: []string{"name"}, may: []string{"phone", "organisation"}},
	Beneficiary: {must: []string{"name", "phone"}, may: []string{"idNumber", "bankAccount"}},
}

// Needs reports whether a person of this kind must have a field, and whether
// they may.
func (k Kind) Needs(field string) (must, may bool) {
	n := needed[k]
	must = slices.Contains(n.must, field)
	return must, must || slices.Contains(n.may, field)
}

// FieldNames are the fields in words.
var FieldNames = map[string]string{
	"name": "姓名", "idNumber": "公民身份号码", "phone": "电话", "organisation": "工作单位",
	"title": "职称或职务", "expertise": "专业领域", "bankAccount": "银行账号",
}

const lawful = "个人信息保护法 "

// Check refuses an identity that lacks what the kind needs, has what it does not
// need, or holds a number that cannot be one. No refusal repeats what was typed:
// refusals are logged, shown and sent.
func (k Kind) Check(i Identity) (no domain.Refusals) {
	if _, known := needed[k]; !known {
		return domain.Refusals{{Code: "participant.unknown-kind", Reason: "参与人须是专家、意见人或受益人", Field: "/kind"}}
	}
	for _, p := range i.Parts() {
		must, may := k.Needs(p.Field)
		at, given := "/identity/"+p.Field, !domain.Blank(*p.Value)
		no.If(must && !given, domain.Refusal{Code: "participant.field-missing", Reason: FieldNames[p.Field] + "未填", Field: at})
		no.If(given && !may, domain.Refusal{
			Code: "participant.field-not-needed", Field: at, Basis: lawful + "第六条",
			Reason: fmt.Sprintf("登记%s不需要%s，不应收集", kindNames[k], FieldNames[p.Field]),
		})
		no.If(len(*p.Value) > maxField, domain.Refusal{Code: "participant.field-too-long", Reason: FieldNames[p.Field] + "过长", Field: at})
	}
	no.If(i.IDNumber != "" && !idNumber(i.IDNumber), domain.Refusal{
		Code: "participant.malformed-id-number", Field: "/identity/idNumber", Basis: "GB 11643-1999",
		Reason: "公民身份号码应为 18 位，出生日期须是日期，末位须与校验码相符",
	})
	no.If(i.Phone != "" && !phone.MatchString(i.Phone), domain.Refusal{Code: "participant.malformed-phone", Field: "/identity/phone", Reason: "电话应为 11 位手机号，或带区号的固定电话"})
	no.If(i.BankAccount != "" && !account.MatchString(i.BankAccount), domain.Refusal{Code: "participant.malformed-account", Field: "/identity/bankAccount", Reason: "银行账号应为 9—30 位数字"})
	return no
}

// maxField is the most bytes of one field.
const maxField = 300

var (
	phone   = regexp.MustCompile(`^(1[3-9][0-9]{9}|0[0-9]{2,3}-?[0-9]{7,8}(-[0-9]{1,5})?)$`)
	account = regexp.MustCompile(`^[0-9]{9,30}$`)
)

// idNumber reports whether s is a 公民身份号码: a day of birth in the seventh to
// fourteenth place and the check character of ISO 7064 MOD 11-2 (GB 11643-1999).
func idNumber(s string) bool {
	const check = "10X98765432"
	if len(s) != 18 || !domain.Day(s[6:10]+"-"+s[10:12]+"-"+s[12:14]).Valid() {
		return false
	}
	sum := 0
	for i := range 17 {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
		sum += int(s[i]-'0') * (1 << (17 - i) % 11)
	}
	return s[17] == check[sum%11]
}

var kindNames = map[Kind]string{Expert: "专家", Commenter: "意见人", Beneficiary: "受益人"}

// Name is the kind in words.
func (k Kind) Name() string { return kindNames[k] }

// Over returns the earlier identity with what i says in its place.
func (i IdentityOf[T]) Over(earlier IdentityOf[T], given func(T) bool) IdentityOf[T] {
	was := earlier.Parts()
	for n, p := range i.Parts() {
		if given(*p.Value) {
			*was[n].Value = *p.Value
		}
	}
	return earlier
}

// Mentions reports whether text holds what identifies the person. A name of one
// character and short figures would be found anywhere and do not count.
func Mentions(i Identity, text string) bool {
	for _, value := range []string{i.Name, i.IDNumber, i.Phone, i.BankAccount} {
		if len(value) > 3 && strings.Contains(text, value) {
			return true
		}
	}
	return false
}

// mostWords is the most characters of a reason or a document: enough to give
// either, too few to try out many numbers at once.
const mostWords = 500

// brief refuses texts that are longer.
func brief(reason, document string) (no domain.Refusals) {
	for _, text := range [][2]string{{"/reason", reason}, {"/document", document}} {
		no.If(utf8.RuneCountInString(text[1]) > mostWords, domain.Refusal{
			Code: "participant.words-too-many", Field: text[0], Reason: fmt.Sprintf("这一项超过 %d 字，写明要点即可", mostWords),
		})
	}
	return no
}

// NamesPerson is the code under which a text is refused that says who it is.
const NamesPerson = "participant.names-person"

// nameless refuses texts that stay readable for ever and say who it is. What it
// answers tells something of what is known, so it may be asked only of a command
// that is right in all else: then whoever guesses wrong has done something, under
// their name, in the ledger.
func nameless(i Identity, reason, document string) (no domain.Refusals) {
	for _, text := range [][2]string{{"/reason", reason}, {"/document", document}} {
		no.If(Mentions(i, text[1]), domain.Refusal{
			Code: NamesPerson, Field: text[0], Basis: lawful + "第四十七条",
			Reason: "这一项要永久留存，不能写出参与人的姓名、证件号、电话或账号；改用编号",
		})
	}
	return no
}
