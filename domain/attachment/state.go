package attachment

import (
	"fmt"
	"slices"

	"wenxiao/domain"
)

// State is a file as it stands.
type State struct {
	Digest    string
	Deposits  []Deposited // in order
	Withdrawn *Withdrawn  // nil while acts may rest on it
}

// Evolve returns the state after one more fact.
func (s State) Evolve(e Event) State {
	switch e := e.(type) {
	case Deposited:
		s.Digest, s.Withdrawn = e.Digest, nil
		s.Deposits = append(slices.Clip(s.Deposits), e)
	case Withdrawn:
		s.Withdrawn = &e
	default:
		panic(fmt.Sprintf("attachment: no rule for %T", e))
	}
	return s
}

// Kept reports whether the bytes must be there.
func (s State) Kept() bool { return len(s.Deposits) > 0 && s.Withdrawn == nil }

// Units are those in whose matters the file was handed in.
func (s State) Units() (units []domain.UnitCode) {
	for _, d := range s.Deposits {
		if !slices.Contains(units, d.Unit) {
			units = append(units, d.Unit)
		}
	}
	return units
}

// MostPerAct is how many files one act may rest on: their names must fit into
// its envelope.
const MostPerAct = 20

// TooMany refuses more files than one act may rest on.
func TooMany() domain.Refusal {
	return domain.Refusal{Code: "attachment.too-many", Field: "/attachments", Reason: fmt.Sprintf("一次办理至多附 %d 个文件；可分次报送", MostPerAct)}
}

// CheckDigests refuses a list of files that no act can rest on.
func CheckDigests(digests []string) error {
	var no domain.Refusals
	no.If(len(digests) > MostPerAct, TooMany())
	for i, d := range digests {
		no.If(!domain.IsDigest(d), domain.Refusal{
			Code: "attachment.malformed-digest", Field: "/attachments",
			Reason: fmt.Sprintf("第 %d 个附件“%s”不是文件的 SHA-256（64 位小写十六进制）", i+1, clip(d)),
		})
		no.If(slices.Contains(digests[:i], d), domain.Refusal{
			Code: "attachment.named-twice", Field: "/attachments", Reason: fmt.Sprintf("第 %d 个附件写了两次", i+1),
		})
	}
	return domain.Refuse(no...)
}

// Citable refuses to rest an act on a file that was never handed in, or was
// withdrawn.
func (s State) Citable(digest string) error {
	switch {
	case len(s.Deposits) == 0:
		return domain.Refusal{Code: "attachment.not-deposited", Field: "/attachments", Reason: fmt.Sprintf("文件 %s… 没有交存，先上传再引用", clip(digest))}
	case s.Withdrawn != nil:
		return domain.Refusal{
			Code: "attachment.withdrawn", Field: "/attachments", Basis: s.Withdrawn.Article,
			Reason: fmt.Sprintf("附件“%s”已撤下（%s），不能再作依据", s.Deposits[len(s.Deposits)-1].Name, s.Withdrawn.Reason),
		}
	}
	return nil
}

// clip shows the beginning of what should be a digest.
func clip(s string) string {
	if r := []rune(s); len(r) > 12 {
		return string(r[:12])
	}
	return s
}
