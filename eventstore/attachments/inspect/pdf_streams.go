package inspect

import (
	"bufio"
	"bytes"
	"compress/flate"
	"errors"
	"io"
	"slices"
)

const (
	mostStreams   = 1 << 30  // bytes that the streams of a PDF may grow to: pages scanned are many
	perStream     = 4 << 10  // as which even an empty one counts: each takes time
	mostLayers    = 3        // of compression within one stream
	mostBroken    = 256      // streams that begin compressed and do not go on so
	mostDictWork  = 64 << 20 // bytes read in all to find where dictionaries end
	streamKeyword = "stream"
)

// streams inflates everything that could be a compressed stream, whatever its
// dictionary says, and looks at the names in it. What follows the keyword and is
// not compressed was looked at already.
func (c content) streams(data []byte) error {
	room, broken := int64(mostStreams), 0
	for from := 0; ; {
		i := bytes.Index(data[from:], []byte(streamKeyword))
		if i < 0 {
			return nil
		}
		at := from + i
		from = at + len(streamKeyword)
		if bytes.HasSuffix(data[:at], []byte("end")) {
			continue
		}
		stream := afterLine(data[from:])
		whole, err := c.layer(func() io.Reader { return bytes.NewReader(stream) }, &room, 0)
		if err != nil {
			return err
		}
		if !whole {
			broken++
		}
		if broken > mostBroken {
			return c.opaque("里有许多读不出的压缩流")
		}
	}
}

// layer looks at what open gives, but for the file itself, and into it where it
// is compressed. What breaks off is looked at as far as it goes: so far some
// reader shows it.
func (c content) layer(open func() io.Reader, room *int64, depth int) (whole bool, err error) {
	r := bufio.NewReader(open())
	start, _ := r.Peek(3)
	inner := compressed(start)
	whole = true
	if depth > 0 {
		if whole, err = c.namesIn(r, room); err != nil {
			return false, err
		}
	}
	switch {
	case !inner:
		return whole, nil
	case depth == mostLayers:
		return false, c.opaque("里有反复压缩的流")
	}
	return c.layer(func() io.Reader {
		r := bufio.NewReader(open())
		_, _ = r.Discard(2) // what compressed has seen
		return flate.NewReader(r)
	}, room, depth+1)
}

// namesIn refuses a PDF by a name in what r has, read piece by piece: a name that
// may go on in the next waits for it.
func (c content) namesIn(r io.Reader, room *int64) (whole bool, err error) {
	buf, kept := make([]byte, 16<<10), 0
	*room -= perStream
	for {
		n, err := r.Read(buf[kept:])
		if *room -= int64(n); *room <= 0 {
			return false, c.refuse("attachment.bomb", safe, "展开后超过 %d MiB，不收", mostStreams>>20)
		}
		part := buf[:kept+n]
		if err != nil {
			return errors.Is(err, io.EOF), c.names(part)
		}
		const longest = 64 // of a name looked for, each character written as #xx
		cut := bytes.LastIndexByte(part, '/')
		if cut < max(0, len(part)-longest) {
			cut = len(part)
		}
		if err := c.names(part[:cut]); err != nil {
			return false, err
		}
		kept = copy(buf, part[cut:])
	}
}

// compressed reports whether data begins as zlib does (RFC 1950, 2.2). Whether its
// checksum is right readers do not ask.
func compressed(data []byte) bool {
	return len(data) > 2 && data[0]&0x0f == 8 && data[0]>>4 <= 7 && (int(data[0])<<8|int(data[1]))%31 == 0 && data[1]&0x20 == 0
}

// afterLine leaves out the end of the line that the keyword stands in.
func afterLine(data []byte) []byte { return bytes.TrimLeft(data, "\r\n \t") }

// objectStreams refuses object streams that are not simply compressed: with
// another filter, or a predictor, their names stand nowhere as such, and what
// nobody can look into, nobody can vouch for.
//
// It reads forward from every obj there is: no text or comment within a
// dictionary hides where that begins.
func (c content) objectStreams(data []byte) error {
	work := 0
	for from := 0; ; {
		i := bytes.Index(data[from:], []byte("obj"))
		if i < 0 {
			return nil
		}
		from += i + len("obj")
		d := dictionary{data: data[from:]}
		isStream := d.read()
		if work += d.at; work > mostDictWork {
			return c.opaque("的对象结构异常")
		}
		if isStream && d.holdsObjects() && (d.has("DecodeParms") || d.has("DP") || !compressed(afterLine(d.data[d.at:]))) {
			return c.opaque("里有读不出的对象流")
		}
	}
}

func (c content) opaque(what string) error {
	return c.refuse("attachment.opaque", safe, "%s，无法查验；另存为 PDF 1.4 或 PDF/A 再交", what)
}

// A dictionary is one at the beginning of data, read up to at.
type dictionary struct {
	data  []byte
	at    int
	names []string
}

func (d *dictionary) has(name string) bool { return slices.Contains(d.names, name) }

// holdsObjects reports whether a dictionary is that of an object stream: by its
// type, or by the two entries that only such a one has.
func (d *dictionary) holdsObjects() bool { return d.has("ObjStm") || d.has("First") && d.has("N") }

// read collects the names of the dictionary and reports whether a stream follows.
// at is behind its keyword then.
func (d *dictionary) read() bool {
	d.blank()
	if !bytes.HasPrefix(d.data[d.at:], []byte("<<")) {
		return false
	}
	for depth := 0; d.at < len(d.data); {
		rest := d.data[d.at:]
		switch {
		case bytes.HasPrefix(rest, []byte("<<")):
			depth++
			d.at += 2
		case bytes.HasPrefix(rest, []byte(">>")):
			d.at += 2
			if depth--; depth == 0 {
				d.blank()
				follows := bytes.HasPrefix(d.data[d.at:], []byte(streamKeyword))
				if follows {
					d.at += len(streamKeyword)
				}
				return follows
			}
		case rest[0] == '%':
			d.blank()
		case rest[0] == '(':
			d.text()
		case rest[0] == '/':
			name, next := nameAt(d.data, d.at)
			d.names, d.at = append(d.names, name), next
		default:
			d.at++
		}
	}
	return false
}

// blank passes over white space and comments.
func (d *dictionary) blank() {
	for comment := false; d.at < len(d.data); d.at++ {
		switch b := d.data[d.at]; {
		case b == '\r' || b == '\n':
			comment = false
		case comment || bytes.IndexByte([]byte("\x00\t\f "), b) >= 0:
		case b == '%':
			comment = true
		default:
			return
		}
	}
}

// text passes over a string in parentheses, which may hold others and have any of
// them escaped.
func (d *dictionary) text() {
	for depth := 0; d.at < len(d.data); d.at++ {
		switch d.data[d.at] {
		case '\\':
			d.at++
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				d.at++
				return
			}
		}
	}
}
