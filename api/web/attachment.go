package web

import (
	"fmt"
	"strings"

	"wenxiao/domain/attachment"
	"wenxiao/projections"
)

// ChosenFile is a file handed in and chosen to go with an act.
type ChosenFile struct {
	Digest string
	Name   string
	Bytes  int64
}

// Size is how large the file is.
func (f ChosenFile) Size() string { return fileSize(f.Bytes) }

// Short is the beginning of the digest.
func (f ChosenFile) Short() string { return short(f.Digest) }

func fileNames(files []ChosenFile) string {
	names := make([]string, len(files))
	for i, f := range files {
		names[i] = f.Name
	}
	return strings.Join(names, "、")
}

// Attachment is one file: what it is, who handed it in, which acts rest on it, and
// whether its bytes are still those the ledger names.
type Attachment struct {
	Frame
	File  projections.Attachment
	Uses  []projections.Use
	Found Status // of the bytes, hashed now
	Read  bool   // the reader may have the bytes
	Acts  []Crumb
}

func (Attachment) template() string { return "attachment" }

// Picture reports whether a browser may show it.
func (p Attachment) Picture() bool { return p.Read && strings.HasPrefix(p.File.MediaType, "image/") }

// Ground says why it was withdrawn.
func (p Attachment) Ground() string {
	if p.File.Withdrawn != nil && p.File.Withdrawn.Ground == attachment.ByLaw {
		return "依法撤下"
	}
	return "误交撤下"
}

// short is the beginning of a digest, as pages show it.
func short(digest string) string { return digest[:min(12, len(digest))] }

// fileSize prints a number of bytes as people read it.
func fileSize(n int64) string {
	switch {
	case n < 1<<10:
		return fmt.Sprintf("%d B", n)
	case n < 1<<20:
		return fmt.Sprintf("%.1f KiB", float64(n)/(1<<10))
	}
	return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20))
}

// namesFile tells a file from an article among what an act rests on.
func namesFile(basis string) bool { _, ok := attachment.Digest(basis); return ok }
