package story_test

import (
	"bytes"
	"strings"
	"testing"

	"wenxiao/cmd/wenxiao/story"
	"wenxiao/domain"
	"wenxiao/domain/attachment"
	"wenxiao/eventstore/attachments"
)

// TestFiles keeps the story's files as anybody's are kept: they are what the
// ledger says of them, and the report rests on them.
func TestFiles(t *testing.T) {
	records, _ := tell(t, domain.Day("2026-11-21").Time())
	deposited, rests := map[string]attachment.Deposited{}, map[string]int{}
	for _, r := range records {
		for _, b := range r.Basis {
			rests[b]++
		}
		if !strings.HasPrefix(r.Type, "attachment.") {
			continue
		}
		event, err := attachment.Stored.Decode(r.Type, r.Data)
		if err != nil {
			t.Fatal(err)
		}
		deposited[r.Stream] = event.(attachment.Deposited)
	}
	files, err := attachments.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range story.Files() {
		taken, err := files.Take(t.Context(), f.Name, bytes.NewReader(f.Content))
		if err != nil {
			t.Fatal(err)
		}
		defer taken.Discard()
		d := deposited[attachment.Stream(taken.Digest)]
		if d.Digest != taken.Digest || d.SM3 != taken.SM3 || d.Size != taken.Size || d.MediaType != taken.MediaType || d.Name != f.Name {
			t.Errorf("the ledger says %+v, the file is %+v", d, taken)
		}
		if rests[attachment.Stream(taken.Digest)] != 1 {
			t.Errorf("%d acts rest on %s", rests[attachment.Stream(taken.Digest)], f.Name)
		}
	}
}
