package wenxiao_test

import (
	"io/fs"
	"os"
	"regexp"
	"strings"
	"testing"
)

var eventType = regexp.MustCompile(`EventType\(\) string\s*\{ return "([^"]+)" \}`)

// TestGlossaryHasEveryEvent compares the names in the domain with the glossary,
// both ways: a word that the code gave up leaves the glossary too.
func TestGlossaryHasEveryEvent(t *testing.T) {
	inCode := map[string]bool{}
	err := fs.WalkDir(os.DirFS("domain"), ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return err
		}
		source, err := os.ReadFile("domain/" + name)
		for _, found := range eventType.FindAllStringSubmatch(string(source), -1) {
			inCode[found[1]] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	glossary, err := os.ReadFile("domain/glossary.md")
	if err != nil {
		t.Fatal(err)
	}
	inGlossary := map[string]bool{}
	for _, found := range regexp.MustCompile("(?m)^\\| `([a-z.-]+\\.v\\d+)` \\|").FindAllStringSubmatch(string(glossary), -1) {
		inGlossary[found[1]] = true
	}
	for name := range inCode {
		if !inGlossary[name] {
			t.Errorf("%s is not in domain/glossary.md", name)
		}
	}
	for name := range inGlossary {
		if !inCode[name] {
			t.Errorf("domain/glossary.md has %s, which no event is called", name)
		}
	}
	if len(inCode) < 40 {
		t.Errorf("found only %d events in the code; the search must be broken", len(inCode))
	}
}
