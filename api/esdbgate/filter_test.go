package esdbgate

import (
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

func TestFilterExpressions(t *testing.T) {
	for _, tt := range []struct {
		expression, text string
		want             bool
	}{
		{`^[^\$].*`, "goal.filed.v1", true},
		{`^[^\$].*`, "$metadata", false},
		{`^(?!\$)`, "goal.filed.v1", true},
		{`^(?!\$)`, "$metadata", false},
		{`^(?!\$).*`, "$metadata", false},
		{`^(?!\$|system-).+$`, "system-1", false},
		{`^(?!\$|system-).+$`, "goal-1", true},
		{`^(?!goal-\(x\))`, "goal-(x)1", false},
		{`goal|unit`, "a-unit-1", true},
	} {
		regex, except, err := compile(tt.expression)
		if err != nil {
			t.Errorf("%s: %v", tt.expression, err)
			continue
		}
		f := &filter{regex: regex, except: except}
		if got := f.match(event{stream: tt.text}); got != tt.want {
			t.Errorf("%s on %s: %t", tt.expression, tt.text, got)
		}
	}
	for _, expression := range []string{`^goal(?=-)`, `(?<!x)y`, `^(?!a)(?!b)`, `^(?!a(b))c`, `(`} {
		if _, _, err := compile(expression); status.Code(err) != codes.InvalidArgument {
			t.Errorf("%s: %v", expression, err)
		}
	}
}
