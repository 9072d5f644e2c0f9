package evidence

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"slices"
	"strings"
	"testing"

	"wenxiao/domain"
)

// A forgery is a bundle taken apart.
type forgery struct {
	*office
	names    []string
	contents map[string][]byte
}

func (o *office) apart(b []byte) *forgery {
	o.Helper()
	z, err := open(bytes.NewReader(b), int64(len(b)))
	o.must(err)
	f := &forgery{office: o, contents: map[string][]byte{}}
	for _, e := range z.order {
		content, err := io.ReadAll(e.reader())
		o.must(err)
		f.names, f.contents[e.path] = append(f.names, e.path), content
	}
	return f
}

// packed puts it together again by the rules, with lists that fit unless lists is
// false: whoever has this program can do that.
func (f *forgery) packed(lists bool) []byte {
	f.Helper()
	var b bytes.Buffer
	p := newPacker(&b, asked().On)
	for _, name := range f.names {
		content := f.contents[name]
		switch {
		case lists && name == manifestTable:
			content = table(p.files)
		case lists && name == manifestDigest:
			content = digests(p.files)
		}
		f.must(p.bytes(name, content))
	}
	f.must(p.close())
	return b.Bytes()
}

// A place of the record at position n of the office.
func at(n int, file string) string { return fmt.Sprintf("records/%012d/%s", n, file) }

func TestOneBitOfAnyFile(t *testing.T) {
	o := full(t)
	b := o.bundle(asked())
	z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	o.must(err)
	for _, f := range z.File {
		offset, err := f.DataOffset()
		o.must(err)
		forged := bytes.Clone(b)
		forged[offset+int64(f.UncompressedSize64)/2] ^= 1
		report, err := Check(t.Context(), bytes.NewReader(forged), int64(len(forged)), o.seal.Policy(), nil)
		switch refusal := (domain.Refusal{}); {
		case errors.As(err, &refusal) && strings.Contains(refusal.Reason, f.Name):
		case err != nil:
			t.Errorf("%s: %v", f.Name, err)
		case !slices.ContainsFunc(faults(report), func(s string) bool { return strings.Contains(s, " "+f.Name+" ") }):
			t.Errorf("a bit of %s: found %q", f.Name, faults(report))
		}
	}
}

func TestEveryByteOutsideTheFiles(t *testing.T) {
	o := full(t)
	b := o.bundle(asked())
	inside := map[int64]bool{}
	z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	o.must(err)
	for _, f := range z.File {
		offset, err := f.DataOffset()
		o.must(err)
		for i := range int64(f.UncompressedSize64) {
			inside[offset+i] = true
		}
	}
	for i := int64(0); i < int64(len(b)); i += 97 { // every header is hit somewhere
		if inside[i] {
			continue
		}
		forged := bytes.Clone(b)
		forged[i] ^= 0x10
		report, err := Check(t.Context(), bytes.NewReader(forged), int64(len(forged)), o.seal.Policy(), nil)
		if err == nil && report.Failed() == 0 {
			t.Errorf("byte %d was changed and nobody noticed", i)
		}
	}
}

func TestForgedWithFittingLists(t *testing.T) {
	o := full(t)
	b := o.bundle(asked())
	replaced := func(path, was, is string) func(*forgery) {
		return func(f *forgery) {
			before := f.contents[path]
			if f.contents[path] = bytes.ReplaceAll(before, []byte(was), []byte(is)); bytes.Equal(before, f.contents[path]) {
				f.Errorf("%s has no %q", path, was)
			}
		}
	}
	without := func(paths ...string) func(*forgery) {
		return func(f *forgery) {
			f.names = slices.DeleteFunc(f.names, func(n string) bool { return slices.Contains(paths, n) })
		}
	}
	swapped := func(a, b string) func(*forgery) {
		return func(f *forgery) { f.contents[a], f.contents[b] = f.contents[b], f.contents[a] }
	}
	added := func(path, content string) func(*forgery) {
		return func(f *forgery) {
			f.names = slices.Insert(f.names, 3, path)
			f.contents[path] = []byte(content)
		}
	}
	plan := attachmentPath(planDigest(o), "实施方案.txt")
	for name, forge := range map[string]struct {
		change func(*forgery)
		want   string // check and place
	}{
		"the account says something else": {replaced(accountPage, "申报目标", "撤回目标"), isRetold + " " + accountPage},
		"the text says something else":    {replaced(accountText, "批复", "不予批复"), isRetold + " " + accountText},
		"the report is made to pass":      {replaced(reportData, "不适用", "通过"), isRetold + " " + reportData},
		"the report page, too":            {replaced(reportPage, "不适用", "通过"), isRetold + " " + reportPage},
		"metadata name another":           {replaced(metadata, "王某", "李某"), isRetold + " " + metadata},
		"hand check leads astray":         {replaced(byHand, "cmp", "true"), isRetold + " " + byHand},
		"content altered":                 {replaced(at(8, dataFile), "38508", "88508"), isSHA256 + " " + at(8, dataFile)},
		"envelope altered":                {replaced(at(8, envelopeFile), "王某", "李某"), isLeaf + " " + at(8, envelopeFile)},
		"receipts swapped":                {swapped(at(9, receiptFile), at(10, receiptFile)), isProven + " " + at(9, receiptFile)},
		"contents swapped":                {swapped(at(9, dataFile), at(10, dataFile)), isSHA256 + " " + at(10, dataFile)},
		"checkpoint altered":              {replaced(checkpointFile, "\n16\n", "\n15\n"), isSigned + " " + checkpointFile},
		"attachment altered":              {replaced(plan, "全年", "半年"), hasFiles + " " + plan},
		"attachment gone":                 {without(plan), hasFiles + " " + plan},
		"a receipt gone":                  {without(at(9, receiptFile)), isAllThere + " " + at(9, receiptFile)},
		"a record gone":                   {without(at(9, envelopeFile), at(9, dataFile), at(9, receiptFile)), isContinuous + " " + at(10, envelopeFile)},
		"the last record gone":            {without(at(16, envelopeFile), at(16, dataFile), at(16, receiptFile)), isContinuous + " records/"},
		"a picked record gone":            {without(at(14, envelopeFile), at(14, dataFile), at(14, receiptFile)), isAllThere + " records/000000000014/"},
		"a file added":                    {added("说明补充.html", "x"), isAllThere + " 说明补充.html"},
		"a report gone":                   {without(reportPage), isAllThere + " " + reportPage},
		"streams left out":                {replaced(selectionFile, "goal-p1-2025", "goal-p1-2024"), isAllThere + " " + at(8, envelopeFile)},
	} {
		t.Run(name, func(t *testing.T) {
			f := o.apart(b)
			forge.change(f)
			found := faults(o.check(f.packed(true)))
			if !slices.ContainsFunc(found, func(s string) bool { return strings.HasPrefix(s, forge.want) }) {
				t.Errorf("want %s, found %q", forge.want, found)
			}
		})
	}
}

func TestListsThatDoNotFit(t *testing.T) {
	o := full(t)
	b := o.bundle(asked())
	f := o.apart(b)
	if !bytes.Equal(f.packed(true), b) || !bytes.Equal(f.packed(false), b) {
		t.Fatal("taken apart and put together it is another bundle: the tests above prove nothing")
	}
	f.names = slices.Insert(f.names, 3, at(9, "note.txt"))
	f.contents[at(9, "note.txt")] = []byte("x")
	found := faults(o.check(f.packed(false)))
	if want := isListed + " " + at(9, "note.txt") + " 不在 manifest.csv 里"; !slices.Contains(found, want) {
		t.Errorf("want %s, found %q", want, found)
	}
}

func TestAlteredLedger(t *testing.T) {
	o := full(t)
	src := o.source()
	src.Store = altered{o.store}
	var b bytes.Buffer
	made, err := Make(t.Context(), src, asked(), &b, nil)
	o.must(err)
	for name, report := range map[string]Report{"made": made.Report, "checked": o.check(b.Bytes())} {
		found := faults(report)
		if !slices.ContainsFunc(found, func(s string) bool { return strings.HasPrefix(s, isSHA256+" "+at(8, dataFile)) }) {
			t.Errorf("%s: found %q", name, found)
		}
	}
}

func TestHostileZips(t *testing.T) {
	o := full(t)
	pack := func(change func(*zip.FileHeader), names ...string) []byte {
		var b bytes.Buffer
		w := zip.NewWriter(&b)
		for _, name := range names {
			h := header(name, asked().On, 1, crc32.ChecksumIEEE([]byte("x")))
			change(h)
			entry, err := w.CreateRaw(h)
			o.must(err)
			if !strings.HasSuffix(name, "/") {
				_, err = entry.Write([]byte("x"))
				o.must(err)
			}
		}
		o.must(w.Close())
		return b.Bytes()
	}
	plain := func(*zip.FileHeader) {}
	for name, b := range map[string][]byte{
		"no zip":        []byte("取证单"),
		"empty":         {},
		"climbs":        pack(plain, "../../etc/passwd"),
		"climbs inside": pack(plain, "records/../../x"),
		"absolute":      pack(plain, "/etc/passwd"),
		"drive":         pack(plain, `C:\x`),
		"backslash":     pack(plain, `records\..\..\x`),
		"twice":         pack(plain, "checkpoint", "checkpoint"),
		"two cases":     pack(plain, "checkpoint", "Checkpoint"),
		"folder":        pack(plain, "records/"),
		"link":          pack(func(h *zip.FileHeader) { h.ExternalAttrs = 0o120_777 << 16 }, "checkpoint"),
		"encrypted":     pack(func(h *zip.FileHeader) { h.Flags |= 1 }, "checkpoint"),
		"bomb":          pack(func(h *zip.FileHeader) { h.Method, h.UncompressedSize64 = zip.Deflate, 1<<40 }, "checkpoint"),
		"stored bomb":   pack(func(h *zip.FileHeader) { h.CompressedSize64, h.UncompressedSize64 = 1<<40, 1<<40 }, "checkpoint"),
		"nothing in it": pack(plain, "checkpoint"),
		"control":       pack(plain, "check\npoint"),
	} {
		_, err := Check(t.Context(), bytes.NewReader(b), int64(len(b)), o.seal.Policy(), nil)
		if refusal := (domain.Refusal{}); !errors.As(err, &refusal) || refusal.Code != "evidence.not-a-bundle" {
			t.Errorf("%s: %v", name, err)
		}
	}
}
