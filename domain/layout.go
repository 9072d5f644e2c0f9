package domain

import (
	"encoding"
	"reflect"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
)

// Events are read far more often than they are written, and always in the form
// in which encoding/json lays their type out: fields in order, no blanks. A layout
// is worked out once for a type and reads that form alone, in a quarter of the
// time. What it cannot read, it leaves to DecodeStrictly, which decides. What it
// reads is what DecodeStrictly reads, and is fuzzed against it.
type layout func(t *text, v reflect.Value)

func layoutOf(t reflect.Type) layout {
	switch {
	case t == reflect.TypeFor[Decimal]():
		return (*text).decimal
	case hasOwnForm(reflect.PointerTo(t)):
		return left
	}
	switch t.Kind() {
	case reflect.String:
		return func(t *text, v reflect.Value) { v.SetString(t.string()) }
	case reflect.Bool:
		return func(t *text, v reflect.Value) { v.SetBool(t.next("true") || !t.must("false")) }
	case reflect.Int, reflect.Int64:
		return func(t *text, v reflect.Value) { v.SetInt(t.integer()) }
	case reflect.Pointer:
		return layoutOfPointer(t)
	case reflect.Slice:
		return layoutOfSlice(t)
	case reflect.Struct:
		return layoutOfStruct(t)
	}
	return left
}

// left is the layout of what is left to DecodeStrictly.
func left(t *text, _ reflect.Value) { t.wrong = true }

// hasOwnForm reports whether a type says itself how it is read.
func hasOwnForm(t reflect.Type) bool {
	return t.Implements(reflect.TypeFor[json.Unmarshaler]()) || t.Implements(reflect.TypeFor[json.UnmarshalerFrom]()) ||
		t.Implements(reflect.TypeFor[encoding.TextUnmarshaler]())
}

func layoutOfPointer(t reflect.Type) layout {
	of := layoutOf(t.Elem())
	return func(text *text, v reflect.Value) {
		v.Set(reflect.New(t.Elem()))
		of(text, v.Elem())
	}
}

func layoutOfSlice(t reflect.Type) layout {
	if t.Elem().Kind() == reflect.Uint8 {
		return left
	}
	of := layoutOf(t.Elem())
	return func(text *text, v reflect.Value) {
		text.must("[")
		v.Set(reflect.MakeSlice(t, 0, text.elements()))
		if text.next("]") {
			return
		}
		for more := true; more && !text.wrong; more = text.next(",") {
			n := v.Len()
			if n == v.Cap() {
				v.Grow(1)
			}
			v.SetLen(n + 1)
			of(text, v.Index(n))
		}
		text.must("]")
	}
}

// A member is one field of a struct.
type member struct {
	key  string // "name":
	path []int
	read layout
}

func (m *member) of(v reflect.Value) reflect.Value {
	if len(m.path) == 1 {
		return v.Field(m.path[0])
	}
	return v.FieldByIndex(m.path)
}

// membersOf returns the fields of a struct and of those embedded in it, in order;
// not ok where that takes more than names and order.
func membersOf(t reflect.Type) (members []member, ok bool) {
	for _, f := range reflect.VisibleFields(t) {
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case f.Anonymous && f.Type.Kind() == reflect.Struct && f.Tag == "" && f.IsExported():
			continue
		case f.Anonymous || !f.IsExported() || !isPlainName(name) || options != "" && options != "omitempty" && options != "omitzero":
			return nil, false
		}
		key := `"` + name + `":`
		if slices.ContainsFunc(members, func(m member) bool { return m.key == key }) {
			return nil, false
		}
		members = append(members, member{key, f.Index, layoutOf(f.Type)})
	}
	return members, true
}

func layoutOfStruct(t reflect.Type) layout {
	members, ok := membersOf(t)
	if !ok {
		return left
	}
	return func(text *text, v reflect.Value) {
		text.must("{")
		if text.next("}") {
			return
		}
		more := true
		for i := 0; i < len(members) && more; i++ {
			if m := &members[i]; text.next(m.key) {
				m.read(text, m.of(v))
				more = text.next(",")
			}
		}
		text.wrong = text.wrong || more // behind a comma comes another field
		text.must("}")
	}
}

func isPlainName(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool { return (r < 'a' || 'z' < r) && (r < 'A' || 'Z' < r) && (r < '0' || '9' < r) })
}

// read reads all of data into v, which is a pointer to a zero value, or returns
// false: v is of no use then.
func (l layout) read(data []byte, v reflect.Value) bool {
	t := text{all: string(data)} // once: all strings are parts of it
	l(&t, v.Elem())
	return !t.wrong && t.at == len(t.all)
}

// A text is what is read, how far it is, and whether it is not in the form
// expected.
type text struct {
	all   string
	at    int
	wrong bool
}

func (t *text) rest() string { return t.all[t.at:] }

// next skips literal if it comes next.
func (t *text) next(literal string) bool {
	if !strings.HasPrefix(t.rest(), literal) {
		return false
	}
	t.at += len(literal)
	return true
}

func (t *text) must(literal string) bool {
	found := t.next(literal)
	t.wrong = t.wrong || !found
	return found
}

func (t *text) string() string {
	if !t.must(`"`) {
		return ""
	}
	rest, met := t.rest(), byte(0)
	for i := range len(rest) {
		switch c := rest[i]; {
		case c == '"':
			t.at += i + 1
			t.wrong = t.wrong || met >= utf8.RuneSelf && !utf8.ValidString(rest[:i])
			return rest[:i]
		case c == '\\':
			return t.escaped(i)
		case c < ' ':
			t.wrong = true
			return ""
		default:
			met |= c
		}
	}
	t.wrong = true
	return ""
}

// escaped reads a string whose first escape is i bytes away.
func (t *text) escaped(i int) (s string) {
	rest := t.rest()
	for ; i < len(rest) && rest[i] != '"'; i++ {
		if rest[i] == '\\' {
			i++
		}
	}
	if i >= len(rest) || DecodeStrictly([]byte(`"`+rest[:i+1]), &s) != nil {
		t.wrong = true
		return ""
	}
	t.at += i + 1
	return s
}

// digits skips them, at most 18: those fit into an int64.
func (t *text) digits() string {
	rest, n := t.rest(), 0
	for n < len(rest) && '0' <= rest[n] && rest[n] <= '9' {
		n++
	}
	t.at += n
	t.wrong = t.wrong || n == 0 || n > 18
	return rest[:n]
}

// whole skips a whole number without a sign.
func (t *text) whole() string {
	d := t.digits()
	t.wrong = t.wrong || len(d) > 1 && d[0] == '0'
	return d
}

func (t *text) integer() (n int64) {
	negative := t.next("-")
	for _, c := range []byte(t.whole()) {
		n = 10*n + int64(c-'0')
	}
	if negative {
		t.wrong = t.wrong || n == 0
		n = -n
	}
	return n
}

func (t *text) decimal(v reflect.Value) {
	begin := t.at
	t.next("-")
	t.whole()
	if t.next(".") {
		t.digits()
	}
	d, err := ParseDecimal(t.all[begin:t.at])
	t.wrong = t.wrong || err != nil
	*v.Addr().Interface().(*Decimal) = d
}

// elements is about how many a list has that begins here: those of a list that
// holds none itself.
func (t *text) elements() int {
	const most = 256 // there may be more, and it may be no list
	list, _, _ := strings.Cut(t.rest(), "]")
	separator := ","
	if strings.HasPrefix(list, "{") {
		separator = "{"
	}
	return min(strings.Count(list, separator)+1, most)
}
