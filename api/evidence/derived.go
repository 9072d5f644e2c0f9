package evidence

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"wenxiao/eventstore/seal"
)

// A derived file is made from what was taken from the ledger.
type derived struct {
	path  string
	write func(io.Writer) error
}

// derive returns the files that follow from a content, in their order.
func derive(c content) ([]derived, error) {
	policy, err := seal.ParsePolicy(c.policy)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", policyFile, err)
	}
	report := c.report(policy, nil)
	asJSON, err := report.json()
	if err != nil {
		return nil, err
	}
	a := newAccount(c, report)
	return []derived{
		{accountPage, a.write(accountDrawing)},
		{accountText, a.write(accountWriting)},
		{reportPage, report.page},
		{reportData, func(w io.Writer) error { _, err := w.Write(asJSON); return err }},
		{metadata, a.metadata},
		{byHand, func(w io.Writer) error { _, err := io.WriteString(w, handCheck); return err }},
	}, nil
}

// derivedFiles are the paths of what derive makes.
var derivedFiles = []string{accountPage, accountText, reportPage, reportData, metadata, byHand}

// table is the list of files as spreadsheets open it. The mark at its start tells
// Excel that it is UTF-8.
func table(files []File) []byte {
	var b bytes.Buffer
	b.WriteString("\ufeff")
	w := csv.NewWriter(&b)
	w.UseCRLF = true
	_ = w.Write([]string{"路径", "字节", "SHA-256", "SM3"}) // a buffer takes everything
	for _, f := range files {
		_ = w.Write(f.row())
	}
	w.Flush()
	return b.Bytes()
}

func (f File) row() []string { return []string{f.Path, strconv.FormatInt(f.Size, 10), f.SHA256, f.SM3} }

// digests is the list of files as sha256sum -c reads it.
func digests(files []File) []byte {
	var b bytes.Buffer
	for _, f := range files {
		fmt.Fprintf(&b, "%s  %s\n", f.SHA256, f.Path)
	}
	return b.Bytes()
}

// readTable reads what table wrote. A row that is none is left out: it is missed
// when the files are compared.
func readTable(text []byte) map[string]File {
	files := map[string]File{}
	r := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(text, []byte("\ufeff"))))
	r.FieldsPerRecord = -1
	for {
		row, err := r.Read()
		if err != nil {
			return files
		}
		if len(row) != 4 {
			continue
		}
		n, err := strconv.ParseInt(row[1], 10, 64)
		f := File{row[0], n, row[2], row[3]}
		if err == nil && slices.Equal(f.row(), row) {
			files[f.Path] = f
		}
	}
}

// readDigests reads what digests wrote.
func readDigests(text []byte) map[string]string {
	sums := map[string]string{}
	for line := range strings.Lines(string(text)) {
		if sum, path, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "  "); ok {
			sums[path] = sum
		}
	}
	return sums
}
