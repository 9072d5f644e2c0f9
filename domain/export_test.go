package domain

import "reflect"

// HasUsualLayout reports whether data are read without DecodeStrictly.
func HasUsualLayout(t reflect.Type, data []byte) bool {
	return layoutOf(t).read(data, reflect.New(t))
}
