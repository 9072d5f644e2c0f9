package seal

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

func TestPolicies(t *testing.T) {
	log := otherKey(t)
	w := make([]string, 3)
	for i := range w {
		c, err := openCosigner(t.TempDir()+"/"+witnessKeyFile, fmt.Sprintf("w%d.example", i))
		check(t, err)
		w[i] = formatKey(c.name, c.key())
	}
	all := fmt.Sprintf("log %s\nwitness a %s https://a.example/\nwitness b %s\nwitness c %s\n", log, w[0], w[1], w[2])
	for text, good := range map[string]bool{
		all + "quorum none": true, all + "quorum a\n": true, all + "group g 2 a b c\nquorum g\n": true,
		all + "group g any a b\ngroup h all g c\nquorum h": true, "# so\n \t\nquorum none": true,
		"  log\t" + log + " https://log.example/ \nquorum none": true,
		"": false, all: false, all + "quorum x": false, all + "quorum a\nquorum b": false, "quorum a\n" + all: false, all + "quorum": false,
		"log " + log + "\nlog " + log + "\nquorum none": false, "log x\nquorum none": false, "log " + w[0] + "\nquorum none": false, "log\nquorum none": false,
		"witness a " + log + "\nquorum a": false, all + "witness a " + w[0] + "\nquorum a": false, all + "witness d " + w[0] + "\nquorum a": false, "witness none " + w[0] + "\nquorum none": false,
		all + "group g 3 a b\nquorum g": false, all + "group g 0 a\nquorum g": false, all + "group g 01 a\nquorum g": false, all + "group g any\nquorum g": false, all + "group a any b\nquorum a": false,
		all + "group g any a a\nquorum g": false, all + "group g any a b\ngroup h any g a\nquorum h": false, all + "group g any none\nquorum g": false, all + "group g any x\nquorum g": false,
		all + "witnesses all\nquorum none": false, all + "quorum none\r\n": false,
	} {
		p, err := ParsePolicy([]byte(text))
		if (err == nil) != good || err != nil && !errors.Is(err, ErrMalformed) {
			t.Errorf("%q: %v", text, err)
		}
		if err != nil {
			continue
		}
		if again, err := ParsePolicy([]byte(p.String())); err != nil || again.String() != p.String() {
			t.Errorf("%q comes back as %q, %v", text, again, err)
		}
	}
}

func TestWhatAPolicyNeeds(t *testing.T) {
	log, witnesses := otherKey(t), ""
	for _, name := range []string{"a", "b", "c"} {
		c, err := openCosigner(t.TempDir()+"/"+witnessKeyFile, name+".example")
		check(t, err)
		witnesses += "witness " + name + " " + formatKey(c.name, c.key()) + "\n"
	}
	for quorum, want := range map[string]string{
		"quorum none": "0 []", "quorum b": "1 [b]", "group g 2 a b c\nquorum g": "2 [a b c]",
		"group g any a b\ngroup h all g c\nquorum h": "2 [g c]", "group g all a b\nquorum c": "1 [c]",
	} {
		p, err := ParsePolicy([]byte("log " + log + " https://log.example/\n" + witnesses + quorum))
		check(t, err)
		if least, of := p.Needs(); fmt.Sprint(least, of) != want {
			t.Errorf("%q needs %d of %v, not %s", quorum, least, of, want)
		}
		if logs := p.Logs(); len(logs) != 1 || logs[0] != log {
			t.Errorf("logs %v", logs)
		}
	}
	if least, of := (Policy{}).Needs(); least != 0 || of != nil {
		t.Errorf("the zero policy needs %d of %v", least, of)
	}
}

func TestKeysWithAnotherIDAreRefused(t *testing.T) {
	key := otherKey(t)
	name, rest, _ := strings.Cut(key, "+")
	for _, wrong := range []string{"", "a", name + "x+" + rest, name + "+0" + rest[1:] + "0", key + "A", strings.Replace(key, "+", " ", 1)} {
		if _, err := DefaultPolicy(wrong); err == nil {
			t.Errorf("%q was read", wrong)
		}
	}
}

func TestOriginMustBeTheKeysName(t *testing.T) {
	l, h := newLog(t, "log.example/a"), &history{}
	h.grow("a")
	signed, err := signNote(h.head(1).text("log.example/b"), l.signer)
	check(t, err)
	p, err := DefaultPolicy(l.vkey)
	check(t, err)
	if _, err := p.Check(signed); !errors.Is(err, ErrUntrusted) {
		t.Errorf("a key of another log: %v", err)
	}
}

func FuzzPolicy(f *testing.F) {
	f.Add("log " + otherKey(f) + "\ngroup g any a\nquorum none\n")
	f.Fuzz(func(t *testing.T, text string) {
		p, err := ParsePolicy([]byte(text))
		if err != nil {
			return
		}
		if again, err := ParsePolicy([]byte(p.String())); err != nil || again.String() != p.String() {
			t.Errorf("%q comes back as %q, %v", text, again, err)
		}
	})
}
