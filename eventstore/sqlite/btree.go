package sqlite

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"

	"wenxiao/eventstore"
)

// Verification reads rows and index entries from the pages of the file
// themselves (https://www.sqlite.org/fileformat2.html): through the driver's
// columns it would take four times as long. The pages come from SQLite, in one
// transaction, so they are those of one moment whatever lies in the write-ahead
// log.

// pages are the pages of one moment.
type pages struct {
	ctx    context.Context
	tx     *sql.Tx
	usable int // bytes of a page
	left   int // pages that may still be asked for: a circle of pages must end
}

// A fault of the file is told to visit, and reading goes on behind it.
type visit func(key int64, payload []byte, fault *eventstore.Fault) (more bool)

// snapshot calls do with the pages of the file at path.
func (s *Store) snapshot(ctx context.Context, do func(*pages) error) error {
	tx, err := s.reads.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return s.told(err)
	}
	defer tx.Rollback()
	p := &pages{ctx: ctx, tx: tx, left: 1}
	var count int
	first, err := p.fetch([]uint32{1})
	if err == nil {
		err = tx.QueryRowContext(ctx, `pragma page_count`).Scan(&count)
	}
	if err != nil {
		return s.told(err)
	}
	if len(first[0]) < 512 || binary.BigEndian.Uint32(first[0][56:]) != 1 {
		return fmt.Errorf("%w: first page of %d bytes, text encoding not UTF-8", eventstore.ErrDamaged, len(first[0]))
	}
	p.usable, p.left = len(first[0])-int(first[0][20]), 2*count+64
	return s.told(do(p))
}

// root returns the first page of a table or index, or the [eventstore.Fault] that
// there is none.
func (p *pages) root(table, name string) (page uint32, err error) {
	err = p.tx.QueryRowContext(p.ctx, `select rootpage from sqlite_schema where tbl_name = ? and name = ?`, table, name).Scan(&page)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, &eventstore.Fault{Place: name, Why: "账本里没有它"}
	}
	return page, err
}

// fetch returns the pages with these numbers, in their order, nil for one that
// the file does not have.
func (p *pages) fetch(numbers []uint32) ([][]byte, error) {
	if p.left -= len(numbers); p.left < 0 {
		return nil, fmt.Errorf("%w: pages lead in a circle", eventstore.ErrDamaged)
	}
	list, err := json.Marshal(numbers)
	if err != nil {
		return nil, err
	}
	rows, err := p.tx.QueryContext(p.ctx, `select key, data from json_each(?) cross join sqlite_dbpage where pgno = value`, string(list))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	found := make([][]byte, len(numbers))
	for rows.Next() {
		var i int
		var page sql.RawBytes // fresh bytes for each row, as in page
		if err := rows.Scan(&i, &page); err != nil {
			return nil, err
		}
		found[i] = page
	}
	return found, rows.Err()
}

const (
	interiorIndex = 2
	interiorTable = 5
	leafIndex     = 10
	leafTable     = 13
)

// A node is a page of a b-tree.
type node struct {
	number uint32
	kind   byte
	page   []byte
	cells  int
	right  uint32 // of an interior page: its last child
	array  int    // where the offsets of the cells begin
}

func (p *pages) node(number uint32, page []byte) (n node, fault *eventstore.Fault) {
	header := 0
	if number == 1 {
		header = 100
	}
	if page == nil {
		return n, faulty(number, "文件里没有这一页")
	}
	n = node{number: number, page: page[:min(len(page), p.usable)], kind: page[header], cells: int(binary.BigEndian.Uint16(page[header+3:])), array: header + 8}
	switch n.kind {
	case interiorIndex, interiorTable:
		n.right, n.array = binary.BigEndian.Uint32(page[header+8:]), header+12
	case leafIndex, leafTable:
	default:
		return n, faulty(number, fmt.Sprintf("页的种类 %d 不存在", n.kind))
	}
	if n.array+2*n.cells > len(n.page) {
		return n, faulty(number, fmt.Sprintf("页上写有 %d 格，放不下", n.cells))
	}
	return n, nil
}

func faulty(page uint32, why string) *eventstore.Fault {
	return &eventstore.Fault{Place: fmt.Sprintf("账本文件第 %d 页", page), Why: why}
}

// A cell is an entry of a page.
type cell struct {
	child   uint32 // of an interior page
	key     int64  // of a table
	payload []byte // but of an interior page of a table
}

// cell reads the i-th cell, with the overflow pages of its payload.
func (p *pages) cell(n node, i int) (c cell, fault *eventstore.Fault, err error) {
	broken := func() (cell, *eventstore.Fault, error) {
		return c, faulty(n.number, fmt.Sprintf("第 %d 格读不出", i+1)), nil
	}
	at := int(binary.BigEndian.Uint16(n.page[n.array+2*i:]))
	if at > len(n.page)-4 {
		return broken()
	}
	b := n.page[at:]
	if n.kind == interiorIndex || n.kind == interiorTable {
		c.child, b = binary.BigEndian.Uint32(b), b[4:]
	}
	size, ok := int64(0), true
	if n.kind != interiorTable {
		size, b, ok = varint(b)
	}
	if ok && (n.kind == interiorTable || n.kind == leafTable) {
		c.key, b, ok = varint(b)
	}
	if !ok || size < 0 || size > 64<<20 {
		return broken()
	}
	if n.kind == interiorTable {
		return c, nil, nil
	}
	here := p.local(n.kind, int(size))
	if here > len(b) {
		return broken()
	}
	if here == int(size) {
		c.payload = b[:here]
		return c, nil, nil
	}
	if here+4 > len(b) {
		return broken()
	}
	c.payload, err = p.overflow(b[:here:here], int(size), binary.BigEndian.Uint32(b[here:]))
	if err == nil && c.payload == nil {
		return broken()
	}
	return c, nil, err
}

// local returns how many bytes of a payload lie on the page itself.
func (p *pages) local(kind byte, size int) int {
	most := p.usable - 35
	if kind != leafTable {
		most = (p.usable-12)*64/255 - 23
	}
	if size <= most {
		return size
	}
	least := (p.usable-12)*32/255 - 23
	if here := least + (size-least)%(p.usable-4); here <= most {
		return here
	}
	return least
}

// overflow returns a payload with what lies on the pages from next on, nil if
// they end too early.
func (p *pages) overflow(payload []byte, size int, next uint32) ([]byte, error) {
	for len(payload) < size {
		page, err := p.fetch([]uint32{next})
		if err != nil {
			return nil, err
		}
		if next == 0 || page[0] == nil {
			return nil, nil
		}
		payload = append(payload, page[0][4:min(p.usable, 4+size-len(payload))]...)
		next = binary.BigEndian.Uint32(page[0])
	}
	return payload, nil
}

// table visits the rows of a table with keys after and up to the given ones. A
// page may only hold keys that those above it lead to: others would not be found.
func (p *pages) table(number uint32, after, upTo int64, visit visit) error {
	page, err := p.fetch([]uint32{number})
	if err != nil {
		return err
	}
	w := walk{pages: p, after: after, upTo: upTo, visit: visit}
	_, err = w.down(number, page[0], span{least, most}, 0)
	return err
}

const (
	least = -1 << 63
	most  = 1<<63 - 1
	deep  = 20 // levels no b-tree has
)

// A span is the keys after one and up to another; the very first key counts in.
type span struct{ after, upTo int64 }

func (s span) holds(key int64) bool {
	return (key > s.after || s.after == least) && key <= s.upTo
}

type walk struct {
	*pages
	after, upTo int64
	visit       visit
}

func (w *walk) wanted(key int64) bool { return span{w.after, w.upTo}.holds(key) }

func (w *walk) down(number uint32, page []byte, within span, depth int) (more bool, err error) {
	n, fault := w.node(number, page)
	if fault == nil && (n.kind != leafTable && n.kind != interiorTable || depth > deep) {
		fault = faulty(number, "不是这张表的页")
	}
	switch {
	case fault != nil:
		return w.visit(0, nil, fault), nil
	case n.kind == leafTable:
		return w.leaf(n, within)
	}
	var children []uint32
	var spans []span
	from := within.after
	for i := range n.cells + 1 {
		c := cell{child: n.right, key: within.upTo}
		if i < n.cells {
			if c, fault, err = w.cell(n, i); err != nil {
				return false, err
			}
			if fault == nil && !(span{from, within.upTo}).holds(c.key) {
				fault = faulty(number, fmt.Sprintf("第 %d 格的分隔值 %d 越界", i+1, c.key))
			}
			if fault != nil {
				if !w.visit(0, nil, fault) {
					return false, nil
				}
				continue
			}
		}
		if (c.key > w.after || w.after == least) && (from < w.upTo || from == least) {
			children, spans = append(children, c.child), append(spans, span{from, c.key})
		}
		from = c.key
	}
	fetched, err := w.fetch(children)
	if err != nil {
		return false, err
	}
	for i, child := range children {
		if more, err := w.down(child, fetched[i], spans[i], depth+1); err != nil || !more {
			return more, err
		}
	}
	return true, nil
}

func (w *walk) leaf(n node, within span) (more bool, err error) {
	for i := range n.cells {
		c, fault, err := w.cell(n, i)
		if err != nil {
			return false, err
		}
		if fault == nil && !within.holds(c.key) {
			fault = faulty(n.number, fmt.Sprintf("第 %d 格的键 %d 越界", i+1, c.key))
		}
		if within.after = max(within.after, c.key); fault == nil && !w.wanted(c.key) {
			continue
		}
		if !w.visit(c.key, c.payload, fault) {
			return false, nil
		}
	}
	return true, nil
}

// index visits the entries of an index.
func (p *pages) index(number uint32, page []byte, visit visit, depth int) (more bool, err error) {
	n, fault := p.node(number, page)
	if fault == nil && (n.kind != leafIndex && n.kind != interiorIndex || depth > deep) {
		fault = faulty(number, "不是这个索引的页")
	}
	if fault != nil {
		return visit(0, nil, fault), nil
	}
	cells, children := make([]cell, n.cells), make([]uint32, 0, n.cells+1)
	for i := range cells {
		c, fault, err := p.cell(n, i)
		if err != nil {
			return false, err
		}
		if fault != nil && !visit(0, nil, fault) {
			return false, nil
		}
		cells[i], children = c, append(children, c.child)
	}
	var fetched [][]byte
	if n.kind == interiorIndex {
		children = append(children, n.right)
		if fetched, err = p.fetch(children); err != nil {
			return false, err
		}
	}
	for i := range n.cells + 1 {
		if n.kind == interiorIndex {
			if more, err := p.index(children[i], fetched[i], visit, depth+1); err != nil || !more {
				return more, err
			}
		}
		if i < n.cells && cells[i].payload != nil && !visit(0, cells[i].payload, nil) {
			return false, nil
		}
	}
	return true, nil
}

// varint reads SQLite's variable-length integer.
func varint(b []byte) (n int64, rest []byte, ok bool) {
	for i := range min(9, len(b)) {
		if i == 8 {
			return n<<8 | int64(b[8]), b[9:], true
		}
		if n = n<<7 | int64(b[i]&0x7f); b[i] < 0x80 {
			return n, b[i+1:], true
		}
	}
	return 0, nil, false
}

// A value is one of a row's.
type value struct {
	kind kind
	n    int64
	b    []byte
}

type kind byte

const (
	null kind = iota
	integer
	real
	text
	blob
)

// record reads the values of a payload into the given ones and reports whether
// it holds exactly as many.
func record(payload []byte, into []value) bool {
	size, types, ok := varint(payload)
	begin := int64(len(payload) - len(types))
	if !ok || size < begin || size > int64(len(payload)) {
		return false
	}
	types, body := payload[begin:size], payload[size:]
	for i := range into {
		var serial int64
		if serial, types, ok = varint(types); !ok || serial < 0 {
			return false
		}
		if into[i], body, ok = valueOf(serial, body); !ok {
			return false
		}
	}
	return len(types) == 0 && len(body) == 0
}

var widths = [...]int{0, 1, 2, 3, 4, 6, 8, 8, 0, 0}

func valueOf(serial int64, body []byte) (v value, rest []byte, ok bool) {
	if serial >= 12 {
		size := (serial - 12) / 2
		if size > int64(len(body)) {
			return v, nil, false
		}
		return value{kind: blob - kind(serial&1), b: body[:size:size]}, body[size:], true
	}
	if serial >= int64(len(widths)) || widths[serial] > len(body) {
		return v, nil, false
	}
	width := widths[serial]
	switch serial {
	case 0:
	case 7:
		v.kind = real
	case 8, 9:
		v = value{kind: integer, n: serial - 8}
	default:
		v.kind, v.n = integer, int64(int8(body[0]))
		for _, b := range body[1:width] {
			v.n = v.n<<8 | int64(b)
		}
	}
	return v, body[width:], true
}

// ordered reports whether an index holds a before b, as it orders values of the
// kinds a ledger has.
func ordered(a, b []value) bool {
	for i := range a {
		switch {
		case a[i].kind != b[i].kind:
			return a[i].kind < b[i].kind
		case a[i].n != b[i].n:
			return a[i].n < b[i].n
		}
		if c := bytes.Compare(a[i].b, b[i].b); c != 0 {
			return c < 0
		}
	}
	return false
}
