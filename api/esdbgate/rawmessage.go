package esdbgate

import (
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/structpb"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// A rawMessage is a message whose type is not known here: every field of it is
// an unknown one, which protobuf keeps.
type rawMessage struct{ empty emptypb.Empty }

func (m *rawMessage) message() proto.Message { return &m.empty }
func (m *rawMessage) bytes() []byte          { return m.empty.ProtoReflect().GetUnknown() }
func (m *rawMessage) set(b []byte)           { m.empty.ProtoReflect().SetUnknown(b) }

// fields calls use for each field of a message, with its number and with its
// number value or its bytes.
func fields(b []byte, use func(n protowire.Number, varint uint64, bytes []byte) error) error {
	for len(b) > 0 {
		n, kind, length := protowire.ConsumeTag(b)
		if length < 0 {
			return malformed("message: %v", protowire.ParseError(length))
		}
		b = b[length:]
		var varint uint64
		var bytes []byte
		switch kind {
		case protowire.VarintType:
			varint, length = protowire.ConsumeVarint(b)
		case protowire.BytesType:
			bytes, length = protowire.ConsumeBytes(b)
		default:
			length = protowire.ConsumeFieldValue(n, kind, b)
		}
		if length < 0 {
			return malformed("message: %v", protowire.ParseError(length))
		}
		if err := use(n, varint, bytes); err != nil {
			return err
		}
		b = b[length:]
	}
	return nil
}

// readSessionWrite reads an AppendRequest: stream 1, records 2, expected
// revision 3.
func readSessionWrite(b []byte) (w sessionWrite, err error) {
	w.expected = anything
	err = fields(b, func(n protowire.Number, varint uint64, bytes []byte) error {
		switch n {
		case 1:
			w.Stream = string(bytes)
		case 2:
			p, err := readSessionRecord(bytes)
			w.proposed = append(w.proposed, p)
			return err
		case 3:
			w.expected = expectation(protowire.DecodeZigZag(varint))
		}
		return nil
	})
	return w, err
}

// readSessionRecord reads an AppendRecord: id 1, properties 2, schema 3 (format
// 1, of which 1 is JSON; name 2), data 4.
func readSessionRecord(b []byte) (proposed, error) {
	var id, kind string
	var isJSON bool
	var data []byte
	properties := map[string]any{}
	err := fields(b, func(n protowire.Number, _ uint64, bytes []byte) error {
		switch n {
		case 1:
			id = string(bytes)
		case 2:
			return readProperty(bytes, properties)
		case 3:
			return fields(bytes, func(n protowire.Number, varint uint64, bytes []byte) error {
				switch n {
				case 1:
					isJSON = varint == 1
				case 2:
					kind = string(bytes)
				}
				return nil
			})
		case 4:
			data = bytes
		}
		return nil
	})
	if err != nil {
		return proposed{}, err
	}
	return newSessionEvent(id, kind, isJSON, properties, data)
}

func readProperty(b []byte, into map[string]any) error {
	var key string
	value := new(structpb.Value)
	err := fields(b, func(n protowire.Number, _ uint64, bytes []byte) error {
		switch n {
		case 1:
			key = string(bytes)
		case 2:
			if err := proto.Unmarshal(bytes, value); err != nil {
				return malformed("property: %v", err)
			}
		}
		return nil
	})
	into[key] = value.AsInterface()
	return err
}

// A turn is where and when a subscription caught up or fell behind. Clients of
// later versions rely on its fields, others skip them: time 1, revision 2,
// position 3.
type turn struct {
	now time.Time
	all bool
	any bool // something is there
	at  uint64
}

func (t turn) fields() []byte {
	b := timestamp(nil, 1, t.now)
	switch {
	case !t.any:
	case t.all:
		var position []byte
		for n := protowire.Number(1); n <= 2; n++ { // commit, prepare
			position = protowire.AppendVarint(protowire.AppendTag(position, n, protowire.VarintType), t.at)
		}
		b = protowire.AppendBytes(protowire.AppendTag(b, 3, protowire.BytesType), position)
	default:
		b = protowire.AppendVarint(protowire.AppendTag(b, 2, protowire.VarintType), t.at)
	}
	return b
}

func (t turn) caughtUp() *streams.ReadResp {
	m := new(streams.ReadResp_CaughtUp)
	m.ProtoReflect().SetUnknown(t.fields())
	return &streams.ReadResp{Content: &streams.ReadResp_CaughtUp_{CaughtUp: m}}
}

func (t turn) fellBehind() *streams.ReadResp {
	m := new(streams.ReadResp_FellBehind)
	m.ProtoReflect().SetUnknown(t.fields())
	return &streams.ReadResp{Content: &streams.ReadResp_FellBehind_{FellBehind: m}}
}

func timestamp(b []byte, n protowire.Number, at time.Time) []byte {
	encoded, err := proto.Marshal(timestamppb.New(at))
	if err != nil {
		panic(err) // two numbers
	}
	return protowire.AppendBytes(protowire.AppendTag(b, n, protowire.BytesType), encoded)
}
