package sqlite

import (
	"database/sql"
	"math"
	"path/filepath"
	"strings"
	"testing"

	"wenxiao/eventstore"
)

// TestValuesAsSQLiteWritesThem has SQLite write values of every width and reads
// the page.
func TestValuesAsSQLiteWritesThem(t *testing.T) {
	path := filepath.Join(t.TempDir(), "values.db")
	db, err := sql.Open("sqlite", "file:"+path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(`create table v (key integer primary key, value)`); err != nil {
		t.Fatal(err)
	}
	want := map[int64]any{-1 << 63: nil, math.MaxInt64: []byte{}, -7: "", 0: "绩效", 1: []byte{0, 1}, 2: 2.5}
	for i, n := range []int64{0, 1, -1, 127, 128, -128, -129, 1 << 15, -1 << 15, 1 << 23, -1<<23 - 1, 1 << 31, -1 << 47, 1 << 47, math.MaxInt64, math.MinInt64} {
		want[int64(i)+10] = n
	}
	for i := range 40 { // from one page to many
		want[int64(i)+100] = strings.Repeat("x", i*i*11)
		want[int64(i)*1_000_003+1000] = []byte(strings.Repeat("y", 4030+i))
	}
	for key, v := range want {
		if _, err := db.Exec(`insert into v values (?, ?)`, key, v); err != nil {
			t.Fatal(err)
		}
	}
	s := &Store{reads: db, closed: make(chan struct{})}
	last, seen := int64(math.MinInt64), 0
	err = s.snapshot(t.Context(), func(p *pages) error {
		root, err := p.root("v", "v")
		if err != nil {
			return err
		}
		return p.table(root, least, most, func(key int64, payload []byte, fault *eventstore.Fault) bool {
			var v [2]value
			if fault != nil || !record(payload, v[:]) {
				t.Fatalf("row %d: %v", key, fault)
			}
			if seen++; key < last {
				t.Errorf("%d comes after %d", key, last)
			}
			last = key
			if !v[1].is(want[key]) {
				t.Errorf("row %d is %+v, not %v", key, v[1], want[key])
			}
			return true
		})
	})
	if err != nil || seen != len(want) {
		t.Errorf("%d of %d rows, %v", seen, len(want), err)
	}
}

func (v value) is(want any) bool {
	switch w := want.(type) {
	case nil:
		return v.kind == null
	case int64:
		return v.kind == integer && v.n == w
	case float64:
		return v.kind == real
	case string:
		return v.kind == text && string(v.b) == w
	case []byte:
		return v.kind == blob && string(v.b) == string(w)
	}
	return false
}

// FuzzRecord: whatever the bytes, they are read or refused.
func FuzzRecord(f *testing.F) {
	f.Add([]byte{3, 0, 1, 15, 7, 'x', 'y'})
	f.Add([]byte{0})
	f.Add([]byte{0x81, 0, 1})
	f.Fuzz(func(t *testing.T, payload []byte) {
		var v [3]value
		if record(payload, v[:]) {
			for _, v := range v {
				if len(v.b) > len(payload) {
					t.Errorf("%d bytes of %d", len(v.b), len(payload))
				}
			}
		}
	})
}
