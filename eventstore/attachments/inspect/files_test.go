package inspect_test

import (
	"encoding/binary"
	"hash/crc32"
	"os"
	"slices"
	"testing"
)

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// chunk is one of a PNG: its kind and data, with length before and checksum behind.
func chunk(body []byte) []byte {
	length := binary.BigEndian.AppendUint32(nil, uint32(len(body)-4))
	return slices.Concat(length, body, binary.BigEndian.AppendUint32(nil, crc32.ChecksumIEEE(body)))
}
