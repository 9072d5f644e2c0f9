package sealing_test

import (
	"os"
	"reflect"
	"strings"
	"testing"

	"wenxiao/domain"
	. "wenxiao/domain/sealing"
)

var (
	begun   = LogBegun{Origin: "log", Keys: []string{"log+1+a", "log+9+sm2"}}
	rotated = KeyRotated{Origin: "log", Old: "log+1+a", New: "log+2+b", Statement: "wenxiao key rotation v1\n…"}
	lost    = LogRenewed{Origin: "log3", Key: "log3+4+d", FormerOrigin: "log", KeysLost: true, Reason: "密钥目录丢失，没有备份"}
	renewed = LogRenewed{Origin: "log2", Key: "log2+3+c", FormerOrigin: "log", FormerSize: 9, Former: "log\n9\n…", Reason: "磁盘损坏，备份缺最后两件"}
)

func TestDecide(t *testing.T) {
	for _, tt := range []struct {
		name  string
		given []Event
		when  Command
		then  []Event
		codes string
	}{
		{"a log is begun", nil, Begin(begun), []Event{begun}, ""},
		{"begun again it changes nothing", []Event{begun}, Begin(begun), nil, ""},
		{"nor after its key was rotated", []Event{begun, rotated}, Begin(begun), nil, ""},
		{"a log has a name and a key", nil, Begin{}, nil, "sealing.no-log"},
		{"there is one log", []Event{begun}, Begin{Origin: "other", Keys: []string{"k"}}, nil, "sealing.another-log"},
		{"one that was given up does not begin again", []Event{begun, renewed}, Begin(begun), nil, "sealing.another-log"},
		{"its key is the one to rotate", []Event{begun}, Rotate{Origin: "log", Old: "log+9+sm2", New: "n", Statement: "s"}, nil, "sealing.not-the-present-key"},

		{"a key is rotated", nil, Rotate(rotated), []Event{rotated}, ""},
		{"the same again changes nothing", []Event{rotated}, Rotate(rotated), nil, ""},
		{"both keys must have signed", nil, Rotate{Origin: "log", Old: "x", New: "y"}, nil, "sealing.no-statement"},
		{"to another key", nil, Rotate{Origin: "log", Old: "x", New: "x", Statement: "s"}, nil, "sealing.no-new-key"},
		{"from the present one", []Event{rotated}, Rotate{Origin: "log", Old: "log+1+a", New: "log+4+d", Statement: "s"}, nil, "sealing.not-the-present-key"},
		{"of the present log", []Event{rotated}, Rotate{Origin: "other", Old: rotated.New, New: "x", Statement: "s"}, nil, "sealing.not-the-present-key"},

		{"a log is renewed", []Event{rotated}, Renew(renewed), []Event{renewed}, ""},
		{"the same again changes nothing, either", []Event{renewed}, Renew(renewed), nil, ""},
		{"a loss has a reason, a trace and a new log", nil, Renew{Reason: " "}, nil, "sealing.no-reason sealing.nothing-signed sealing.no-new-log"},
		{"a log lost with all its files is renewed", []Event{begun}, Renew(lost), []Event{lost}, ""},
		{"but only the one that the ledger names", []Event{begun, renewed}, Renew(lost), nil, "sealing.nothing-signed"},
		{"after it keys rotate again", []Event{renewed}, Rotate{Origin: "log2", Old: "log2+3+c", New: "n", Statement: "s"}, []Event{KeyRotated{Origin: "log2", Old: "log2+3+c", New: "n", Statement: "s"}}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := tt.when.Decide(domain.Replay[State](tt.given...))
			if c := codes(err); c != tt.codes {
				t.Fatalf("refused with %q, want %q", c, tt.codes)
			}
			if !reflect.DeepEqual(got, tt.then) {
				t.Errorf("decided %+v, want %+v", got, tt.then)
			}
		})
	}
}

func TestEveryKeyIsRemembered(t *testing.T) {
	got := domain.Replay[State]([]Event{begun, rotated, renewed}...)
	if want := (State{"log2", "log2+3+c", []string{"log+1+a", "log+9+sm2", "log+2+b", "log2+3+c"}}); !reflect.DeepEqual(got, want) {
		t.Errorf("%+v", got)
	}
}

func TestSpecimens(t *testing.T) {
	for name := range Stored {
		data, err := os.ReadFile("testdata/" + strings.TrimPrefix(name, "sealing.") + ".json")
		if err != nil {
			t.Fatal(err)
		}
		if e, err := Stored.Decode(name, data); err != nil || e.EventType() != name {
			t.Errorf("%s: %+v, %v", name, e, err)
		}
	}
}

func codes(err error) string {
	var list []string
	for _, no := range domain.Refused(err) {
		list = append(list, no.Code)
	}
	return strings.Join(list, " ")
}
