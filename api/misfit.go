package api

import (
	"errors"
	"reflect"
	"strconv"

	strictjson "github.com/go-json-experiment/json"

	"wenxiao/domain"
)

// A misfit is a value in JSON that is not of the form its place takes.
type misfit struct {
	at     string // JSON pointer, such as /indicators/3/weight
	reason string // which form that is
	of     reflect.Type
}

// misfitIn finds the misfit that an error of reading JSON is about, if it is about one.
func misfitIn(err error) (m misfit, found bool) {
	var semantic *strictjson.SemanticError
	if !errors.As(err, &semantic) {
		return m, false
	}
	m = misfit{at: string(semantic.JSONPointer), reason: formOf(semantic.GoType), of: semantic.GoType}
	switch {
	case errors.Is(err, strictjson.ErrUnknownName):
		m.reason = "没有这一项"
		return m, true
	case errors.Is(err, strconv.ErrRange):
		m.reason = "超出所能记的范围"
	}
	if value := []rune(string(semantic.JSONValue)); len(value) > 0 && len(value) <= 40 {
		m.reason += "，不是 " + string(value)
	}
	return m, true
}

// formOf says how a value is written that goes into a type.
func formOf(t reflect.Type) string {
	switch t {
	case reflect.TypeFor[domain.Money]():
		return "应为金额：以分计的整数，1 元写作 100"
	case reflect.TypeFor[domain.Decimal]():
		return "应为数，至多 19 位，如 96.40"
	}
	switch t.Kind() {
	case reflect.String:
		return "应为文字"
	case reflect.Bool:
		return "应为 true 或 false"
	case reflect.Int, reflect.Int64:
		return "应为整数"
	case reflect.Slice:
		return "应为一组"
	case reflect.Struct:
		return "应为对象"
	}
	return "不是这一项要的形式"
}
