package projections

import (
	"encoding"
	"encoding/json"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"wenxiao/domain"
)

// A rebuild writes half a kilobyte of JSON for every event. A writing is worked
// out once for a type and appends byte for byte what encoding/json writes, in a
// third of the time; what it does not know it hands to encoding/json. The value
// is addressable.
type writing func(b []byte, v reflect.Value) ([]byte, error)

func writingOf(t reflect.Type) writing {
	switch {
	case t == reflect.TypeFor[domain.Decimal]():
		return writeDecimal
	case t == reflect.TypeFor[time.Time]():
		return writeTime
	case hasOwnWriting(t), t == reflect.TypeFor[json.Number]():
		return hand
	}
	switch t.Kind() {
	case reflect.String:
		return func(b []byte, v reflect.Value) ([]byte, error) { return appendText(b, v.String()), nil }
	case reflect.Bool:
		return func(b []byte, v reflect.Value) ([]byte, error) { return strconv.AppendBool(b, v.Bool()), nil }
	case reflect.Int, reflect.Int64:
		return func(b []byte, v reflect.Value) ([]byte, error) { return strconv.AppendInt(b, v.Int(), 10), nil }
	case reflect.Uint64:
		return func(b []byte, v reflect.Value) ([]byte, error) { return strconv.AppendUint(b, v.Uint(), 10), nil }
	case reflect.Pointer:
		return writingOfPointer(t)
	case reflect.Slice:
		return writingOfSlice(t)
	case reflect.Struct:
		return writingOfStruct(t)
	}
	return hand
}

// hasOwnWriting reports whether a type, or what points to it, writes itself.
func hasOwnWriting(t reflect.Type) bool {
	p := reflect.PointerTo(t)
	return p.Implements(reflect.TypeFor[json.Marshaler]()) || p.Implements(reflect.TypeFor[encoding.TextMarshaler]())
}

// hand leaves a value to encoding/json.
func hand(b []byte, v reflect.Value) ([]byte, error) {
	to := appender{b}
	if err := json.NewEncoder(&to).Encode(v.Addr().Interface()); err != nil {
		return nil, err
	}
	return to.b[:len(to.b)-1], nil // without the end of the line
}

func writingOfPointer(t reflect.Type) writing {
	of := writingOf(t.Elem())
	return func(b []byte, v reflect.Value) ([]byte, error) {
		if v.IsNil() {
			return append(b, "null"...), nil
		}
		return of(b, v.Elem())
	}
}

func writingOfSlice(t reflect.Type) writing {
	if t.Elem().Kind() == reflect.Uint8 {
		return hand
	}
	of := writingOf(t.Elem())
	return func(b []byte, v reflect.Value) (_ []byte, err error) {
		if v.IsNil() {
			return append(b, "null"...), nil
		}
		b = append(b, '[')
		for i := range v.Len() {
			if i > 0 {
				b = append(b, ',')
			}
			if b, err = of(b, v.Index(i)); err != nil {
				return nil, err
			}
		}
		return append(b, ']'), nil
	}
}

// A written is one field of a struct, or of one embedded in it.
type written struct {
	key   string // "name":
	path  []int
	write writing
	omit  func(reflect.Value) bool
}

func writingOfStruct(t reflect.Type) writing {
	fields, ok := fieldsOf(t, nil)
	if !ok {
		return hand
	}
	return func(b []byte, v reflect.Value) (_ []byte, err error) {
		begin := byte('{')
		for i := range fields {
			f := &fields[i]
			field := v.FieldByIndex(f.path)
			if f.omit != nil && f.omit(field) {
				continue
			}
			b = append(append(b, begin), f.key...)
			begin = ','
			if b, err = f.write(b, field); err != nil {
				return nil, err
			}
		}
		if begin == '{' {
			b = append(b, begin)
		}
		return append(b, '}'), nil
	}
}

// fieldsOf lists what a struct at path writes, in order; not ok where that takes
// more than names, order and what is left out.
func fieldsOf(t reflect.Type, path []int) (list []written, ok bool) {
	for i := range t.NumField() {
		f, at := t.Field(i), append(slices.Clone(path), i)
		name, option, _ := strings.Cut(f.Tag.Get("json"), ",")
		omit, known := omission(f.Type, option)
		var more []written
		switch {
		case f.Anonymous && f.IsExported() && f.Tag == "" && f.Type.Kind() == reflect.Struct && !hasOwnWriting(f.Type):
			if more, ok = fieldsOf(f.Type, at); !ok {
				return nil, false
			}
		case f.Tag.Get("json") == "-", !f.IsExported() && !f.Anonymous:
			continue
		case f.Anonymous || !known || name == "" || strings.ContainsFunc(name, notPlain):
			return nil, false
		default:
			more = []written{{`"` + name + `":`, at, writingOf(f.Type), omit}}
		}
		for _, m := range more {
			if slices.ContainsFunc(list, func(o written) bool { return o.key == m.key }) {
				return nil, false // which of the two is a matter of rules
			}
			list = append(list, m)
		}
	}
	return list, true
}

func notPlain(r rune) bool {
	return (r < 'a' || 'z' < r) && (r < 'A' || 'Z' < r) && (r < '0' || '9' < r)
}

// omission says when a field is left out.
func omission(t reflect.Type, option string) (omit func(reflect.Value) bool, known bool) {
	zero := reflect.TypeFor[interface{ IsZero() bool }]()
	ownZero := t.Implements(zero) || reflect.PointerTo(t).Implements(zero)
	switch kind := t.Kind(); {
	case option == "":
		return nil, true
	case option == "omitempty" && (kind == reflect.String || kind == reflect.Slice || kind == reflect.Map):
		return func(v reflect.Value) bool { return v.Len() == 0 }, true
	case option == "omitempty" && kind != reflect.Array && kind != reflect.Struct:
		return reflect.Value.IsZero, true
	case option == "omitzero" && t == reflect.TypeFor[time.Time]():
		return func(v reflect.Value) bool { return v.Addr().Interface().(*time.Time).IsZero() }, true
	case option == "omitzero" && !ownZero:
		return reflect.Value.IsZero, true
	}
	return nil, false
}

func writeDecimal(b []byte, v reflect.Value) ([]byte, error) {
	return v.Addr().Interface().(*domain.Decimal).Append(b), nil
}

func writeTime(b []byte, v reflect.Value) ([]byte, error) {
	t := v.Addr().Interface().(*time.Time)
	if y := t.Year(); t.Location() != time.UTC || y < 0 || y > 9999 {
		return hand(b, v)
	}
	return append(t.AppendFormat(append(b, '"'), time.RFC3339Nano), '"'), nil
}

// appendText writes s as encoding/json does: it escapes what HTML and JavaScript
// would stumble over, and the two line separators, which begin with E2.
func appendText(b []byte, s string) []byte {
	var met uint8
	for i := range len(s) {
		met |= marks[s[i]]
	}
	if met&escaped == 0 && (met == 0 || utf8.ValidString(s)) && (met&separator == 0 || !strings.ContainsAny(s, "\u2028\u2029")) {
		return append(append(append(b, '"'), s...), '"')
	}
	quoted, _ := json.Marshal(s) // a string has no error
	return append(b, quoted...)
}

const (
	escaped = 1 << iota
	many    // bytes beyond ASCII
	separator
)

var marks = func() (m [256]uint8) {
	for i := range m {
		switch c := byte(i); {
		case c < ' ', strings.IndexByte(`\"<>&`, c) >= 0:
			m[i] = escaped
		case c == 0xE2:
			m[i] = many | separator
		case c >= utf8.RuneSelf:
			m[i] = many
		}
	}
	return m
}()
