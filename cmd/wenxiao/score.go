package main

import (
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"wenxiao/domain"
	"wenxiao/domain/published"
	"wenxiao/domain/rulebook"
	"wenxiao/domain/scoring"
)

// maxTables is the largest file of tables read: some 10,000 tables.
const maxTables = 64 << 20

func scoreCommand() *cobra.Command {
	var name, against string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "score FILE",
		Short: "校核公开的绩效表 (recompute published tables and list what differs)",
		Long: `按规则本逐行重算 FILE 中的绩效表，列出印刷值与重算值不符之处。FILE 为 - 时读标准输入。
Recomputes each table in FILE under a rulebook. Findings do not change the exit code;
a file that is no such table exits 2.`,
		Args: exactly(1, "FILE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			tables, err := readTables(cmd.InOrStdin(), args[0])
			if err != nil {
				return err
			}
			book, err := findRulebook(name)
			if err != nil {
				return err
			}
			out := cmd.OutOrStdout()
			if against == "" {
				return printScores(out, tables, book, asJSON)
			}
			other, err := findRulebook(against)
			if err != nil {
				return err
			}
			return printComparisons(out, tables, book, other, asJSON)
		},
	}
	cmd.Flags().StringVar(&name, "rulebook", "national-2020", "规则本 (rulebook): "+rulebookNames())
	cmd.Flags().StringVar(&against, "against", "", "对照的规则本 (a second rulebook: print where the two part)")
	cmd.Flags().BoolVar(&asJSON, "json", false, "供程序读取 (for programs)")
	return cmd
}

func rulebookNames() string {
	var names []string
	for _, b := range rulebook.All() {
		names = append(names, b.Name)
	}
	return strings.Join(names, " ")
}

func findRulebook(name string) (*rulebook.Rulebook, error) {
	if book, ok := rulebook.Get(name); ok {
		return book, nil
	}
	return nil, domain.Refusal{Code: "rulebook.unknown", Reason: fmt.Sprintf("没有规则本“%s”；可用：%s", name, rulebookNames()), Field: "--rulebook"}
}

// readTables reads the tables in a file, or on in when path is "-".
func readTables(in io.Reader, path string) ([]published.Table, error) {
	data, err := readFile(in, path)
	if err != nil {
		return nil, err
	}
	return published.Decode(data)
}

// readFile reads a file of at most [maxTables] bytes; what stands in the way is
// the caller's to mend.
func readFile(in io.Reader, path string) ([]byte, error) {
	if path != "-" {
		f, err := os.Open(path)
		if err != nil {
			return nil, domain.Refusal{Code: "file.unreadable", Reason: fmt.Sprintf("读不了文件 %s：%v", path, err)}
		}
		defer f.Close()
		in = f
	}
	data, err := io.ReadAll(io.LimitReader(in, maxTables+1))
	switch {
	case err != nil:
		return nil, domain.Refusal{Code: "file.unreadable", Reason: fmt.Sprintf("读不了文件 %s：%v", path, err)}
	case len(data) > maxTables:
		return nil, domain.Refusal{Code: "file.too-large", Reason: fmt.Sprintf("文件 %s 超过 %d MiB", path, maxTables>>20)}
	}
	return data, nil
}

func printScores(w io.Writer, tables []published.Table, book *rulebook.Rulebook, asJSON bool) error {
	results := make([]scoring.Result, len(tables))
	for i, t := range tables {
		results[i] = scoring.Score(t, book)
	}
	if asJSON {
		return printJSON(w, results)
	}
	for i, r := range results {
		printResult(w, tables[i], r)
	}
	return nil
}
