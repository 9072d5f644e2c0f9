package domain

import (
	"strings"
	"testing"
)

func TestIsDigest(t *testing.T) {
	const digest = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
	for s, want := range map[string]bool{
		digest: true, strings.ToUpper(digest): false, digest[1:]: false, digest + "0": false, "": false,
		"g" + digest[1:]: false, "/" + digest[1:]: false, digest[:61] + "文": false,
	} {
		if IsDigest(s) != want {
			t.Errorf("%q: %v", s, !want)
		}
	}
}
