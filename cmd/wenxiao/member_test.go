package main

import (
	"strings"
	"testing"

	"wenxiao/eventstore/postgres"
)

func TestAddressesOfAMember(t *testing.T) {
	for _, c := range []struct{ listen, advertise, refused string }{
		{"10.0.0.5:7070", "jx.example.gov.cn:7070", ""},
		{":7070", "", ""},
		{"7070", "", "--handover "},
		{"", "10.0.0.5", "--handover-public "},
	} {
		p := place{url: "postgres:///x", member: postgres.Member{Listen: c.listen, Advertise: c.advertise}}
		err := p.checkMember()
		if (err == nil) != (c.refused == "") || err != nil && !strings.Contains(err.Error(), c.refused) {
			t.Errorf("%q, %q: %v, want %q", c.listen, c.advertise, err, c.refused)
		}
	}
}
