package projections

import (
	"encoding/json"
	"reflect"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"wenxiao/domain"
)

// TestWritingIsThatOfEncodingJSON fills rows of every table at random.
func TestWritingIsThatOfEncodingJSON(t *testing.T) {
	for _, row := range []any{
		Programme{}, Goal{}, Snapshot{}, Warning{}, boardRow{}, Score{}, Rectification{}, roll{}, Unit{}, Person{},
		Attachment{}, Use{}, Participant{}, Statement{}, naming{}, struct{}{}, Entry{}, TrailFilter{}, odd{}, pointed{}, numbered{}, dashed{},
	} {
		of := reflect.TypeOf(row)
		write := writingOf(of)
		if _, known := fieldsOf(of, nil); known == slices.Contains([]reflect.Type{reflect.TypeFor[odd](), reflect.TypeFor[pointed](), reflect.TypeFor[dashed]()}, of) {
			t.Errorf("%v is left to encoding/json: %v", of, !known)
		}
		t.Run(of.String(), func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				v := reflect.New(of)
				fillAtRandom(t, v.Elem())
				got, err := write(nil, v.Elem())
				want, wrong := json.Marshal(v.Interface())
				if string(got) != string(want) || (err == nil) != (wrong == nil) {
					t.Fatalf("wrote\n%s, %v\nencoding/json\n%s, %v", got, err, want, wrong)
				}
			})
		})
	}
}

// odd has what a writing has to leave to encoding/json, in whole or in part.
type odd struct {
	inner
	Named   inner          `json:"named"`
	Share   float64        `json:"share,omitempty"`
	Counts  map[string]int `json:"counts,omitempty"`
	Bytes   []byte         `json:"bytes"`
	Raw     *inner         `json:"raw"`
	Quoted  int            `json:"quoted,string"`
	Hidden  string         `json:"-"`
	Anyhow  any            `json:"anyhow"`
	Decimal domain.Decimal `json:"decimal,omitzero"`
}

type pointed struct {
	When *time.Time `json:"when,omitzero"`
}

type numbered struct {
	Number json.Number `json:"number"`
	None   json.Number `json:"none,omitempty"`
}

type dashed struct {
	Dash int `json:"-,"`
}

type inner struct {
	Share string
	Twice string `json:"share"`
	Small int8   `json:"small"`
}

// fillAtRandom sets everything that can be set.
func fillAtRandom(t *rapid.T, v reflect.Value) {
	switch v.Type() {
	case reflect.TypeFor[domain.Decimal]():
		v.Set(reflect.ValueOf(domain.MustDecimal(rapid.SampledFrom([]string{"0", "0.00", "-1.50", "96.4", "9999999999999999999", "0.0000000000000000001"}).Draw(t, "decimal"))))
		return
	case reflect.TypeFor[time.Time]():
		v.Set(reflect.ValueOf(rapid.SampledFrom([]time.Time{
			{}, time.Unix(1_650_000_000, 120).UTC(), time.Unix(1_650_000_000, 0).In(domain.Beijing), time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC), time.Date(10_000, 1, 1, 0, 0, 0, 0, time.UTC),
		}).Draw(t, "time")))
		return
	}
	switch v.Kind() {
	case reflect.String:
		if v.Type() == reflect.TypeFor[json.Number]() {
			v.SetString(rapid.SampledFrom([]string{"", "12", "-0.50"}).Draw(t, "number"))
			return
		}
		v.SetString(rapid.SampledFrom([]string{"", "a", "农田水利", "≥95% <b>&\"\\", "a\u2028b", "“引”—…", "\n\x00\x7f", "\xff", "\xe2\x80", "😀"}).Draw(t, "text"))
	case reflect.Bool:
		v.SetBool(rapid.Bool().Draw(t, "bool"))
	case reflect.Int, reflect.Int8, reflect.Int64:
		v.SetInt(rapid.SampledFrom([]int64{0, 1, -1, -1 << 63, 1<<63 - 1}).Draw(t, "int"))
	case reflect.Uint64:
		v.SetUint(rapid.SampledFrom([]uint64{0, 1, 1<<64 - 1}).Draw(t, "uint"))
	case reflect.Float64:
		v.SetFloat(rapid.Float64().Draw(t, "float"))
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Field(i).CanSet() {
				fillAtRandom(t, v.Field(i))
			}
		}
	case reflect.Pointer:
		if rapid.Bool().Draw(t, "there") {
			v.Set(reflect.New(v.Type().Elem()))
			fillAtRandom(t, v.Elem())
		}
	case reflect.Slice:
		if v.Type() == reflect.TypeFor[json.RawMessage]() {
			v.SetBytes(rapid.SampledFrom([]json.RawMessage{nil, []byte(`{"a" : ["<"]}`)}).Draw(t, "raw"))
		} else if n := rapid.IntRange(-1, 2).Draw(t, "length"); n >= 0 && v.Type().Elem().Kind() != reflect.Uint8 {
			v.Set(reflect.MakeSlice(v.Type(), n, n))
			for i := range n {
				fillAtRandom(t, v.Index(i))
			}
		}
	}
}
