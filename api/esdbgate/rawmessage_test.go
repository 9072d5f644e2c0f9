package esdbgate

import (
	"encoding/json"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/structpb"
)

// sessionMessage is an AppendRequest as the later clients send it.
func sessionMessage(t testing.TB) []byte {
	value, err := proto.Marshal(structpb.NewStringValue("石"))
	if err != nil {
		t.Fatal(err)
	}
	text := func(b []byte, n protowire.Number, s string) []byte {
		return protowire.AppendString(protowire.AppendTag(b, n, protowire.BytesType), s)
	}
	number := func(b []byte, n protowire.Number, v uint64) []byte {
		return protowire.AppendVarint(protowire.AppendTag(b, n, protowire.VarintType), v)
	}
	record := text(nil, 1, "0195e1c2-0000-7000-8000-000000000001")
	record = text(record, 2, string(text(text(nil, 1, "by"), 2, string(value))))
	record = text(record, 3, string(text(number(nil, 1, 1), 2, "happened")))
	record = text(record, 4, `{"n":1}`)
	return number(text(text(nil, 1, "s"), 2, string(record)), 3, protowire.EncodeZigZag(-1))
}

func TestSessionMessage(t *testing.T) {
	w, err := readSessionWrite(sessionMessage(t))
	if err != nil || w.Stream != "s" || w.expected != noStream || len(w.proposed) != 1 {
		t.Fatalf("%+v, %v", w, err)
	}
	p := w.proposed[0]
	if p.kind != "happened" || string(p.data) != `{"n":1}` || p.id.String() != "0195e1c2-0000-7000-8000-000000000001" {
		t.Errorf("%+v", p)
	}
}

// FuzzSessionMessage feeds the reader what a client could send: it refuses or
// reads, and what it has read can be written down.
func FuzzSessionMessage(f *testing.F) {
	f.Add(sessionMessage(f))
	f.Add([]byte{0x12, 0x02, 0x12, 0x00})
	f.Fuzz(func(t *testing.T, b []byte) {
		w, err := readSessionWrite(b)
		if err != nil {
			return
		}
		if _, err := json.Marshal(w); err != nil {
			t.Errorf("read %+v, which cannot be written down: %v", w, err)
		}
	})
}
