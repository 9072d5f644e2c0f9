// The laws of the repository that no compiler keeps: who may import whom, what
// the domain may not touch, and how things may be called. ARCHITECTURE.md draws
// them.
package wenxiao_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "wenxiao"

// Shared packages of the domain: the rules and values that aggregates stand on.
// Aggregates know these and never one another.
var shared = []string{"domain", "domain/rulebook", "domain/scoring", "domain/published"}

// An arrow says what the packages at and below from may import: packages of
// ours at and below each of ours, and modules of others. A nil libraries means
// any.
type arrow struct {
	from      string
	ours      []string
	libraries []string
}

var values = []string{ // pure: no I/O, no clock, no global state
	"github.com/govalues/decimal",
	"github.com/go-json-experiment/json",
}

// The first arrow that fits a package holds for it.
var arrows = []arrow{
	{"domain", []string{"domain/..."}, values},
	{"eventstore", []string{"domain", "eventstore/..."}, nil},
	{"projections", []string{"domain/...", "eventstore/...", "projections/..."}, nil},
	{"api", []string{"domain/...", "eventstore/...", "projections/...", "api/..."}, nil},
	{"cmd", []string{"domain/...", "eventstore/...", "projections/...", "api/...", "cmd/..."}, nil},
}

// A file is what the laws look at.
type file struct {
	path    string // such as domain/goal/events.go
	imports []string
	clock   []string // calls that read the clock, with their line
	skips   []string // calls that skip a test, with their line
}

func (f file) pkg() string  { return path.Dir(f.path) }
func (f file) test() bool   { return strings.HasSuffix(f.path, "_test.go") }
func (f file) inside() bool { return under(f.pkg(), "domain") }

func under(pkg, folder string) bool { return pkg == folder || strings.HasPrefix(pkg, folder+"/") }

// breaches lists, in words, every law that the files break.
func breaches(files []file) (found []string) {
	for _, f := range files {
		for _, law := range []func(file) []string{wrongArrows, domainImpurities, badNames, skippedTests} {
			for _, what := range law(f) {
				found = append(found, f.path+": "+what)
			}
		}
	}
	return found
}

// wrongArrows holds tests to our own arrows, but lets them use what library
// they like.
func wrongArrows(f file) (found []string) {
	if f.pkg() == "." {
		return nil
	}
	i := slices.IndexFunc(arrows, func(a arrow) bool { return under(f.pkg(), a.from) })
	if i < 0 {
		return []string{"no arrow says what this folder may import"}
	}
	for _, imported := range f.imports {
		switch ours, isOurs := strings.CutPrefix(imported, module+"/"); {
		case isOurs && !mayImport(f.pkg(), ours, arrows[i].ours):
			found = append(found, fmt.Sprintf("%s may not import %s", f.pkg(), ours))
		case !isOurs && !f.test() && !mayUse(imported, arrows[i].libraries):
			found = append(found, fmt.Sprintf("%s may not use %s", f.pkg(), imported))
		}
	}
	return found
}

func mayImport(from, to string, allowed []string) bool {
	if under(from, "domain") && !slices.Contains(shared, from) && from != to && !slices.Contains(shared, to) {
		return false // one aggregate another
	}
	return slices.ContainsFunc(allowed, func(a string) bool {
		folder, below := strings.CutSuffix(a, "/...")
		return to == folder || below && under(to, folder)
	})
}

func mayUse(imported string, libraries []string) bool {
	first, _, _ := strings.Cut(imported, "/")
	standard := !strings.Contains(first, ".")
	return standard || libraries == nil || slices.ContainsFunc(libraries, func(l string) bool { return under(imported, l) })
}

// domainImpurities finds I/O, the clock and chance in the domain's rules.
// Reading embedded data is neither.
func domainImpurities(f file) (found []string) {
	if !f.inside() || f.test() {
		return nil
	}
	for _, imported := range f.imports {
		for _, world := range []string{"os", "net", "database", "syscall", "log", "math/rand", "crypto/rand", "context", "unsafe"} {
			if under(imported, world) {
				found = append(found, "the domain does not import "+imported)
			}
		}
	}
	for _, call := range f.clock {
		found = append(found, "the domain does not read the clock: "+call)
	}
	return found
}

var emptyNames = regexp.MustCompile(`^(utils?|common|helpers?|managers?|services?|misc|base|shared)(_test)?(\.go)?$`)

// badNames finds folders and files that are not named for what they give.
func badNames(f file) (found []string) {
	for _, part := range strings.Split(f.path, "/") {
		if emptyNames.MatchString(part) {
			found = append(found, part+" says nothing of what is in it")
		}
	}
	return found
}

func skippedTests(f file) (found []string) {
	for _, call := range f.skips {
		found = append(found, "a test that is skipped proves nothing: "+call)
	}
	return found
}

// TestLawsAreKept reads every Go file of this module.
func TestLawsAreKept(t *testing.T) {
	files := sources(t)
	if len(files) < 20 {
		t.Fatalf("found only %d Go files; the search must be broken", len(files))
	}
	for _, breach := range breaches(files) {
		t.Error(breach)
	}
}

// TestLawsCanBeBroken shows the checker what it must not let pass, and what it must.
func TestLawsCanBeBroken(t *testing.T) {
	for _, tt := range []struct {
		name string
		file file
		ok   bool
	}{
		{"an aggregate uses the rulebook", file{path: "domain/goal/goal.go", imports: []string{"fmt", "wenxiao/domain", "wenxiao/domain/rulebook"}}, true},
		{"an aggregate's test uses its own package", file{path: "domain/goal/goal_test.go", imports: []string{"wenxiao/domain/goal", "pgregory.net/rapid"}}, true},
		{"a value uses decimals", file{path: "domain/decimal.go", imports: []string{"github.com/govalues/decimal"}}, true},
		{"a store keeps events", file{path: "eventstore/sqlite/sqlite.go", imports: []string{"wenxiao/domain", "wenxiao/eventstore", "modernc.org/sqlite"}}, true},
		{"a test may read the clock", file{path: "domain/goal/goal_test.go", clock: []string{"time.Now"}}, true},
		{"the binary wires everything", file{path: "cmd/wenxiao/serve.go", imports: []string{"wenxiao/api", "wenxiao/projections", "wenxiao/eventstore/postgres"}}, true},

		{"an aggregate uses another", file{path: "domain/goal/goal.go", imports: []string{"wenxiao/domain/execution"}}, false},
		{"an aggregate's test uses another", file{path: "domain/goal/goal_test.go", imports: []string{"wenxiao/domain/execution"}}, false},
		{"the domain uses a database", file{path: "domain/goal/goal.go", imports: []string{"database/sql"}}, false},
		{"the domain opens a file", file{path: "domain/rulebook/rulebook.go", imports: []string{"os"}}, false},
		{"the domain reads the clock", file{path: "domain/goal/goal.go", clock: []string{"time.Now at line 7"}}, false},
		{"the domain uses the web", file{path: "domain/goal/goal.go", imports: []string{"github.com/gorilla/mux"}}, false},
		{"the domain uses the store", file{path: "domain/goal/goal.go", imports: []string{"wenxiao/eventstore"}}, false},
		{"the store uses an aggregate", file{path: "eventstore/sqlite/sqlite.go", imports: []string{"wenxiao/domain/goal"}}, false},
		{"the store uses the tables", file{path: "eventstore/writer.go", imports: []string{"wenxiao/projections"}}, false},
		{"the tables use the pages", file{path: "projections/chain.go", imports: []string{"wenxiao/api/web"}}, false},
		{"the pages use the binary", file{path: "api/web/page.go", imports: []string{"wenxiao/cmd/wenxiao"}}, false},
		{"the binary uses the measurements", file{path: "cmd/wenxiao/main.go", imports: []string{"wenxiao/bench"}}, false},
		{"a folder nobody thought of", file{path: "platform/platform.go"}, false},
		{"an empty name", file{path: "api/utils/strings.go"}, false},
		{"an empty file name", file{path: "api/helpers.go"}, false},
		{"a skipped test", file{path: "api/api_test.go", skips: []string{"t.Skip at line 3"}}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if found := breaches([]file{tt.file}); (len(found) == 0) != tt.ok {
				t.Errorf("found %q", found)
			}
		})
	}
}

// sources parses the Go files of this module; a folder with a go.mod of its own
// is another.
func sources(t *testing.T) (files []file) {
	t.Helper()
	err := filepath.WalkDir(".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && name != "." && (strings.HasPrefix(entry.Name(), ".") || entry.Name() == "testdata" || exists(filepath.Join(name, "go.mod"))):
			return filepath.SkipDir
		case entry.IsDir() || filepath.Ext(name) != ".go":
			return nil
		}
		f, err := parse(name)
		files = append(files, f)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func exists(name string) bool {
	_, err := os.Stat(name)
	return err == nil
}

func parse(name string) (file, error) {
	f := file{path: filepath.ToSlash(name)}
	set := token.NewFileSet()
	tree, err := parser.ParseFile(set, name, nil, parser.SkipObjectResolution)
	if err != nil {
		return f, err
	}
	for _, spec := range tree.Imports {
		imported, _ := strconv.Unquote(spec.Path.Value)
		f.imports = append(f.imports, imported)
	}
	ast.Inspect(tree, func(n ast.Node) bool {
		sel, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		on, _ := sel.X.(*ast.Ident)
		if on == nil {
			return true
		}
		call := fmt.Sprintf("%s.%s at line %d", on.Name, sel.Sel.Name, set.Position(sel.Pos()).Line)
		switch {
		case on.Name == "time" && slices.Contains([]string{"Now", "Since", "Until", "Sleep", "After", "NewTimer", "NewTicker", "Local"}, sel.Sel.Name):
			f.clock = append(f.clock, call)
		case f.test() && slices.Contains([]string{"t", "b", "tb", "f"}, on.Name) && slices.Contains([]string{"Skip", "Skipf", "SkipNow"}, sel.Sel.Name):
			f.skips = append(f.skips, call)
		}
		return true
	})
	return f, nil
}
