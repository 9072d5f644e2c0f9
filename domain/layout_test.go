package domain_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	. "wenxiao/domain"
	"wenxiao/domain/evaluation"
	"wenxiao/domain/goal"
	"wenxiao/domain/monitoring"
)

// specimens are all stored forms as they are stored: without blanks.
func specimens(t testing.TB) (list []string) {
	files, _ := filepath.Glob(filepath.Join("*", "testdata", "*.json"))
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var compact bytes.Buffer
		if json.Compact(&compact, data) == nil {
			list = append(list, compact.String())
		}
	}
	if len(list) < 30 {
		t.Fatalf("%d specimens", len(list))
	}
	return list
}

// odd are texts that a reader in a hurry might take.
var odd = []string{
	``, `{}`, `{"version":1,}`, `{"version":01}`, `{"version":-0}`, `{"version":1.0}`, `{"version":1e2}`, `{"version":null}`,
	`{"version":1,"version":2}`, `{"year":2022,"version":1}`, `{"Version":1}`, `{"version":1}x`, `{"version":1} `, `{"version":9223372036854775808}`,
	`{"version":999999999999999999,"programme":"a\u003cb\n\ud83d\ude00"}`, `{"programme":"\ud800"}`, `{"programme":"` + "\xff" + `"}`, `{"programme":"` + "\x01" + `"}`,
	`{"rows":[]}`, `{"rows":[{}]}`, `{"rows":[{},]}`, `{"rows":[{"row":"1","name":"n","actual":"]"},{"row":"2"}]}`, `{"rows":null}`, `{"rows":[null]}`,
	`{"rows":[{"row":"1","weight":0.50,"core":true,"score":-1.5}],"total":96.40}`, `{"total":1E2}`, `{"total":00.5}`, `{"total":.5}`, `{"total":"1"}`,
	`{"total":123456789012345678901234567890}`, `{"total":-}`, `{"total":1.}`, `{"total":-0.0}`, `{"budget":{"begin":-5},"extra":{"a":[1, 2]}}`, `{"incomplete":tru}`, `{"incomplete":false}`,
}

// FuzzStoredForms holds what is read in the usual layout against what
// DecodeStrictly reads.
func FuzzStoredForms(f *testing.F) {
	for _, s := range append(specimens(f), odd...) {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, data string) {
		readBothWays[evaluation.SelfFiled](t, data)
		readBothWays[goal.Filed](t, data)
		readBothWays[monitoring.SnapshotTaken](t, data)
		readBothWays[monitoring.WarningRaised](t, data)
	})
}

// raw is an event that is whatever was read.
type raw[T any] struct{ is T }

func (raw[T]) EventType() string { return "" }

func readBothWays[T any](t *testing.T, data string) {
	t.Helper()
	got, err := As(func(v T) raw[T] { return raw[T]{v} })([]byte(data))
	var want T
	if strict := DecodeStrictly([]byte(data), &want); (err == nil) != (strict == nil) {
		t.Fatalf("%q as %T: read with %v, strictly with %v", data, want, err, strict)
	} else if err == nil && !reflect.DeepEqual(got.is, want) {
		t.Fatalf("%q\nread     %+v\nstrictly %+v", data, got.is, want)
	}
}
