package seal

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"wenxiao/eventstore"
)

// A Head is a whole tree in two words: it commits to every record up to Size.
type Head struct {
	Size eventstore.Position
	Root tlog.Hash
}

// HeadOf returns the head of t.
func HeadOf(t eventstore.Tree) Head { return Head{t.Size, t.Root()} }

func (h Head) tree() tlog.Tree { return tlog.Tree{N: int64(h.Size), Hash: h.Root} }

// text is what is signed: a c2sp.org/tlog-checkpoint without extensions.
func (h Head) text(origin string) string {
	return fmt.Sprintf("%s\n%d\n%s\n", origin, h.Size, h.Root)
}

func parseHead(text string) (origin string, h Head, err error) {
	lines := strings.Split(text, "\n")
	if len(lines) != 4 || lines[3] != "" || lines[0] == "" {
		return "", Head{}, malformed("检查点应为日志名、件数、树根三行")
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil {
		return "", Head{}, malformed("检查点的件数 %q", lines[1])
	}
	root, err := parseHash(lines[2])
	if err != nil {
		return "", Head{}, err
	}
	h = Head{eventstore.Position(size), root}
	if h.text(lines[0]) != text {
		return "", Head{}, malformed("检查点正文")
	}
	return lines[0], h, nil
}

func parseHash(s string) (tlog.Hash, error) {
	b, err := base64.StdEncoding.Strict().DecodeString(s)
	if err != nil || len(b) != tlog.HashSize || base64.StdEncoding.EncodeToString(b) != s {
		return tlog.Hash{}, malformed("哈希 %q", s)
	}
	return tlog.Hash(b), nil
}

// A Checkpoint is a signed head.
type Checkpoint struct {
	Head
	Origin string // the log's name
	Note   []byte // the signed note, with cosignatures
}

// ParseCheckpoint reads a signed note strictly: every byte of it is as its writer
// must have written it. It checks no signature; [Policy.Check] does.
func ParseCheckpoint(signed []byte) (Checkpoint, error) {
	text, lines, err := splitNote(string(signed))
	if err != nil {
		return Checkpoint{}, err
	}
	for i, line := range lines {
		if err := checkSignatureLine(line); err != nil {
			return Checkpoint{}, err
		}
		if slices.Contains(lines[:i], line) {
			return Checkpoint{}, malformed("签名行 %q 重复", line)
		}
	}
	origin, head, err := parseHead(text)
	return Checkpoint{head, origin, signed}, err
}

// splitNote returns the text of a note with its final newline, and its signature
// lines without.
func splitNote(signed string) (text string, lines []string, err error) {
	end := strings.LastIndex(signed, "\n\n")
	if end < 0 || !strings.HasSuffix(signed, "\n") || end+2 == len(signed) {
		return "", nil, malformed("不是签名文本 (signed note)")
	}
	return signed[:end+1], strings.Split(signed[end+2:len(signed)-1], "\n"), nil
}

const signaturePrefix = "— "

// checkSignatureLine demands base64 that decodes to nothing else: package note
// lets unused bits pass, and a note could be changed without it being noticed.
func checkSignatureLine(line string) error {
	rest, ok := strings.CutPrefix(line, signaturePrefix)
	_, encoded, found := strings.Cut(rest, " ")
	if _, err := base64.StdEncoding.Strict().DecodeString(encoded); !ok || !found || err != nil {
		return malformed("签名行 %q", line)
	}
	return nil
}

// signNote returns text signed by signers in order.
func signNote(text string, signers ...note.Signer) ([]byte, error) {
	return note.Sign(&note.Note{Text: text}, signers...)
}
