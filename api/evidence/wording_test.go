package evidence

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"wenxiao/eventstore"
	"wenxiao/projections"
)

// worded are the words of bundles, a line each: of the pages their digests.
func worded(t *testing.T) (lines []string) {
	for name, page := range map[string]string{
		accountPage: accountTemplate, accountText: textAccount, reportPage: reportTemplate, "style": style, byHand: handCheck, metadata: metadataStart,
	} {
		lines = append(lines, fmt.Sprintf("%s %x", name, sha256.Sum256([]byte(page))))
	}
	for _, q := range questions {
		lines = append(lines, q.id+" "+q.asks)
	}
	specimens, err := filepath.Glob("../../domain/*/testdata/*.v*.json")
	if err != nil || len(specimens) < 40 {
		t.Fatalf("%d specimens: %v", len(specimens), err)
	}
	at := time.Date(2025, 5, 30, 2, 0, 0, 0, time.UTC)
	for _, path := range specimens {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		noun := filepath.Base(filepath.Dir(filepath.Dir(path)))
		h := eventstore.Header{Stream: noun + "-x-2025", Type: noun + "." + strings.TrimSuffix(filepath.Base(path), ".json"), RecordedAt: at, EffectiveAt: at, Actor: finance}
		e, err := projections.NewTeller().Tell(eventstore.Record{Position: 1, Data: data, Header: h})
		if err != nil {
			t.Errorf("%s: %v", path, err)
		}
		lines = append(lines, strings.Join([]string{h.Type, e.Sentence, e.Text, e.Article}, "｜"))
	}
	slices.Sort(lines)
	return lines
}

// TestWordingHasItsNumber fails when a word of a bundle changes: raise Wording
// then, if a release has the old one, and keep the words of both numbers in
// testdata. A new kind of event adds its line.
func TestWordingHasItsNumber(t *testing.T) {
	path := fmt.Sprintf("testdata/wording-%d.txt", Wording)
	kept, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	now := worded(t)
	before := strings.Split(strings.TrimSpace(string(kept)), "\n")
	for _, line := range now {
		if !slices.Contains(before, line) {
			t.Errorf("%s has not:\n%s", path, line)
		}
	}
	for _, line := range before {
		if !slices.Contains(now, line) {
			t.Errorf("only %s has:\n%s", path, line)
		}
	}
}
