package projections

import (
	"context"
	"encoding/binary"
	"errors"
	"math/bits"
	"strconv"
	"strings"
	"unicode"

	"wenxiao/domain"
	"wenxiao/eventstore"
)

// The index of the trail: for each word, in which entries of a block of 4,096
// positions it occurs. A word is two neighbouring characters of a run of letters
// or digits, or its last one alone, so 农田 is found in 农田水利 without a
// dictionary of Chinese; and =late, =unit:…, =type:… for what else is asked for.
//
// It is a table like the others, with one text for both databases. Against
// SQLite's FTS5 fed with the same pairs it took a quarter of the time to fill,
// because a block writes each word once: 5 µs an event against 19 to 26.

const blockSize = 4096

var wordsTable = &tableOf[posting]{
	Table:   Table{Name: "trail_words_v1", Columns: "word TEXT, block BIGINT", Key: "word, block", blob: true, brief: true},
	columns: func(args []any, k key, _ *posting) []any { return append(args, k[:2]...) },
}

// A posting is the set of offsets in a block at which a word occurs.
type posting struct{ offsets []uint16 } // ascending, each once

func (p *posting) add(offset uint16) {
	if n := len(p.offsets); n == 0 || p.offsets[n-1] < offset {
		p.offsets = append(p.offsets, offset)
	}
}

// appendTo writes the distances between offsets, or a bit for each offset of
// the block where that is shorter.
func (p *posting) appendTo(b []byte) []byte {
	if len(p.offsets) >= blockSize/8 {
		set := p.set()
		b = append(b, 1)
		for _, w := range set {
			b = binary.LittleEndian.AppendUint64(b, w)
		}
		return b
	}
	b = append(b, 0)
	last := uint16(0)
	for _, o := range p.offsets {
		b = binary.AppendUvarint(b, uint64(o-last))
		last = o
	}
	return b
}

var errPosting = errors.New("malformed posting")

func (p *posting) readFrom(b []byte) error {
	p.offsets = nil
	switch {
	case len(b) == 0:
		return errPosting
	case b[0] == 0:
		return p.readDistances(b[1:])
	case b[0] != 1 || len(b) != 1+blockSize/8:
		return errPosting
	}
	var set offsetSet
	for i := range set {
		set[i] = binary.LittleEndian.Uint64(b[1+8*i:])
	}
	p.offsets = set.list()
	return nil
}

func (p *posting) readDistances(b []byte) error {
	last := uint64(0)
	for len(b) > 0 {
		d, n := binary.Uvarint(b)
		if last += d; n <= 0 || last >= blockSize {
			return errPosting
		}
		p.offsets = append(p.offsets, uint16(last))
		b = b[n:]
	}
	return nil
}

// An offsetSet has a bit for each offset of a block.
type offsetSet [blockSize / 64]uint64

func (p *posting) set() (s offsetSet) {
	for _, o := range p.offsets {
		s[o/64] |= 1 << (o % 64)
	}
	return s
}

func (s *offsetSet) list() (offsets []uint16) {
	for i, w := range s {
		for ; w != 0; w &= w - 1 {
			offsets = append(offsets, uint16(64*i+bits.TrailingZeros64(w)))
		}
	}
	return offsets
}

func (s *offsetSet) or(o offsetSet) {
	for i := range s {
		s[i] |= o[i]
	}
}

// and returns what is in both, and whether that is anything.
func (s *offsetSet) and(o offsetSet) (any uint64) {
	for i := range s {
		s[i] &= o[i]
		any |= s[i]
	}
	return any
}

func blockOf(p eventstore.Position) int64   { return int64(p-1) / blockSize }
func offsetOf(p eventstore.Position) uint16 { return uint16((p - 1) % blockSize) }

// pair is a word as its two characters.
type pair [2]rune

func (w pair) String() string {
	if w[1] == 0 {
		return string(w[0])
	}
	return string(w[:])
}

// eachPair calls do for the words of text.
func eachPair(text string, do func(pair)) {
	last := rune(0)
	for _, r := range text {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			if last != 0 {
				do(pair{last})
			}
			last = 0
			continue
		}
		r = unicode.ToLower(r)
		if last != 0 {
			do(pair{last, r})
		}
		last = r
	}
	if last != 0 {
		do(pair{last})
	}
}

// blockWords gathers the words of one block until the page is written.
type blockWords struct {
	block int64
	known map[string][]*posting // what words of sentences come to: most come again
	begun bool                  // since the last flush: the table has nothing of this block yet
	pairs map[pair]*posting
	types map[string]*posting
	nouns map[string]*posting
	units map[string]*posting
	flags map[string]*posting
	years map[domain.FiscalYear]*posting
}

func newBlockWords() unwritten {
	return &blockWords{known: map[string][]*posting{}, pairs: map[pair]*posting{}, types: map[string]*posting{}, nouns: map[string]*posting{}, units: map[string]*posting{}, flags: map[string]*posting{}, years: map[domain.FiscalYear]*posting{}}
}

// indexEntry notes the words of e.
func indexEntry(page *Page, e *Entry) error {
	b := page.gather("trail words", newBlockWords).(*blockWords)
	if block := blockOf(e.Position); block != b.block {
		if err := b.flush(page); err != nil {
			return err
		}
		b.block = block
	}
	offset := offsetOf(e.Position)
	b.begun = b.begun || offset == 0
	for _, text := range []string{e.Sentence, e.ProgrammeName} {
		for word := range strings.SplitSeq(text, " ") {
			b.note(word, offset)
		}
	}
	b.mark(e, offset)
	return nil
}

// note adds the words within word, which holds no blank.
func (b *blockWords) note(word string, offset uint16) {
	list, ok := b.known[word]
	if !ok {
		eachPair(word, func(w pair) { list = append(list, found(b.pairs, w)) })
		b.known[word] = list
	}
	for _, p := range list {
		p.add(offset)
	}
}

func found[W comparable](words map[W]*posting, w W) *posting {
	p, ok := words[w]
	if !ok {
		p = new(posting)
		words[w] = p
	}
	return p
}

// mark notes the words that stand for what an entry is, not for what it says.
func (b *blockWords) mark(e *Entry, offset uint16) {
	noun, _, _ := strings.Cut(e.Type, ".")
	found(b.types, e.Type).add(offset)
	found(b.nouns, noun).add(offset)
	found(b.units, e.Actor.Unit).add(offset)
	found(b.years, e.Year).add(offset)
	if e.Late {
		found(b.flags, markLate).add(offset)
	}
	if e.Corrects != "" {
		found(b.flags, markCorrects).add(offset)
	}
}

// Words of the index that no text holds.
const (
	markType     = "=type:"
	markUnit     = "=unit:"
	markYear     = "=year:"
	markLate     = "=late"
	markCorrects = "=corrects"
)

// flush puts what was gathered into the table.
func (b *blockWords) flush(page *Page) error {
	for w, p := range b.pairs {
		if err := b.put(page, w.String(), p); err != nil {
			return err
		}
	}
	for year, p := range b.years {
		if err := b.put(page, markYear+strconv.Itoa(int(year)), p); err != nil {
			return err
		}
	}
	clear(b.years)
	for _, m := range []struct {
		prefix string
		words  map[string]*posting
	}{{markType, b.types}, {markType, b.nouns}, {markUnit, b.units}, {"", b.flags}} {
		for w, p := range m.words {
			if err := b.put(page, m.prefix+w, p); err != nil {
				return err
			}
		}
		clear(m.words)
	}
	clear(b.known)
	clear(b.pairs)
	b.begun = false
	return nil
}

func (b *blockWords) put(page *Page, word string, p *posting) error {
	k := key{word, b.block}
	if b.begun {
		wordsTable.put(page, k, p)
		return nil
	}
	row, err := wordsTable.take(page, k)
	if err != nil {
		return err
	}
	row.offsets = append(row.offsets, p.offsets...)
	wordsTable.put(page, k, row)
	return nil
}

// A blockSet is a set of positions.
type blockSet map[int64]*offsetSet

// occurrences returns the positions at which word occurs, in the blocks from
// first to last. A single character occurs wherever a word begins with it.
func (v Views) occurrences(ctx context.Context, word string, first, last int64) (blockSet, error) {
	condition, args := "word = $1", []any{word}
	if runes := []rune(word); len(runes) == 1 {
		condition, args = "word >= $1 AND word < $4", []any{word}
		args = append(args, first, last, string(runes[0]+1))
	} else {
		args = append(args, first, last)
	}
	set := blockSet{}
	err := v.each(ctx, "SELECT block, doc FROM trail_words_v1 WHERE "+condition+" AND block >= $2 AND block <= $3", args, func(scan func(...any) error) error {
		var block int64
		var doc []byte
		var p posting
		if err := scan(&block, &doc); err != nil {
			return err
		}
		if err := p.readFrom(doc); err != nil {
			return err
		}
		if set[block] == nil {
			set[block] = new(offsetSet)
		}
		set[block].or(p.set())
		return nil
	})
	return set, err
}

// and keeps what is in both.
func (s blockSet) and(o blockSet) {
	for block, set := range s {
		other := o[block]
		if other == nil || set.and(*other) == 0 {
			delete(s, block)
		}
	}
}
