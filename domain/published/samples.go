package published

import (
	_ "embed"
	"sync"
)

//go:embed published-tables.json
var file []byte

// File returns the 24 shipped tables as the file they came in.
func File() []byte { return append([]byte(nil), file...) }

// Samples returns the 24 shipped tables. The caller may change them.
func Samples() []Table {
	tables, err := Decode(file)
	if err != nil {
		panic("published: the embedded file is broken: " + err.Error())
	}
	return tables
}

// Sample returns the shipped table with that id, such as C26.
func Sample(id string) (Table, bool) {
	t, ok := byID()[id]
	return t, ok
}

var byID = sync.OnceValue(func() map[string]Table {
	tables := make(map[string]Table)
	for _, t := range Samples() {
		tables[t.ID] = t
	}
	return tables
})
