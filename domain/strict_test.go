package domain_test

import (
	"testing"

	"wenxiao/domain"
)

func TestDecodeStrictly(t *testing.T) {
	for name, data := range map[string]string{
		"an unknown field":        `{"person":"p","unknown":1}`,
		"a field named twice":     `{"person":"p","person":"q"}`,
		"another case":            `{"Person":"p"}`,
		"more than one value":     `{"person":"p"} {}`,
		"text that is not UTF-8":  "{\"person\":\"\xff\"}",
		"a value of another kind": `{"person":1}`,
		"nothing":                 ``,
	} {
		var a domain.Actor
		if err := domain.DecodeStrictly([]byte(data), &a); err == nil {
			t.Errorf("%s was read as %+v", name, a)
		}
	}
	var a domain.Actor
	if err := domain.DecodeStrictly([]byte(` {"person":"p", "name":"某"} `), &a); err != nil || a.Person != "p" || a.Name != "某" {
		t.Errorf("got %+v, %v", a, err)
	}
}
