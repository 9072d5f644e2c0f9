package domain

import "regexp"

// private is how the ids of private persons are formed, and no others: a secret
// and a command give them, nobody chooses one.
var private = regexp.MustCompile(`^v-[a-z2-7]{16}$`)

// IsPrivate reports whether id is one of a private person: an expert, a commenter
// or a beneficiary, who may be forgotten.
func IsPrivate(id string) bool { return private.MatchString(id) }

// Official refuses at field an id of a private person: posts and duties are held
// by officials, and what is written of those stays for good. Else naming a
// private person in a duty would keep them from ever being forgotten.
func Official(field, id string) (no Refusals) {
	no.If(IsPrivate(id), Refusal{
		Code: "person.private", Field: field, Basis: "个人信息保护法 第四十七条",
		Reason: "这是专家、意见人或受益人的编号，不能用来登记任职、代办或责任；该人员任职的，用其工作人员编号",
	})
	return no
}
