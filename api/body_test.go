package api

import "testing"

func TestANameSaidTwiceIsFound(t *testing.T) {
	for body, want := range map[string]string{
		`{"amount":1,"amount":2}`:             "amount",
		`{"a":"a","b":{"a":1},"c":[{"a":1}]}`: "",
		`{"a":{"b":[1,{"c":1,"d":2,"c":3}]}}`: "c",
		`{"a":"x","b":["a","a"],"d":"b"}`:     "",
		`{"a":{},"a":1}`:                      "a",
		`{"a":[],"b":1,"b":2}`:                "b",
		`{"amount":1,"\u0061mount":2}`:        "amount",
		`{"amount":1,"Amount":2}`:             "",
		`"a"`:                                 "",
		`{"a":1,`:                             "",
	} {
		if got, found := saidTwice([]byte(body)); got != want || found != (want != "") {
			t.Errorf("%s: %q %v", body, got, found)
		}
	}
}
