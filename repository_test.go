package wenxiao_test

import (
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// foreign are marks of one machine or one registry. They are
// written in pieces so that this file is not found.
var foreign = regexp.MustCompile(`(?i)` + strings.Join([]string{
	`(^|[^\w.:/-])/` + `(work|root|home)/`, // a folder on somebody's machine
	`\.\./` + `shared`,
	`\.` + `library/`,
	`\bGO` + `PROXY\b`,
	`proxy\.` + `golang`, `sum\.` + `golang`,
	`deb\.` + `debian`, `registry\.` + `npmjs`, `pypi\.` + `org`, `docker\.` + `io/`, `ghcr\.` + `io`,
}, "|"))

// largest is the most bytes a tracked file may have: a binary or a database
// that slipped in is larger, a picture of a page is not.
const largest = 2 << 20

// TestStandsAlone reads every file that git keeps.
func TestStandsAlone(t *testing.T) {
	tracked, err := exec.CommandContext(t.Context(), "git", "ls-files", "-z").Output()
	if err != nil {
		t.Fatalf("git ls-files: %v", err)
	}
	for name := range strings.SplitSeq(strings.TrimSuffix(string(tracked), "\x00"), "\x00") {
		content, err := os.ReadFile(name)
		if err != nil {
			continue // deleted and not yet committed
		}
		for _, what := range foreigners(content) {
			t.Errorf("%s names %s", name, what)
		}
		if len(content) > largest {
			t.Errorf("%s has %d bytes; at most %d", name, len(content), largest)
		}
	}
}

// foreigners lists what a text names that only one place has. A file with a
// zero byte is no text.
func foreigners(content []byte) (found []string) {
	if slices.Contains(content, 0) {
		return nil
	}
	for i, line := range strings.Split(string(content), "\n") {
		if what := foreign.FindString(line); what != "" {
			found = append(found, fmt.Sprintf("%q in line %d", strings.TrimSpace(what), i+1))
		}
	}
	return found
}

func TestForeignersAreSeen(t *testing.T) {
	for _, line := range []string{"see /" + "work/main", "`/" + "root/x`", "GO" + "PROXY=off", "https://proxy." + "golang.org/x"} {
		if len(foreigners([]byte(line))) == 0 {
			t.Errorf("%q passed", line)
		}
	}
	for _, line := range []string{"ProtectHome=yes", "/api/v1/work/3", "https://example.org/home/page.html", "teamwork/home"} {
		if found := foreigners([]byte(line)); len(found) > 0 {
			t.Errorf("%q: %s", line, found)
		}
	}
}
