package seal

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
)

// A Policy says which logs are believed, and whose cosignatures are needed, in
// the format of c2sp.org/tlog-policy. The zero Policy believes nobody.
type Policy struct {
	logs      []key
	witnesses []key
	groups    []group
	quorum    string // name of a witness or group, or none
}

// A key is that of a log or a witness.
type key struct {
	name     string // of a witness, within the policy
	vkey     string
	url      string
	verifier note.Verifier
}

type group struct {
	name    string
	least   int
	members []string
}

const noQuorum = "none"

// DefaultPolicy believes the logs with these keys and needs no witness.
func DefaultPolicy(vkeys ...string) (Policy, error) {
	return Policy{quorum: noQuorum}.WithLogs(vkeys...)
}

// WithLogs returns the policy that believes the logs with these keys too.
func (p Policy) WithLogs(vkeys ...string) (Policy, error) {
	p.logs = slices.Clone(p.logs)
	for _, vkey := range vkeys {
		if slices.ContainsFunc(p.logs, func(k key) bool { return k.vkey == vkey }) {
			continue
		}
		if err := p.addLog([]string{vkey}); err != nil {
			return Policy{}, err
		}
	}
	return p, nil
}

// Standard returns the policy without the logs' SM2 keys, which other tools than
// ours may refuse to read.
func (p Policy) Standard() Policy {
	p.logs = slices.DeleteFunc(slices.Clone(p.logs), func(k key) bool {
		_, _, b, _ := parseKey(k.vkey)
		return isSM2(b)
	})
	return p
}

// ParsePolicy reads a policy.
func ParsePolicy(text []byte) (Policy, error) {
	var p Policy
	for i, line := range strings.Split(string(text), "\n") {
		if strings.ContainsFunc(line, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }) {
			return Policy{}, malformed("信任策略第 %d 行有控制字符", i+1)
		}
		fields := strings.FieldsFunc(line, func(r rune) bool { return r == ' ' || r == '\t' })
		if len(fields) == 0 || strings.HasPrefix(fields[0], "#") {
			continue
		}
		if err := p.add(fields[0], fields[1:]); err != nil {
			return Policy{}, fmt.Errorf("信任策略第 %d 行：%w", i+1, err)
		}
	}
	if p.quorum == "" {
		return Policy{}, malformed("信任策略没有 quorum 一行")
	}
	return p, nil
}

func (p *Policy) add(keyword string, rest []string) error {
	switch keyword {
	case "log":
		return p.addLog(rest)
	case "witness":
		return p.addWitness(rest)
	case "group":
		return p.addGroup(rest)
	case "quorum":
		return p.setQuorum(rest)
	}
	return malformed("没有 %q 这种行，只有 log、witness、group、quorum", keyword)
}

func (p *Policy) addLog(rest []string) error {
	if len(rest) < 1 || len(rest) > 2 {
		return malformed("应为 log 公钥 [网址]")
	}
	v, err := newLogVerifier(rest[0])
	if err != nil {
		return err
	}
	if err := unlike(p.logs, rest[0]); err != nil {
		return err
	}
	p.logs = append(p.logs, key{"", rest[0], at(rest, 1), v})
	return nil
}

func (p *Policy) addWitness(rest []string) error {
	if len(rest) < 2 || len(rest) > 3 {
		return malformed("应为 witness 名称 公钥 [网址]")
	}
	v, err := newCosignatureVerifier(rest[1])
	if err != nil {
		return err
	}
	if err := p.free(rest[0]); err != nil {
		return err
	}
	if err := unlike(p.witnesses, rest[1]); err != nil {
		return err
	}
	p.witnesses = append(p.witnesses, key{rest[0], rest[1], at(rest, 2), v})
	return nil
}

func (p *Policy) addGroup(rest []string) error {
	if len(rest) < 3 {
		return malformed("应为 group 名称 几家|any|all 成员…")
	}
	g := group{name: rest[0], members: rest[2:]}
	if err := p.free(g.name); err != nil {
		return err
	}
	switch n, err := strconv.Atoi(rest[1]); {
	case rest[1] == "any":
		g.least = 1
	case rest[1] == "all":
		g.least = len(g.members)
	case err != nil || n < 1 || n > len(g.members) || strconv.Itoa(n) != rest[1]:
		return malformed("组 %s 要求 %q 家，成员有 %d 家", g.name, rest[1], len(g.members))
	default:
		g.least = n
	}
	taken := map[string]bool{}
	for _, other := range p.groups {
		for _, m := range other.members {
			taken[m] = true
		}
	}
	for _, m := range g.members {
		if !p.defined(m) || taken[m] {
			return malformed("组 %s 的成员 %q 上文没有，或已是别组成员", g.name, m)
		}
		taken[m] = true
	}
	p.groups = append(p.groups, g)
	return nil
}

func (p *Policy) setQuorum(rest []string) error {
	switch {
	case len(rest) != 1 || p.quorum != "":
		return malformed("应只有一行 quorum 名称|none")
	case rest[0] != noQuorum && !p.defined(rest[0]):
		return malformed("quorum 所指的 %q 上文没有", rest[0])
	}
	p.quorum = rest[0]
	return nil
}

func (p *Policy) defined(name string) bool {
	return slices.ContainsFunc(p.witnesses, func(k key) bool { return k.name == name }) ||
		slices.ContainsFunc(p.groups, func(g group) bool { return g.name == name })
}

func (p *Policy) free(name string) error {
	if name == noQuorum || p.defined(name) {
		return malformed("名称 %q 已经用过", name)
	}
	return nil
}

// unlike refuses the same public key under two names: one party would count as
// two.
func unlike(keys []key, vkey string) error {
	for _, k := range keys {
		_, _, a, _ := parseKey(k.vkey)
		_, _, b, _ := parseKey(vkey)
		if string(a) == string(b) {
			return malformed("公钥 %q 重复", vkey)
		}
	}
	return nil
}

func at(fields []string, i int) string {
	if i < len(fields) {
		return fields[i]
	}
	return ""
}

// String is the policy as text; [ParsePolicy] reads it back.
func (p Policy) String() string {
	var b strings.Builder
	line := func(fields ...string) {
		b.WriteString(strings.TrimSpace(strings.Join(fields, " ")) + "\n")
	}
	for _, k := range p.logs {
		line("log", k.vkey, k.url)
	}
	for _, k := range p.witnesses {
		line("witness", k.name, k.vkey, k.url)
	}
	for _, g := range p.groups {
		line("group", g.name, strconv.Itoa(g.least), strings.Join(g.members, " "))
	}
	line("quorum", p.quorum)
	return b.String()
}

// Logs are the keys of the logs that are believed.
func (p Policy) Logs() (vkeys []string) {
	for _, k := range p.logs {
		vkeys = append(vkeys, k.vkey)
	}
	return vkeys
}

// Needs says how many of which witnesses and groups must cosign: least is 0 where
// nobody must.
func (p Policy) Needs() (least int, of []string) {
	if p.quorum == "" || p.quorum == noQuorum {
		return 0, nil
	}
	for _, g := range p.groups {
		if g.name == p.quorum {
			return g.least, slices.Clone(g.members)
		}
	}
	return 1, []string{p.quorum}
}

// Verifier is [note.Verifiers]: the keys of logs and witnesses.
func (p Policy) Verifier(name string, hash uint32) (note.Verifier, error) {
	for _, keys := range [][]key{p.logs, p.witnesses} {
		for _, k := range keys {
			if k.verifier.Name() == name && k.verifier.KeyHash() == hash {
				return k.verifier, nil
			}
		}
	}
	return nil, &note.UnknownVerifierError{Name: name, KeyHash: hash}
}

// Verified is what a policy found in a checkpoint.
type Verified struct {
	Head     Head
	Origin   string
	SignedBy []string // keys of the log, as NAME+ID
	Cosigned []string // witnesses, by their names in the policy
	Quorum   bool     // as many witnesses as the policy needs
}

// Check returns what signed holds. It is [ErrUntrusted] unless a log of the policy
// with the checkpoint's origin signed it, and whenever a signature by a known key
// is wrong; keys it does not know it ignores. A missing quorum is no error:
// whoever needs one looks at Quorum.
func (p Policy) Check(signed []byte) (Verified, error) {
	c, err := ParseCheckpoint(signed)
	if err != nil {
		return Verified{}, err
	}
	opened, err := note.Open(signed, p)
	if err != nil {
		return Verified{}, fmt.Errorf("%w：%w", ErrUntrusted, err)
	}
	v := Verified{Head: c.Head, Origin: c.Origin}
	for _, k := range p.logs {
		if signedBy(opened, k) && k.verifier.Name() == c.Origin {
			v.SignedBy = append(v.SignedBy, shortKey(k.verifier))
		}
	}
	if len(v.SignedBy) == 0 {
		return Verified{}, fmt.Errorf("%w：日志名 %q", ErrUntrusted, c.Origin)
	}
	satisfied := map[string]bool{noQuorum: true}
	for _, k := range p.witnesses {
		if signedBy(opened, k) {
			v.Cosigned, satisfied[k.name] = append(v.Cosigned, k.name), true
		}
	}
	for _, g := range p.groups {
		have := 0
		for _, m := range g.members {
			if satisfied[m] {
				have++
			}
		}
		satisfied[g.name] = have >= g.least
	}
	v.Quorum = satisfied[p.quorum]
	return v, nil
}

func signedBy(n *note.Note, k key) bool {
	return slices.ContainsFunc(n.Sigs, func(s note.Signature) bool {
		return s.Name == k.verifier.Name() && s.Hash == k.verifier.KeyHash()
	})
}

func shortKey(v note.Verifier) string { return fmt.Sprintf("%s+%08x", v.Name(), v.KeyHash()) }
